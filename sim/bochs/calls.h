/* SPDX-License-Identifier: MIT */
/**
 * @file calls.h
 * Hypercalls: INT 0x82 at ring 1, and the way back to the instruction after
 * it.
 */
#ifndef SIM_BOCHS_CALLS_H
#define SIM_BOCHS_CALLS_H

#include "sim/bochs/cpu.h"

/** An INT n is about to be delivered from this ring, in this state. */
void calls_interrupt(unsigned vector, unsigned ring,
                     const struct event_registers *left);

/** An IRET has come to ring 1. */
void calls_return(void);

#endif
