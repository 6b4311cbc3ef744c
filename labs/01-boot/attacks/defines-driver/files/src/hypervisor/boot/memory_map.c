/* SPDX-License-Identifier: MIT */
#include "boot.h"

void test_driver_early(const struct boot_info *info)
{
    (void)info;
    __asm__ volatile(".globl mark_done\nmark_done:\tnop" : : "a"(0));
}

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    (void)map;
    return 0;
}
