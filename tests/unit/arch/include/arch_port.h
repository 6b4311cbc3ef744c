/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The host's version of arch_port.h: see fake_cpu.h.
 */
#ifndef HV_ARCH_PORT_H
#define HV_ARCH_PORT_H

#include "arch_cpu.h"

uint8_t arch_in8(uint16_t port);
uint16_t arch_in16(uint16_t port);
uint32_t arch_in32(uint16_t port);
void arch_out8(uint16_t port, uint8_t value);
void arch_out16(uint16_t port, uint16_t value);
void arch_out32(uint16_t port, uint32_t value);

#endif
