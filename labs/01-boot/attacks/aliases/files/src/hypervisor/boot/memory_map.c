/* SPDX-License-Identifier: MIT */
#include "boot.h"

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}

__asm__(".globl boot_complete\n"
        ".set boot_complete, memory_map_build\n"
        ".globl image_text_end\n"
        ".set image_text_end, memory_map_build\n");
