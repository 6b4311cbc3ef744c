/* SPDX-License-Identifier: MIT */
#include "boot.h"

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    map->nr = 0;
    if (info->nr_modules < 4)
        return -1;
    for (;;) {
        uint32_t value;

        __asm__ volatile("mov %%cr3, %0\n\tmov %0, %%cr3"
                         : "=r"(value) : : "memory");
        __asm__ volatile("mov %%cr0, %0\n\tmov %0, %%cr0"
                         : "=r"(value) : : "memory");
    }
}
