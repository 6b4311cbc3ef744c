/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".data\n"
        ".fill 0x20000000, 8, 0x5a5a5a5a\n"
        ".fill 0x20000000, 8, 0xa5a5a5a5\n"
        ".text\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
