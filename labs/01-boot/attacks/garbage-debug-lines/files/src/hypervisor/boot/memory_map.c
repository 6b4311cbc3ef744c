/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".section .debug_info, \"\", @progbits\n"
        ".long 0x7ffffff0\n .value 5\n .byte 1, 4\n .long 0x7fffff00\n"
        ".section .debug_abbrev, \"\", @progbits\n"
        ".fill 4000, 1, 0x81\n"
        ".text\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    (void)map;
    __asm__ volatile("ud2");
    return -1;
}
