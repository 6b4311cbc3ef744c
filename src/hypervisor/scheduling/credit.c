/* SPDX-License-Identifier: MIT */
/**
 * @file credit.c
 * @ingroup scheduling
 * The credit policy, after Xen's: what later releases had in BVT's place.
 *
 * Every 30 ms each domain that had something to do gets credit in proportion
 * to its weight, in all as much as the processor has time; running spends it.
 * Who has credit (*under* its share) goes before who has none (*over*), each
 * in turn; a vCPU that wakes with credit goes before all, until it has run for
 * a tick. A domain may have a *cap*: more than that percentage of the processor
 * it does not get, even if nobody else wants it.
 *
 * Time is charged as it was run, not to whoever is there when a tick comes: a
 * guest cannot hide from ticks.
 *
 *  - SCHED-I6  Credit stays between a period's debt and a period: so who slept
 *    has saved up little, and who ran while nobody else wanted to is not
 *    punished for long.
 *
 * Sources: [Xen2003] 3.3.1 "CPU Scheduling", the generic interface; the policy
 * is that of Xen's later releases.
 */
#include "scheduling.h"

#include "domain.h"

#define TICK_NS 10000000
#define PERIOD_NS (3 * TICK_NS)
#define SLICE_NS PERIOD_NS

/** Classes; in the queue's key, above the number of the turn. */
enum { CLASS_BOOST, CLASS_UNDER, CLASS_OVER, CLASS_PARKED };
#define CLASS_SHIFT 48

static uint64_t next_period;
static int64_t turn;

static bool has_cap(const struct vcpu *v)
{
    return v->domain->sched.cap != 0;
}

static int64_t cap_ns(const struct domain *d)
{
    return (int64_t)d->sched.cap * (PERIOD_NS / 100);
}

static int64_t class_of(const struct vcpu *v)
{
    if (has_cap(v) && v->domain->cap_left_ns <= 0)
        return CLASS_PARKED;
    if (v->scheduling.boost_ns > 0)
        return CLASS_BOOST;
    return v->scheduling.credit_ns > 0 ? CLASS_UNDER : CLASS_OVER;
}

static int64_t queued_class(const struct vcpu *v)
{
    return v->scheduling.key >> CLASS_SHIFT;
}

/** Stand at the end of one's class. */
static void enqueue(struct vcpu *v)
{
    v->scheduling.key = (class_of(v) << CLASS_SHIFT) + ++turn;
    v->scheduling.turn_ns = 0;
    queue_insert(v);
}

static void requeue(struct vcpu *v)
{
    queue_remove(v);
    enqueue(v);
}

static void credit_wake(struct vcpu *v, uint64_t now)
{
    (void)now;
    v->scheduling.active = true;
    v->scheduling.boost_ns = v->scheduling.credit_ns > 0 ? TICK_NS : 0;
    enqueue(v);
}

static void credit_sleep(struct vcpu *v, uint64_t now)
{
    (void)now;
    queue_remove(v);
}

static void credit_charge(struct vcpu *v, uint64_t ran, uint64_t now)
{
    struct vcpu_scheduling *s = &v->scheduling;

    (void)now;
    s->credit_ns -= (int64_t)ran;
    s->boost_ns -= s->boost_ns > (int64_t)ran ? (int64_t)ran : s->boost_ns;
    s->turn_ns += ran;
    if (has_cap(v))
        v->domain->cap_left_ns -= (int64_t)ran;
    if (s->queued && class_of(v) != queued_class(v))
        requeue(v);
}

/** How many vCPUs of a domain had something to do. */
static unsigned nr_active(const struct domain *d)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++)
        nr += d->vcpu[i] && d->vcpu[i]->scheduling.active;
    return nr;
}

/** Give a vCPU its part of a period; it can save up, or owe, one whole period:
 *  with many vCPUs a turn is longer than a share, and they wait for long. */
static void grant_to(struct vcpu *v, int64_t ns)
{
    struct vcpu_scheduling *s = &v->scheduling;

    s->credit_ns += ns;
    if (s->credit_ns > PERIOD_NS)
        s->credit_ns = PERIOD_NS;
    if (s->credit_ns < -PERIOD_NS)
        s->credit_ns = -PERIOD_NS;
    s->active = s->queued;
    if (s->queued && class_of(v) != queued_class(v))
        requeue(v);
}

static void grant_to_domain(struct domain *d, uint64_t all_weights)
{
    unsigned nr = nr_active(d);
    int64_t share;

    d->cap_left_ns += cap_ns(d);
    if (d->cap_left_ns > cap_ns(d))
        d->cap_left_ns = cap_ns(d);
    if (nr == 0)
        return;
    share = (int64_t)((uint64_t)PERIOD_NS * d->sched.weight / all_weights /
                      nr);
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++)
        if (d->vcpu[i] && d->vcpu[i]->scheduling.active)
            grant_to(d->vcpu[i], share);
}

/** One period is over. */
static void account(void)
{
    uint64_t all_weights = 0;

    for (struct domain *d = domain_first(); d; d = d->next)
        if (nr_active(d) > 0)
            all_weights += d->sched.weight;
    for (struct domain *d = domain_first(); d; d = d->next)
        grant_to_domain(d, all_weights);
}

/** Account for the periods that have passed; for one, if it was long. */
static void account_periods(uint64_t now)
{
    if (now < next_period)
        return;
    account();
    next_period += PERIOD_NS;
    if (next_period <= now)
        next_period = now + PERIOD_NS;
}

static struct decision credit_pick(struct vcpu *current, uint64_t now)
{
    struct vcpu_scheduling *s = current ? &current->scheduling : NULL;
    uint64_t slice;
    struct vcpu *v;

    account_periods(now);
    if (s && s->queued && (s->yielded || s->turn_ns >= SLICE_NS))
        requeue(current);
    v = queue_first();
    if (!v)
        return (struct decision){ NULL, 0 };
    slice = next_period - now < TICK_NS ? next_period - now : TICK_NS;
    if (queued_class(v) == CLASS_PARKED)
        return (struct decision){ NULL, slice };
    if (s && s->queued && queued_class(current) == queued_class(v))
        v = current;
    if (has_cap(v) && (uint64_t)v->domain->cap_left_ns < slice)
        slice = (uint64_t)v->domain->cap_left_ns;
    return (struct decision){ v, slice };
}

const struct policy policy_credit = {
    .name = "credit",
    .wake = credit_wake,
    .sleep = credit_sleep,
    .charge = credit_charge,
    .pick = credit_pick,
};
