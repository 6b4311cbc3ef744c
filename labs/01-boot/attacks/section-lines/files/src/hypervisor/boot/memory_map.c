/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".section \".text.a\\n .text 0xf6900000 0x100000 drivers/x.o\", \"ax\"\n"
        "nop\n"
        ".text\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
