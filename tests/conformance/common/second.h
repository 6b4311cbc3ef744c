/* SPDX-License-Identifier: MIT */
/**
 * @file second.h
 * vCPU 1 for the conformance guests: a context that is right, and what it
 * runs, which is counting and yielding.
 */
#ifndef CONFORMANCE_SECOND_H
#define CONFORMANCE_SECOND_H

#include "guest.h"

#include <xen/vcpu.h>

#define SECOND_ESI 0x51515151u

extern vcpu_guest_context_t second_context;

/** What was found at its first instruction, and how often it came by. */
extern volatile uint32_t second_loops, second_entries;
extern volatile uint32_t second_esi, second_ss, second_flags;

/** Make the context anew: selectors of RPL 0, IOPL 3, IF clear. */
void second_fill(void);

/** vcpu_op. */
int32_t vcpu_op(unsigned cmd, unsigned vcpu, const void *arg);
int32_t second_initialise(void);

#endif
