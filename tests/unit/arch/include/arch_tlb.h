/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The host's version of arch_tlb.h: see fake_cpu.h.
 */
#ifndef HV_ARCH_TLB_H
#define HV_ARCH_TLB_H

#include "arch_cpu.h"

void arch_flush_page(uint32_t address);
void arch_flush_all(void);

#endif
