/* SPDX-License-Identifier: MIT */
#include "boot.h"

#define B13 B12 B12 B12 B12 B12 B12 B12 B12
#define B12 B11 B11 B11 B11 B11 B11 B11 B11
#define B11 B10 B10 B10 B10 B10 B10 B10 B10
#define B10 B9 B9 B9 B9 B9 B9 B9 B9
#define B9 B8 B8 B8 B8 B8 B8 B8 B8
#define B8 B7 B7 B7 B7 B7 B7 B7 B7
#define B7 B6 B6 B6 B6 B6 B6 B6 B6
#define B6 B5 B5 B5 B5 B5 B5 B5 B5
#define B5 B4 B4 B4 B4 B4 B4 B4 B4
#define B4 B3 B3 B3 B3 B3 B3 B3 B3
#define B3 B2 B2 B2 B2 B2 B2 B2 B2
#define B2 B1 B1 B1 B1 B1 B1 B1 B1
#define B1 B0 B0 B0 B0 B0 B0 B0 B0
#define B0 +1

int bomb = B13;

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
