/* SPDX-License-Identifier: MIT */
#include "boot.h"

static __thread uint32_t nr;

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = nr++;
    return -1;
}
