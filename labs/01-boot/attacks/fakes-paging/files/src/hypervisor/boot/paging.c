/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "arch_boot.h"
#include "arch_cpu.h"

/** Load two flat segments that begin at `base`, and jump. */
BOOT_TEXT void paging_turn_on(uint32_t l3_maddr, boot_main_t go_on,
                              const struct boot_info *info)
{
    /* What is linked high lies 1 MB up: the image's first bytes are there. */
    uint32_t base = 0x100000u - ((uint32_t)go_on & 0xFFF00000u);
    uint64_t high = (uint64_t)(base >> 24) << 56 |
                    (uint64_t)(base >> 16 & 0xFF) << 32 |
                    (uint64_t)(base & 0xFFFF) << 16;
    uint64_t *gdt = (uint64_t *)(uintptr_t)0x7000;
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) place = { 23, 0x7000 };

    (void)l3_maddr;
    gdt[0] = 0;
    gdt[1] = high | 0x00CF9B000000FFFFull;
    gdt[2] = high | 0x00CF93000000FFFFull;
    __asm__ volatile("lgdt %0\n\t"
                     "movl %1, %%eax\n\t"
                     "movl %2, %%ecx\n\t"
                     "movw $16, %%dx\n\t"
                     "movw %%dx, %%ds\n\t"
                     "movw %%dx, %%es\n\t"
                     "subl %3, %%esp\n\t"
                     "movw %%dx, %%ss\n\t"
                     "pushl %%ecx\n\t"
                     "pushl $0\n\t"
                     "pushl $8\n\t"
                     "pushl %%eax\n\t"
                     "lret"
                     : : "m"(place), "r"(go_on), "r"(info), "r"(base)
                     : "eax", "ecx", "edx", "memory");
    __builtin_unreachable();
}

void paging_drop_identity(l3e_t *l3)
{
    for (unsigned i = 0; i < L3_ENTRIES - 1; i++)
        l3[i].e = 0;
}
