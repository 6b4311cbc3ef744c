/* SPDX-License-Identifier: MIT */
/**
 * @file arch_cpu.h
 * The processor's own registers: control registers, MSRs, flags, CPUID.
 *
 * Everything in this folder is one privileged (or machine-wide) instruction
 * as one inline function, so that the rest of the hypervisor is plain C. The
 * unit tests put a folder of the same names in front of this one, whose
 * functions record what was asked instead of doing it.
 *
 * `always_inline`, because some callers run before paging, at another address
 * than the rest: a call out of line would land in memory that is not there.
 */
#ifndef HV_ARCH_CPU_H
#define HV_ARCH_CPU_H

#include <stdint.h>

#include "arch_bits.h"

#define ARCH_INLINE static inline __attribute__((always_inline))

ARCH_INLINE uint32_t arch_read_cr0(void)
{
    uint32_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

ARCH_INLINE void arch_write_cr0(uint32_t value)
{
    __asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

/** The address whose access raised the last page fault. */
ARCH_INLINE uint32_t arch_read_cr2(void)
{
    uint32_t value;

    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

ARCH_INLINE uint32_t arch_read_cr3(void)
{
    uint32_t value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(value) : : "memory");
    return value;
}

/**
 * Load the page-table base. With PAE paging on this also reads the four L3
 * entries into the processor, and drops every translation that is not global.
 */
ARCH_INLINE void arch_write_cr3(uint32_t value)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

ARCH_INLINE uint32_t arch_read_cr4(void)
{
    uint32_t value;

    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

ARCH_INLINE void arch_write_cr4(uint32_t value)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

ARCH_INLINE uint64_t arch_read_msr(uint32_t msr)
{
    uint64_t value;

    __asm__ volatile("rdmsr" : "=A"(value) : "c"(msr));
    return value;
}

ARCH_INLINE void arch_write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "A"(value) : "memory");
}

ARCH_INLINE struct cpuid_result arch_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "0"(leaf), "2"(subleaf));
    return r;
}

ARCH_INLINE uint64_t arch_read_tsc(void)
{
    uint64_t value;

    __asm__ volatile("rdtsc" : "=A"(value));
    return value;
}

ARCH_INLINE uint32_t arch_read_flags(void)
{
    uint32_t value;

    __asm__ volatile("pushfl; popl %0" : "=r"(value) : : "memory");
    return value;
}

ARCH_INLINE void arch_write_flags(uint32_t value)
{
    __asm__ volatile("pushl %0; popfl" : : "r"(value) : "memory", "cc");
}

ARCH_INLINE void arch_interrupts_off(void)
{
    __asm__ volatile("cli" : : : "memory");
}

ARCH_INLINE void arch_interrupts_on(void)
{
    __asm__ volatile("sti" : : : "memory");
}

/** Wait for the next interrupt; with interrupts off, for ever. */
ARCH_INLINE void arch_halt(void)
{
    __asm__ volatile("hlt" : : : "memory");
}

/** Interrupts on and wait, with no instruction between that could miss one:
 *  STI takes effect only after the instruction that follows it. */
ARCH_INLINE void arch_interrupts_on_and_halt(void)
{
    __asm__ volatile("sti; hlt" : : : "memory");
}

ARCH_INLINE void arch_pause(void)
{
    __asm__ volatile("pause");
}

#endif
