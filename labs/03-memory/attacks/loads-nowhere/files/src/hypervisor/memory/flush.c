/* SPDX-License-Identifier: MIT */
#include "memory.h"

static void load_nowhere(void)
{
    __asm__ volatile("mov %0, %%cr3\n\tmov (%1), %%eax"
                     : : "r"(0x5000u), "r"(0x12345678u)
                     : "eax", "memory");
}

void flush_note(void)
{
    load_nowhere();
}

void flush_all(void)
{
    load_nowhere();
}

void flush_page(uint32_t va)
{
    (void)va;
    load_nowhere();
}

void flush_before_reuse(void)
{
    load_nowhere();
}
