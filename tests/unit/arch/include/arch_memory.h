/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The host's version of arch_memory.h: nothing to see of a cache.
 */
#ifndef HV_ARCH_MEMORY_H
#define HV_ARCH_MEMORY_H

#include "arch_cpu.h"

ARCH_INLINE void arch_flush_caches(void)
{
}

ARCH_INLINE void arch_flush_lines(const void *start, uint32_t bytes)
{
    (void)start;
    (void)bytes;
}

#endif
