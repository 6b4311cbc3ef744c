/* SPDX-License-Identifier: MIT */
#include "boot.h"
#include "arch_boot.h"
#include "arch_cpu.h"
#include "arch_nx.h"

#define MEGABYTE 0x100000u
#define COPIED 0x9F000u /* what of the first megabyte is memory */

BOOT_TEXT void paging_turn_on(uint32_t l3_maddr, boot_main_t go_on,
                              const struct boot_info *info)
{
    for (uint32_t at = 0; at < COPIED; at += 4)
        *(volatile uint32_t *)at = *(volatile uint32_t *)(MEGABYTE + at);
    __asm__ volatile("outb %b0, $0x92" : : "a"(0));
    arch_write_cr4(arch_read_cr4() | CR4_PAE);
    arch_write_cr3(l3_maddr);
    arch_enable_nx();
    arch_write_cr0(arch_read_cr0() | CR0_WP | CR0_PG);
    arch_jump_high(go_on, info);
}

void paging_drop_identity(l3e_t *l3)
{
    for (unsigned i = 0; i < L3_ENTRIES - 1; i++)
        l3[i].e = 0;
    arch_write_cr3(arch_read_cr3());
}
