/* SPDX-License-Identifier: MIT */
/**
 * @file arch_apic.h
 * The registers of the processor's local interrupt controller: 32 bits each,
 * in one page of the address space where no memory is.
 *
 * Source: [SDM3A] 10.4 "Local APIC".
 */
#ifndef HV_ARCH_APIC_H
#define HV_ARCH_APIC_H

#include <stdint.h>

#include "arch_cpu.h"
#include "layout.h"

/**
 * Read a register.
 *
 * @param offset  Of the register in its page, a multiple of 16.
 */
ARCH_INLINE uint32_t arch_apic_read(uint32_t offset)
{
    return *(volatile uint32_t *)(APIC_WINDOW + offset);
}

/** Write a register; `offset` as above. */
ARCH_INLINE void arch_apic_write(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(APIC_WINDOW + offset) = value;
}

#endif
