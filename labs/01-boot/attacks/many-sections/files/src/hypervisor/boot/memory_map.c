/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".altmacro\n"
        ".macro one k\n .section .text.x\\k, \"ax\"\n nop\n .endm\n"
        ".set n, 0\n"
        ".rept 70000\n one %n\n .set n, n + 1\n .endr\n"
        ".text\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
