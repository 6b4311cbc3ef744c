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

#endif
