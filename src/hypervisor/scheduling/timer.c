/* SPDX-License-Identifier: MIT */
/**
 * @file timer.c
 * @ingroup scheduling
 * The hypervisor's timers: one queue, and one device that is set for the
 * earliest.
 *
 * The device is not touched when the earliest timer is cancelled: it then
 * comes too early, once, finds nothing due, and is set anew. Guests set and
 * cancel their timers all the time, and a device's registers are slow.
 *
 * Invariants:
 *  - TIMER-I1: while no timer fires, the device is set for the earliest timer
 *    or for an earlier time (arm()).
 *  - TIMER-I2: one interrupt fires at most TIMERS_AT_ONCE timers, so that a
 *    guest waits a bounded time for its next instruction (timer_interrupt()).
 *
 * Source: [Xen2003] 3.3.2 "Time and timers".
 */
#include "time.h"

/** The rest follows with the next interrupt, which comes at once. */
#define TIMERS_AT_ONCE 64u

static struct timer_queue queue;

/** What the device is set for; 0 while timers fire, so that what they set
 *  makes the device work once, at the end. */
static ns_t armed_for = NS_NEVER;

/** Set the device, if the earliest timer is earlier than what it is set for. */
static void arm(void)
{
    ns_t now;

    if (!queue.first || queue.first->at >= armed_for)
        return;
    armed_for = queue.first->at;
    now = time_now();
    timer_device_arm(armed_for > now ? armed_for - now : 0);
}

/** Does a queue stay in order (TIME-I4) if a timer of it moves to `at`? */
static bool keeps_place(const struct timer *t, ns_t at)
{
    return (!t->parent || t->parent->at <= at) &&
           (!t->child[0] || at <= t->child[0]->at) &&
           (!t->child[1] || at <= t->child[1]->at);
}

/**
 * Move a timer that is set to another time, if that is all there is to do: the
 * queue stays in order, and the device comes early enough.
 *
 * @param t   Any timer.
 * @param at  When it is to fire instead.
 * @context{hypercall}
 * @return false, with nothing changed: timer_set() is needed.
 */
bool timer_move(struct timer *t, ns_t at)
{
    if (!t->queued || at < armed_for || !keeps_place(t, at))
        return false;
    t->at = at;
    return true;
}

/**
 * Have a timer fire, once.
 *
 * @param t   Set already or not; `fire` is set.
 * @param at  When; a time that has passed means at once, but from an interrupt,
 *            not from this call.
 * @context{any}
 */
void timer_set(struct timer *t, ns_t at)
{
    if (timer_move(t, at)) /* what guests do most: a little later */
        return;
    timer_cancel(t);
    t->at = at;
    timer_queue_insert(&queue, t);
    arm();
}

/**
 * Have a timer not fire.
 *
 * @param t  Set or not.
 * @context{any}
 */
void timer_cancel(struct timer *t)
{
    if (t->queued)
        timer_queue_remove(&queue, t);
}

/**
 * The device's interrupt: fire what is due, and set the device for the next.
 * In ring 0, interrupts off, from a guest or from the idle processor.
 *
 * @context{idle}
 */
void timer_interrupt(void)
{
    ns_t now = time_now();

    armed_for = 0;
    for (unsigned i = 0; i < TIMERS_AT_ONCE; i++) {
        struct timer *t = queue.first;

        if (!t || t->at > now)
            break;
        timer_queue_remove(&queue, t);
        t->fire(t);
    }
    armed_for = NS_NEVER;
    arm();
}
