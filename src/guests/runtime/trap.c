/* SPDX-License-Identifier: MIT */
/**
 * @file trap.c
 * @ingroup guests
 * Handlers for exceptions and software interrupts.
 */
#include "guest.h"

static trap_handler *handlers[256];

/**
 * Handle a vector.
 *
 * @param vector   0..255.
 * @param handler  Called with the registers; may change them.
 * @param dpl      1: only this kernel may raise it by INT n; 3: ring 3 too;
 *                 0: nobody, only the processor. Plus TRAP_MASK_EVENTS:
 *                 events are masked when the handler is entered.
 */
void trap_set(unsigned vector, trap_handler *handler, unsigned dpl)
{
    trap_info_t table[2] = {
        {
            .vector = (uint8_t)vector,
            .flags = (uint8_t)dpl,
            .cs = FLAT_KERNEL_CS,
            .address = trap_entry[vector],
        },
    };

    handlers[vector] = handler;
    hypercall_1(set_trap_table, table);
}

/** Show a trap's frame. */
void trap_print(const struct trap *trap)
{
    say("  vector %u error %x eip %08x cs %04x (mask %u) eflags %08x\n",
        trap->vector, trap->error, trap->eip, trap->cs & 0xFFFF,
        (trap->cs >> 16) & 0xFF, trap->eflags);
    if (trap_ring(trap) == 3)
        say("  from ring 3: esp %08x ss %04x\n", trap->esp,
            trap->ss & 0xFFFF);
}

/** Called by start.asm: a vector that was set has a handler. */
void trap_dispatch(struct trap *trap)
{
    handlers[trap->vector](trap);
}
