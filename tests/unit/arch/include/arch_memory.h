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

#endif
