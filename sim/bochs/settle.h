/* SPDX-License-Identifier: MIT */
/**
 * @file settle.h
 * What an instruction did: a table register that it loaded, an entry of a
 * page table that it stored.
 *
 * Nobody tells us that it is done. So what it is about to do is kept, is
 * "unsettled", and is looked at when the processor is next seen. If that is
 * a fault of the same instruction, a load has not happened; stores may have.
 *
 * settle.c also has those of cpu.h's callbacks that tell of control
 * registers and flushes, because some of them are found by looking back.
 */
#ifndef SIM_BOCHS_SETTLE_H
#define SIM_BOCHS_SETTLE_H

#include "sim/bochs/cpu.h"

/** The processor has been reset. */
void settle_start(void);

/** An instruction of this class is about to execute. */
void settle_prepare(unsigned class_bits);

/** An instruction at this ring is about to store there. */
void settle_store(uint64_t maddr, unsigned bytes, unsigned ring);

/**
 * Tell what the last instruction did.
 *
 * @param faulted  It is being given up, by a fault of its own.
 */
void settle(bool faulted);

/** The same, when an exception interrupts the processor where it is. */
void settle_interrupted(void);

#endif
