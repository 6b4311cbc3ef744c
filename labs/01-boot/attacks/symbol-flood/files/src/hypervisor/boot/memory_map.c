/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".text\n"
        ".macro flood\n"
        "flood_of_symbols_\\@ = .\n"
        ".endm\n"
        ".rept 300000\n"
        "flood\n"
        ".endr\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = *(volatile uint32_t *)0x10;
    __asm__ volatile("ud2");
    return 0;
}
