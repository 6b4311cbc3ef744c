/* SPDX-License-Identifier: MIT */
#include "boot_low.h"

uint32_t page_tables_build(const struct image_section *section, unsigned nr,
                           struct table_pool *pool)
{
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) nothing = { 0, 0 };

    (void)section;
    (void)nr;
    (void)pool;
    __asm__ volatile("lidt %0; ud2" : : "m"(nothing));
    return 0;
}
