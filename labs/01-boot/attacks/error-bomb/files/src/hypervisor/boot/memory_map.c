/* SPDX-License-Identifier: MIT */
#include "boot.h"

#define NO(n) int no##n = nobody##n(somebody##n, n) + ;
#include __FILE__
#include __FILE__
NO(1) NO(2) NO(3) NO(4) NO(5) NO(6) NO(7) NO(8)

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
