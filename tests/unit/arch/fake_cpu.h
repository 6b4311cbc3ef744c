/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A made-up processor for unit tests: its registers, and a diary of the
 * privileged instructions that the code under test asked for, in order.
 */
#ifndef FAKE_CPU_H
#define FAKE_CPU_H

#include <stdint.h>

#include "arch_bits.h"

/** What was asked. */
enum fake_event_kind {
    FAKE_WRITE_CR0,
    FAKE_WRITE_CR3,
    FAKE_WRITE_CR4,
    FAKE_WRITE_MSR,   /**< a: the MSR */
    FAKE_WRITE_FLAGS,
    FAKE_FLUSH_PAGE,
    FAKE_OUT,         /**< a: the port */
    FAKE_HALT,
    FAKE_JUMP_HIGH,   /**< a: the function */
};

struct fake_event {
    enum fake_event_kind kind;
    uint32_t a;
    uint64_t value;
};

#define FAKE_MAX_EVENTS 4096u

/** The processor. Tests set it up and look at it as they like. */
struct fake_cpu {
    uint32_t cr0, cr2, cr3, cr4, flags;
    uint64_t efer;
    uint64_t tsc;
    struct cpuid_result cpuid1, cpuid_extended;
    uint32_t last_extended_leaf; /**< of CPUID; 80000001 after a reset */
    uint8_t in8[0x10000]; /**< what reading a port gives */
    struct fake_event event[FAKE_MAX_EVENTS];
    unsigned nr_events;
};

extern struct fake_cpu fake_cpu;

/** All zero, an empty diary, a serial port that always has room. Without NX
 *  in CPUID there is no EFER: to touch it aborts, for it would be a \#GP. */
void fake_cpu_reset(void);
/** What happens while the processor waits for an interrupt: nothing, unless
 *  the test has a function of this name. */
void fake_halted(void);
/** How many events of a kind the diary has. */
unsigned fake_count(enum fake_event_kind kind);

#endif
