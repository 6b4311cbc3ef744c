/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The host's version of arch_cpu.h: each function does to a made-up processor
 * what the instruction would do to the real one, and leaves a note of it
 * (fake_cpu.h).
 */
#ifndef HV_ARCH_CPU_H
#define HV_ARCH_CPU_H

#include <stdint.h>

#include "arch_bits.h"

#define ARCH_INLINE static inline __attribute__((unused))

uint32_t arch_read_cr0(void);
void arch_write_cr0(uint32_t value);
uint32_t arch_read_cr2(void);
uint32_t arch_read_cr3(void);
void arch_write_cr3(uint32_t value);
uint32_t arch_read_cr4(void);
void arch_write_cr4(uint32_t value);
uint64_t arch_read_msr(uint32_t msr);
void arch_write_msr(uint32_t msr, uint64_t value);
struct cpuid_result arch_cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t arch_read_tsc(void);
uint32_t arch_read_flags(void);
void arch_write_flags(uint32_t value);
void arch_interrupts_off(void);
void arch_interrupts_on(void);
void arch_halt(void);
void arch_interrupts_on_and_halt(void);

ARCH_INLINE void arch_pause(void)
{
}

#endif
