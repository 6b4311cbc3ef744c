/* SPDX-License-Identifier: MIT */
#include "boot.h"

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}

__asm__(".symver memory_map_build, boot_complete@@V1\n");
