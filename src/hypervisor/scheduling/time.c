/* SPDX-License-Identifier: MIT */
/**
 * @file time.c
 * Exercise 6.2: cycles into nanoseconds, the page from which guests read the
 * time, the sums of run states, and the queue of timers. No device and no
 * hypervisor state is touched here: all is in the arguments.
 *
 * The queue is a *skew heap*: a binary tree in which no timer is earlier than
 * its parent. All there is to it is merging two of them, which follows the
 * later children downwards and swaps the two sides behind it. Nothing is kept
 * about balance, and yet each operation takes about log2(n) steps, averaged
 * over any sequence of them. A tree of pointers needs no memory beside the
 * timers, so that setting one cannot fail.
 *
 *         30                      merge() with 40:
 *        /  \                        30
 *      50    35      -->            /  \
 *            /                    35    50
 *          60                    /  \
 *                              40    60
 *
 * Invariants:
 *  - TIME-I1: a time that a guest computes from its page never exceeds ours,
 *    and never goes back when the page is written anew: time_scaled() rounds
 *    down, and does not shrink when its argument grows.
 *  - TIME-I2: while a page's fields change, its version is odd, and no two
 *    contents have the same version (time_page_write()).
 *  - TIME-I3: the four times of a run state add up to its age
 *    (runstate_account()).
 *  - TIME-I4: no timer of a queue is earlier than its parent (merge()).
 *
 * Sources: the interface's vcpu_time_info; [XenABI] xen/vcpu.h; Sleator and
 * Tarjan, "Self-Adjusting Heaps" (1986).
 *
 * @ingroup scheduling
 */
#include "time.h"

#include "arch_divide.h"

/**
 * Find the two numbers that turn cycles into nanoseconds.
 *
 * @param hz  Cycles a second, 1 or more.
 * @context{boot}
 * @return `shift` such that the rate, shifted, is above 10^9 and at most
 *         2 * 10^9; `mul` 2^32 times 10^9, divided by that rate.
 * @par Source
 * The interface's vcpu_time_info.
 */
struct time_scale time_scale_of(uint64_t hz)
//@solution 6.2 -- (void)hz; return (struct time_scale){ 0, 0 };
{
    struct time_scale scale = { .shift = 0 };

    while (hz > 2ull * NS_PER_S) {
        hz >>= 1;
        scale.shift--;
    }
    while (hz <= NS_PER_S) {
        hz <<= 1;
        scale.shift++;
    }
    scale.mul = (uint32_t)arch_divide((uint64_t)NS_PER_S << 32, (uint32_t)hz);
    return scale;
}
//@end

/**
 * Turn cycles into nanoseconds, rounding down.
 *
 * @param scale   From time_scale_of().
 * @param cycles  Such that the result fits in 64 bits: five centuries.
 * @context{any}
 * @return nanoseconds.
 */
uint64_t time_scaled(struct time_scale scale, uint64_t cycles)
//@solution 6.2 -- (void)scale; (void)cycles; return 0;
{
    if (scale.shift >= 0)
        cycles <<= scale.shift;
    else
        cycles >>= -scale.shift;
    /* 64 times 32 bits: the product has 96, of which the lowest 32 go. */
    return (cycles >> 32) * scale.mul +
           ((cycles & 0xFFFFFFFFu) * scale.mul >> 32);
}
//@end

/**
 * Show a guest new values, so that a reader who is interrupted by us notices
 * that what it read does not belong together (TIME-I2).
 *
 * @param page     What the guest reads. It may also write there: nothing is
 *                 read back.
 * @param version  The page's version, kept by the caller where no guest
 *                 writes: even; it goes up by 2.
 * @param values   The fields; its own version and padding are not used.
 * @context{any}
 */
void time_page_write(struct vcpu_time_info *page, uint32_t *version,
                     const struct vcpu_time_info *values)
//@solution 6.2 -- (void)page; (void)version; (void)values;
{
    __atomic_store_n(&page->version, *version + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    page->tsc_timestamp = values->tsc_timestamp;
    page->system_time = values->system_time;
    page->tsc_to_system_mul = values->tsc_to_system_mul;
    page->tsc_shift = values->tsc_shift;
    page->flags = values->flags;
    *version += 2;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&page->version, *version, __ATOMIC_RELAXED);
}
//@end

/**
 * Close a state's stretch of time and open another's.
 *
 * @param r      The run states of one vCPU.
 * @param state  RUNSTATE_*; may be the same as before.
 * @param now    Not before r->state_entry_time.
 * @context{any}
 */
void runstate_account(struct vcpu_runstate_info *r, unsigned state, ns_t now)
//@solution 6.2 -- (void)r; (void)state; (void)now;
{
    r->time[r->state] += now - r->state_entry_time;
    r->state_entry_time = now;
    r->state = (int)state;
}
//@end

//@solution-helper 6.2
/** Merge two heaps, of which either may be empty; the root has no parent. */
static struct timer *merge(struct timer *a, struct timer *b)
{
    struct timer *root = NULL, *parent = NULL, **link = &root;

    while (a && b) {
        struct timer *earlier = b->at < a->at ? b : a;

        b = earlier == a ? b : a;
        *link = earlier;
        earlier->parent = parent;
        a = earlier->child[1];
        earlier->child[1] = earlier->child[0];
        link = &earlier->child[0];
        parent = earlier;
    }
    *link = a ? a : b;
    if (*link)
        (*link)->parent = parent;
    return root;
}
//@end

/**
 * Put a timer into a queue.
 *
 * @param q  Any queue.
 * @param t  In no queue; `at` says when.
 * @context{any}
 */
void timer_queue_insert(struct timer_queue *q, struct timer *t)
//@solution 6.2 -- (void)q; (void)t;
{
    t->child[0] = t->child[1] = NULL;
    t->queued = true;
    q->first = merge(q->first, t);
}
//@end

/**
 * Take a timer out of its queue.
 *
 * @param q  The queue that it is in.
 * @param t  Any of its timers.
 * @context{any}
 */
void timer_queue_remove(struct timer_queue *q, struct timer *t)
//@solution 6.2 -- (void)q; (void)t;
{
    struct timer *parent = t->parent;
    struct timer *rest = merge(t->child[0], t->child[1]);

    if (!parent)
        q->first = rest;
    else
        parent->child[parent->child[1] == t] = rest;
    if (rest)
        rest->parent = parent;
    t->queued = false;
}
//@end
