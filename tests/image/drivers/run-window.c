/* SPDX-License-Identifier: MIT */
/* BOOT-I2, for windows. */
#include "boot.h"

void test_driver(const struct boot_info *info)
{
    (void)info;
    ((void (*)(void))window_map(frame_alloc(0)))();
}
