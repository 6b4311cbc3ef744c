/* SPDX-License-Identifier: MIT */
/**
 * @file time_to_respond.c
 * The oracle *time to respond*: ring 0 runs with interrupts off, so whatever
 * it does delays them. From an external interrupt raised to the guest's next
 * instruction, or a halt, it may take RESPOND_MAX instructions.
 *
 * Before the first guest has run, that is during boot, nobody waits.
 *
 * Invariants:
 *  - RESPOND-I1: one stay of ring 0 is one report, however long it lasts.
 *
 * Source: doc/pages/simulator.md, "The oracles".
 */
#include "oracle.h"

#include "codes.h"

#define RESPOND_MAX 200000u
#define VECTOR_NMI 2u

static bool guest_ran;
static bool waits;     /* somebody waits for an answer ... */
static uint64_t since; /* ... since this icount */
static bool was_told;

static void respond_start(const struct machine *m)
{
    (void)m;
    guest_ran = waits = was_told = false;
}

static void begin(const struct machine *m)
{
    if (waits || !guest_ran)
        return;
    waits = true;
    since = m->icount;
}

/** Each instruction of ring 0: an interrupt may have been raised. */
static void respond_before(const struct machine *m)
{
    const uint32_t a[6] = { (uint32_t)since, (uint32_t)(since >> 32) };

    if (m->interrupt_pending)
        begin(m);
    if (!waits || was_told || m->icount - since <= RESPOND_MAX)
        return;
    was_told = true;
    machine_broken(m, RESPOND_LATE, a,
                   "an interrupt is answered after at most %u instructions, "
                   "but one was raised at instruction %llu and ring 0 still "
                   "runs", RESPOND_MAX, (unsigned long long)since);
}

static void respond_delivery(const struct machine *m, enum ring_cause cause,
                             unsigned vector)
{
    if (cause == CAUSE_INTERRUPT && vector != VECTOR_NMI)
        begin(m);
}

static void answered(void)
{
    waits = was_told = false;
}

static void respond_ring_change(const struct machine *m,
                                const struct ring_change *change)
{
    (void)m;
    if (change->to == 0)
        return; /* it may come for the interrupt */
    guest_ran = true;
    answered();
}

static void respond_halt(const struct machine *m, bool interrupts_on)
{
    (void)m;
    if (interrupts_on)
        answered();
}

const struct oracle oracle_time_to_respond = {
    .name = "time-to-respond",
    .demands = "from an external interrupt raised to the next instruction at "
               "CPL > 0 or a halt, at most 200,000 instructions",
    .before_rings = 1u << 0,
    .sleeps = oracle_sleeps,
    .start = respond_start,
    .before = respond_before,
    .ring_change = respond_ring_change,
    .delivery = respond_delivery,
    .halt = respond_halt,
};
