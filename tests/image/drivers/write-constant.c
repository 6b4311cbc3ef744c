/* SPDX-License-Identifier: MIT */
/* BOOT-I3, for constants. */
#include "boot.h"

static const int constant[2] = { 1, 2 };

void test_driver(const struct boot_info *info)
{
    volatile int *p = (volatile int *)(uintptr_t)&constant[info->nr_dropped];

    *p = 3;
}
