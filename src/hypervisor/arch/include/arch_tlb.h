/* SPDX-License-Identifier: MIT */
/**
 * @file arch_tlb.h
 * Dropping translations that the processor remembers.
 *
 * The page tables in memory are the truth; the TLB is a copy that nobody
 * keeps up to date for us. Whoever takes a right away from a mapping, or
 * points it elsewhere, drops the copy before relying on the change.
 */
#ifndef HV_ARCH_TLB_H
#define HV_ARCH_TLB_H

#include "arch_cpu.h"

/** Drop the translation of the page that holds an address. */
ARCH_INLINE void arch_flush_page(uint32_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/** Drop every translation that is not global; re-reads the L3 entries. */
ARCH_INLINE void arch_flush_all(void)
{
    arch_write_cr3(arch_read_cr3());
}

#endif
