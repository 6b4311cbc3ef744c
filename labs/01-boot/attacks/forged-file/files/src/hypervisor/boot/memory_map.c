/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".file \"x\\nname f6900000 10 g mark_map\\nowner 8 0 ffffffff\"\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
