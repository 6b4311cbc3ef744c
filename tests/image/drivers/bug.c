/* SPDX-License-Identifier: MIT */
/* A frame is freed that nobody holds. */
#include "boot.h"
#include "console.h"

void test_driver(const struct boot_info *info)
{
    (void)info;
    BUG_ON(!frame_free(mfn(0), 0));
}
