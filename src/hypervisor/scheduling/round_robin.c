/* SPDX-License-Identifier: MIT */
/**
 * @file round_robin.c
 *
 * Source: [Xen2003] 3.3.1 "CPU Scheduling", the generic interface.
 * @ingroup scheduling
 * The simplest policy: each in turn, for a slice.
 *
 * The queue's key is the number of the turn: whoever has used up its slice,
 * yields, or wakes gets the next number and stands at the end.
 */
#include "scheduling.h"

#include "domain.h"

/** A turn's length. */
#define SLICE_NS 10000000u

/** The number that was given out last. */
static int64_t turn;

/** When the turn of the current vCPU ends. */
static uint64_t turn_ends;

/** Whose turn it is; only compared, for it may be gone. */
static const struct vcpu *holder;

static void to_the_end(struct vcpu *v)
{
    v->scheduling.key = ++turn;
    queue_insert(v);
}

static void round_robin_wake(struct vcpu *v, uint64_t now)
{
    (void)now;
    to_the_end(v);
}

static void round_robin_sleep(struct vcpu *v, uint64_t now)
{
    (void)now;
    queue_remove(v);
}

/** Nobody owes anything. */
static void round_robin_charge(struct vcpu *v, uint64_t ran, uint64_t now)
{
    (void)v;
    (void)ran;
    (void)now;
}

static struct decision round_robin_pick(struct vcpu *current, uint64_t now)
{
    struct vcpu *v;

    if (current && current->scheduling.queued &&
        (current->scheduling.yielded || now >= turn_ends)) {
        queue_remove(current);
        to_the_end(current);
        holder = NULL;
    }
    v = queue_first();
    if (v && v != holder)
        turn_ends = now + SLICE_NS;
    holder = v;
    if (!v)
        return (struct decision){ NULL, 0 };
    return (struct decision){ v, turn_ends - now };
}

const struct policy policy_round_robin = {
    .name = "rr",
    .wake = round_robin_wake,
    .sleep = round_robin_sleep,
    .charge = round_robin_charge,
    .pick = round_robin_pick,
};
