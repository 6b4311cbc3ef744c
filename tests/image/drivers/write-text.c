/* SPDX-License-Identifier: MIT */
/* BOOT-I3: ring 0 obeys read-only pages. */
#include "boot.h"

void test_driver(const struct boot_info *info)
{
    (void)info;
    *(volatile uint8_t *)(uintptr_t)boot_complete = 0xCC;
}
