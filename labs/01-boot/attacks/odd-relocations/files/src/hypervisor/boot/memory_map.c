/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".reloc 0, R_386_GNU_VTENTRY, memory_map_build\n"
        ".reloc 4, R_386_TLS_GD, frame_free\n"
        ".reloc 8, R_386_COPY, frame_free\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
