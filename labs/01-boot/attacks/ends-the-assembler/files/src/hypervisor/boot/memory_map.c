/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".end\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
