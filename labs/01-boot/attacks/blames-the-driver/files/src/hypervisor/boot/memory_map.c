/* SPDX-License-Identifier: MIT */
#include "boot.h"

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    (void)map;
#line 75 "labs/01-boot/guests/memory_map.c"
    __asm__ volatile("ud2");
    return -1;
}
