/* SPDX-License-Identifier: MIT */
/**
 * @file fake_guest.h
 * A made-up guest on the made-up machine, for the tests of the oracles:
 * its memory, its start, its exits and returns.
 *
 *     0xC0100000  image: code        frame CODE
 *     0xC0101000  image: data        frame DATA
 *     0xC0102000  image: kernel stack  frame STACK
 *     0xC0103000  p2m list           not mapped; the image ends here
 *     0xC0104000  start_info         frame START
 *     0xC0200000  application's stack  frame USER
 */
#ifndef TESTS_FAKE_GUEST_H
#define TESTS_FAKE_GUEST_H

#include "fake_machine.h"

enum { CODE, DATA, STACK, START, USER, SHARED, RESERVED, WINDOW };

#define CODE_VA 0xC0100000u
#define DATA_VA 0xC0101000u
#define STACK_VA 0xC0102000u
#define STACK_TOP 0xC0103000u
#define IMAGE_END 0xC0103000u
#define START_VA 0xC0104000u
#define USER_VA 0xC0200000u
#define GDT_VA 0xF6FF0000u

#define KERNEL_CS 0xE019
#define KERNEL_DS 0xE021
#define USER_CS 0xE02B
#define USER_DS 0xE033

/** Handlers that guest_registers() registers: vector n at HANDLER(n). */
#define HANDLER(n) (CODE_VA + 0x100 + (n) * 4u)
#define EVENT_HANDLER (CODE_VA + 0x800)
#define FAILSAFE_HANDLER (CODE_VA + 0x810)

/** Who watches it; set before guest_boot(). */
extern const struct oracle *guest_oracle;

/** The guest as it runs now; tests change it between leave and go_on. */
extern struct event_registers guest;

/** A machine with that guest, about to execute its first instruction. */
void guest_boot(void);

/** Its first instruction. */
void guest_first(void);

/** All of that, and its handlers registered: 0-31 at DPL 0 but 3 and 4 (3),
 *  0x80 at DPL 3, 0x90 at DPL 1, 0x91 at DPL 3 with the mask flag. */
void guest_ready(void);

/** It runs its application now. */
void guest_in_application(void);

/** It is left: a hypercall (`guest` is the state behind INT), an exception
 *  or an interrupt. */
void leave_hypercall(uint32_t number, uint32_t ebx, uint32_t ecx,
                     uint32_t edx, uint32_t esi);
void leave_exception(unsigned vector, bool has_error, uint32_t error);
void leave_interrupt(enum ring_cause cause, unsigned vector);

/** Ring 0 writes. */
void store(uint32_t vaddr, unsigned frame, uint32_t offset, uint32_t bytes);

/** It goes on, in the state `guest`. */
void go_on(void);

/** Push a word on the guest's stack, as a bounce does. */
void push(uint32_t value);

void set_mask(uint8_t mask);
void set_pending(uint8_t pending);

/** No report at all, else they are printed. */
bool silent(void);

/** Exactly one report, of this code, else they are printed. */
bool only(unsigned code);

#endif
