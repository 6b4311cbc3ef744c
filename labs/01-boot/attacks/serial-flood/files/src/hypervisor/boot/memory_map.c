/* SPDX-License-Identifier: MIT */
#include "boot.h"

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    static const uint16_t ports[] = { 0x3F8, 0x2F8, 0xE9, 0x402, 0x80, 0x378 };

    map->nr = 0;
    if (info->nr_modules < 4)
        return -1;
    for (unsigned i = 0;; i++)
        __asm__ volatile("outb %0, %1"
                         : : "a"((uint8_t)i), "Nd"(ports[i % 6]));
}
