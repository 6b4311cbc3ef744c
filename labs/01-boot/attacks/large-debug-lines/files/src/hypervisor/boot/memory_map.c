/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".section .debug_str, \"MS\", @progbits, 1\n"
        ".fill 200000000, 1, 65\n"
        ".text\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
