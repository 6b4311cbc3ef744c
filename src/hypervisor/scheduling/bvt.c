/* SPDX-License-Identifier: MIT */
/**
 * @file bvt.c
 * @ingroup scheduling
 * Exercise 6.3: Borrowed Virtual Time, the paper's policy.
 *
 * Each vCPU has a clock of its own that goes on while it runs: its *actual
 * virtual time* A. The heavier the domain's weight, the slower the clock. Who
 * is behind runs; so all clocks stay together, and the times that the vCPUs
 * ran are as their weights.
 *
 *     A += ran * advance          advance = ADVANCE_UNIT / weight
 *     E  = A - warp               what it borrows: exercise 6.4, warp.c
 *     run the least E
 *
 * *Scheduler virtual time* (SVT) is the least A of those that can run. Who
 * wakes begins there at the earliest: time slept is not time saved up.
 *
 * To switch at every crossing of two clocks would be to switch all the time.
 * So the one that runs may get ahead of the next by the *context-switch
 * allowance* C, in real time:
 *
 *     A |            i ....../|         i runs, until its E is ahead of j's by
 *       |          . .     /  |         C * advance(i): a slice of
 *       |        .    .  /    |
 *       |      j ......X      | C         (E(j) - E(i)) / advance(i) + C
 *       +------------------------> t
 *
 * Virtual times are 64-bit and signed; before the least of them leaves the
 * range that leaves room for a slice and a warp, all are moved back together.
 *
 *  - SCHED-I5  A vCPU that can run has A >= SVT, and SVT never falls but for
 *    such a move.
 *
 * Sources: [BVT1999]; [Xen2003] 3.3.1 "CPU Scheduling".
 */
#include "scheduling.h"

#include "domain.h"

/** Virtual time of a vCPU with this weight goes as fast as that of one without
 *  a weight of its own. */
#define ADVANCE_UNIT ((uint64_t)SCHED_DEFAULT_WEIGHT << VIRTUAL_SHIFT)

/** When SVT gets here, all virtual times are moved back by it: with weight 1,
 *  after eight seconds. */
#define VIRTUAL_LIMIT ((int64_t)1 << 61)

/** More than any slice; a longer time cannot be charged at once. */
#define CHARGE_MAX_NS 4000000000u

/** The longest slice, and what there is left when somebody just woke. */
#define SLICE_MAX_NS 1000000000u
#define SLICE_MIN_NS 10000u

static int64_t scheduler_virtual_time;

/**
 * By how much a vCPU's virtual time goes on in a nanosecond.
 *
 * @param v  Its domain's weight is 1 to SCHED_MAX_WEIGHT, so that rounding is
 *           at most an eight-thousandth of the result.
 * @context{any}
 * @return at least 1, in the unit of `key`.
 */
int64_t bvt_advance(const struct vcpu *v)
//@solution 6.3 -- (void)v; return 1;
{
    uint32_t weight = v->domain->sched.weight;

    return (int64_t)((ADVANCE_UNIT + weight / 2) / weight);
}
//@end

/**
 * Set scheduler virtual time to the least A of those that can run.
 *
 * The queue is in the order of E, and E is never more than A: so the search
 * ends at the first E that is not below the least A found.
 *
 * @context{any}
 */
void bvt_update_svt(void)
//@solution 6.3 --
{
    int64_t least = INT64_MAX;

    for (const struct vcpu *v = queue_first();
         v && v->scheduling.key < least; v = v->scheduling.next)
        if (v->scheduling.virtual_time < least)
            least = v->scheduling.virtual_time;
    if (least != INT64_MAX && least > scheduler_virtual_time)
        scheduler_virtual_time = least;
}
//@end

/** Put a vCPU where its E belongs. */
static void enqueue(struct vcpu *v, uint64_t now)
{
    v->scheduling.key = v->scheduling.virtual_time - warp_of(v, now);
    queue_insert(v);
}

/**
 * A vCPU can run from now on. What the others ran is charged already.
 *
 * @param v    Not in the queue.
 * @param now  In ns.
 * @context{any}
 */
void bvt_wake(struct vcpu *v, uint64_t now)
//@solution 6.3 -- (void)v; (void)now;
{
    bvt_update_svt();
    if (v->scheduling.virtual_time < scheduler_virtual_time)
        v->scheduling.virtual_time = scheduler_virtual_time;
    enqueue(v, now);
}
//@end

