/* SPDX-License-Identifier: MIT */
/* BOOT-I4: once the identity map is gone, NULL faults. */
#include "boot.h"

void test_driver(const struct boot_info *info)
{
    volatile int *null = (volatile int *)(uintptr_t)info->nr_dropped;

    *null = 1;
}
