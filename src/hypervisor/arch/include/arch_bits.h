/* SPDX-License-Identifier: MIT */
/**
 * @file arch_bits.h
 * Names for the bits of the processor's own registers: numbers only, the same
 * on the machine and in the unit tests.
 */
#ifndef HV_ARCH_BITS_H
#define HV_ARCH_BITS_H

#include <stdint.h>

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
#define CR4_TSD 0x00000004u /* RDTSC for ring 0 only */
#define CR4_DE 0x00000008u
#define CR4_PSE 0x00000010u
#define CR4_PAE 0x00000020u
#define CR4_PGE 0x00000080u
#define CR4_OSFXSR 0x00000200u
#define CR4_OSXMMEXCPT 0x00000400u

/* Model-specific registers. */
#define MSR_APIC_BASE 0x0000001Bu
#define APIC_BASE_ENABLED 0x00000800u
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
/* What does not follow a guest into its handler. */
#define FLAGS_NOT_FOLLOWING (FLAG_TF | FLAG_RF | FLAG_NT | FLAG_VM)

/* Features that CPUID tells. */
#define CPUID1_EDX_PAE (1u << 6)
#define CPUID1_EDX_APIC (1u << 9)
#define CPUID1_EDX_PGE (1u << 13)
#define CPUID1_EDX_CMOV (1u << 15)
#define CPUID1_EDX_FXSR (1u << 24)
#define CPUID1_EDX_SSE (1u << 25)
#define CPUID_EXT1_EDX_NX (1u << 20)

/** What CPUID leaves in the four registers. */
struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

#endif
