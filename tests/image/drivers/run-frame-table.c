/* SPDX-License-Identifier: MIT */
/* BOOT-I2: what is not code is not executable. */
#include "boot.h"
#include "segmentation.h"

void test_driver(const struct boot_info *info)
{
    (void)info;
    ((void (*)(void))(uintptr_t)FRAME_TABLE_START)();
}