static void bvt_sleep(struct vcpu *v, uint64_t now)
{
    (void)now;
    queue_remove(v);
}

/**
 * Charge what a vCPU ran.
 *
 * @param v    In the queue or not.
 * @param ran  ns since it was charged last.
 * @param now  In ns.
 * @context{any}
 */
void bvt_charge(struct vcpu *v, uint64_t ran, uint64_t now)
//@solution 6.3 -- (void)v; (void)ran; (void)now;
{
    if (ran > CHARGE_MAX_NS)
        ran = CHARGE_MAX_NS;
    v->scheduling.virtual_time += (int64_t)ran * bvt_advance(v);
    warp_charge(v, ran, now);
    if (!v->scheduling.queued)
        return;
    queue_remove(v);
    enqueue(v, now);
}
//@end

/** Move one vCPU's virtual time back. What would fall below 0 sleeps, and gets
 *  SVT when it wakes. */
static void move_back(struct vcpu *v)
{
    v->scheduling.key -= VIRTUAL_LIMIT;
    v->scheduling.virtual_time -= VIRTUAL_LIMIT;
    if (v->scheduling.virtual_time < 0)
        v->scheduling.virtual_time = 0;
}

/** Keep virtual times in their range. */
static void bvt_normalise(void)
{
    if (scheduler_virtual_time < VIRTUAL_LIMIT)
        return;
    scheduler_virtual_time -= VIRTUAL_LIMIT;
    for (struct domain *d = domain_first(); d; d = d->next)
        for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++)
            if (d->vcpu[i])
                move_back(d->vcpu[i]);
}

/**
 * Whose turn is it, of the first in the queue and the one that runs?
 *
 * The one that runs goes on until it is ahead of the first by the allowance;
 * one that yields lets the next go first, if that one is not itself ahead by
 * the allowance.
 *
 * @param current  In the queue, or NULL.
 * @context{any}
 * @return the one to run next; NULL if the queue is empty.
 */
struct vcpu *bvt_choose(struct vcpu *current)
//@solution 6.3 -- (void)current; return queue_first();
{
    struct vcpu *first = queue_first(), *next;
    int64_t allowance;

    if (!current)
        return first;
    allowance = (int64_t)sched_tuning.allowance_ns * bvt_advance(current);
    if (!current->scheduling.yielded)
        return current->scheduling.key < first->scheduling.key + allowance
                   ? current : first;
    next = first == current ? first->scheduling.next : first;
    return next && next->scheduling.key < current->scheduling.key + allowance
               ? next : current;
}
//@end

/**
 * How long may a vCPU run, until its E is ahead of the others' by C?
 *
 * @param v     In the queue.
 * @context{any}
 * @return ns, at most SLICE_MAX_NS.
 */
uint64_t bvt_slice(const struct vcpu *v)
//@solution 6.3 -- (void)v; return SLICE_MIN_NS;
{
    const struct vcpu *other = queue_first();
    int64_t slice;

    if (other == v)
        other = v->scheduling.next;
    if (!other)
        return SLICE_MAX_NS;
    slice = (other->scheduling.key - v->scheduling.key) / bvt_advance(v) +
            (int64_t)sched_tuning.allowance_ns;
    if (slice < SLICE_MIN_NS)
        return SLICE_MIN_NS;
    return slice < SLICE_MAX_NS ? (uint64_t)slice : SLICE_MAX_NS;
}
//@end

static struct decision bvt_pick(struct vcpu *current, uint64_t now)
{
    struct decision next = { NULL, 0 };
    uint64_t warped;

    if (current && !current->scheduling.queued)
        current = NULL;
    if (!queue_first())
        return next;
    bvt_update_svt();
    bvt_normalise();
    next.vcpu = bvt_choose(current);
    next.slice = bvt_slice(next.vcpu);
    warped = warp_left(next.vcpu, now);
    if (warped < next.slice)
        next.slice = warped;
    return next;
}

const struct policy policy_bvt = {
    .name = "bvt",
    .wake = bvt_wake,
    .sleep = bvt_sleep,
    .charge = bvt_charge,
    .pick = bvt_pick,
};
