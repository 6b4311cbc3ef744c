/* SPDX-License-Identifier: MIT */
/**
 * @file arch_memory.h
 * The privileged instructions of lab 3 that are not about translations.
 */
#ifndef HV_ARCH_MEMORY_H
#define HV_ARCH_MEMORY_H

#include "arch_cpu.h"

/** Write every changed cache line back to memory, and empty the caches. */
ARCH_INLINE void arch_flush_caches(void)
{
    __asm__ volatile("wbinvd" : : : "memory");
}

/** Bytes of the shortest cache line of a processor that can flush one. */
#define CACHE_LINE_BYTES 32u
#define CPUID_CLFLUSH (1u << 19) /* leaf 1, edx */

/**
 * Write the changed cache lines of a piece of memory back, and empty them. A
 * processor that cannot flush a line flushes everything.
 *
 * @param start  Any address of ours.
 * @param bytes  At most a page.
 */
ARCH_INLINE void arch_flush_lines(const void *start, uint32_t bytes)
{
    uint32_t line = (uint32_t)(uintptr_t)start & ~(CACHE_LINE_BYTES - 1);
    uint32_t end = (uint32_t)(uintptr_t)start + bytes;

    if (!(arch_cpuid(1, 0).edx & CPUID_CLFLUSH)) {
        arch_flush_caches();
        return;
    }
    for (; line < end; line += CACHE_LINE_BYTES)
        __asm__ volatile("clflush (%0)" : : "r"(line) : "memory");
}

#endif
