/* SPDX-License-Identifier: MIT */
/**
 * @file queue.c
 * @ingroup scheduling
 * Exercise 6.5: many domains. The run queue: every vCPU that can run, the one
 * that runs among them, in the order of a key that the policy chooses.
 *
 * Who has just run has the largest key or nearly so, if all weigh about the
 * same. Hence a list that is searched from its end, and not a heap: most
 * insertions look at one or two. A vCPU that weighs much more than others goes
 * back nearer to the front, and pays for the search with its own time
 * (schedule.c).
 *
 *  - SCHED-I1  A vCPU is in the queue exactly while vcpu_scheduling.queued is
 *    set, and keys never fall from the queue's first to its last.
 *
 * Source: [Xen2003] 3.3.1 "CPU Scheduling".
 */
#include "scheduling.h"

#include "domain.h"

static struct vcpu *first, *last;

/**
 * Look at the queue's front.
 *
 * @context{any}
 * @return the one with the least key, the longest in the queue among equals;
 *         NULL if nobody can run.
 * @ingroup scheduling
 */
struct vcpu *queue_first(void)
{
    return first;
}

/**
 * Put a vCPU behind all whose key is not greater than its own.
 *
 * @param v  Not in the queue; its key is set.
 * @context{any}
 * @note  Looks at those whose key is greater, from the end.
 */
void queue_insert(struct vcpu *v)
//@solution 6.5 -- (void)v; (void)last;
{
    struct vcpu *before = last, *after;

    while (before && before->scheduling.key > v->scheduling.key)
        before = before->scheduling.previous;
    after = before ? before->scheduling.next : first;
    v->scheduling.previous = before;
    v->scheduling.next = after;
    *(before ? &before->scheduling.next : &first) = v;
    *(after ? &after->scheduling.previous : &last) = v;
}
//@end

/**
 * Take a vCPU out.
 *
 * @param v  In the queue.
 * @context{any}
 */
void queue_remove(struct vcpu *v)
//@solution 6.5 -- (void)v;
{
    struct vcpu *before = v->scheduling.previous;
    struct vcpu *after = v->scheduling.next;

    *(before ? &before->scheduling.next : &first) = after;
    *(after ? &after->scheduling.previous : &last) = before;
    v->scheduling.next = v->scheduling.previous = NULL;
}
//@end
