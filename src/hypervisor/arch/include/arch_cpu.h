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

#define ARCH_INLINE static inline __attribute__((always_inline))

/* Control register 0, [SDM3A] "Control Registers". */
#define CR0_PE 0x00000001u
#define CR0_MP 0x00000002u
#define CR0_EM 0x00000004u
#define CR0_TS 0x00000008u
#define CR0_NE 0x00000020u
#define CR0_WP 0x00010000u /* ring 0-2 obey read-only pages too */
#define CR0_AM 0x00040000u
#define CR0_NW 0x20000000u
#define CR0_CD 0x40000000u
#define CR0_PG 0x80000000u

/* Control register 4. */
#define CR4_DE 0x00000008u
#define CR4_PSE 0x00000010u
#define CR4_PAE 0x00000020u
#define CR4_PGE 0x00000080u
#define CR4_OSFXSR 0x00000200u
#define CR4_OSXMMEXCPT 0x00000400u

/* Model-specific registers. */
#define MSR_EFER 0xC0000080u
#define EFER_NXE 0x00000800u /* bit 63 of an entry means no-execute */

/* Flags. */
#define FLAG_ALWAYS 0x00000002u
#define FLAG_TF 0x00000100u
#define FLAG_IF 0x00000200u
#define FLAG_DF 0x00000400u
#define FLAG_IOPL 0x00003000u
#define FLAG_IOPL_SHIFT 12
#define FLAG_NT 0x00004000u
#define FLAG_RF 0x00010000u
#define FLAG_VM 0x00020000u
#define FLAG_AC 0x00040000u
#define FLAG_VIF 0x00080000u
#define FLAG_VIP 0x00100000u
#define FLAG_ID 0x00200000u

/* Features that CPUID tells. */
#define CPUID1_EDX_PAE (1u << 6)
#define CPUID1_EDX_PGE (1u << 13)
#define CPUID1_EDX_CMOV (1u << 15)
#define CPUID1_EDX_FXSR (1u << 24)
#define CPUID1_EDX_SSE (1u << 25)
#define CPUID_EXT1_EDX_NX (1u << 20)

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

/** What CPUID leaves in the four registers. */
struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

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
