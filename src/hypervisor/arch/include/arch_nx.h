/* SPDX-License-Identifier: MIT */
/**
 * @file arch_nx.h
 * No-execute pages, which a processor with PAE may have or not. Where it has
 * none, bit 63 of every entry stays reserved, and the register that would
 * turn it on may not exist: touching that is a \#GP, and before there is an
 * IDT a \#GP is the end of the machine.
 *
 * Made of the instructions of arch_cpu.h; the angle brackets give the unit
 * tests their own arch_cpu.h below the same two functions.
 */
#ifndef HV_ARCH_NX_H
#define HV_ARCH_NX_H

#include <stdbool.h>

#include <arch_cpu.h>

/** Whether the processor has NX. CPUID exists (processor_check()). */
ARCH_INLINE bool arch_offers_nx(void)
{
    return arch_cpuid(0x80000000u, 0).eax >= 0x80000001u &&
           arch_cpuid(0x80000001u, 0).edx & CPUID_EXT1_EDX_NX;
}

/** Set EFER.NXE and leave EFER's other bits; does nothing where the processor
 *  has no NX. */
ARCH_INLINE void arch_enable_nx(void)
{
    if (arch_offers_nx())
        arch_write_msr(MSR_EFER, arch_read_msr(MSR_EFER) | EFER_NXE);
}

#endif
