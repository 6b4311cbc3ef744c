/* SPDX-License-Identifier: MIT */
/**
 * @file fake_machine.h
 * A processor and 1 MB of memory in the shim's place (sim/bochs/cpu.h): the
 * test sets what it wants to be seen.
 */
#ifndef UNIT_BOCHS_FAKE_MACHINE_H
#define UNIT_BOCHS_FAKE_MACHINE_H

#include "sim/bochs/cpu.h"

#define FAKE_RAM_BYTES 0x100000u
#define FAKE_CR0_PG 0x80000001u
#define FAKE_CR4_PAE 0x20u
#define FAKE_CR4_PSE 0x10u

extern uint8_t fake_ram[FAKE_RAM_BYTES];
extern struct cpu_now fake_now;
extern uint32_t fake_cr4;
extern uint64_t fake_pdpt[4];

/** Zero everything. */
void fake_machine_reset(void);

/** Write 8 or 4 bytes of the memory. */
void fake_set64(uint32_t maddr, uint64_t value);
void fake_set32(uint32_t maddr, uint32_t value);

#endif
