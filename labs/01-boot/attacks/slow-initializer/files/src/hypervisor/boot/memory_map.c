/* SPDX-License-Identifier: MIT */
#include "boot.h"

static const uint32_t table[] = { [0 ... 99999999] = 7 };

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = table[map->nr];
    return -1;
}
