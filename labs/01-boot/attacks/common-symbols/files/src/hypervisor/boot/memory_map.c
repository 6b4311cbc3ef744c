/* SPDX-License-Identifier: MIT */
#include "boot.h"

/* A common symbol takes the size of the largest; gas makes them at once. */
__asm__(".comm test_input, 32768, 4096\n"
        ".comm image_symbols, 4096, 4\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
