/* SPDX-License-Identifier: MIT */
/**
 * @file vcpu_timers.c
 * @ingroup scheduling
 * The alarms of a vCPU. Each is an event when its time has come:
 *
 * | alarm       | set by                                  | tells          |
 * |-------------|-----------------------------------------|----------------|
 * | periodic    | vcpu_op; 10 ms at the start             | VIRQ_TIMER     |
 * | single-shot | vcpu_op, set_timer_op: real time        | VIRQ_TIMER     |
 * | virtual     | a call of our own: virtual time         | VIRQ_ARCH_0    |
 *
 * The single-shot alarm wakes a vCPU that sleeps. The other two are armed only
 * while it runs: of the virtual one that is the meaning, and a tick is a means
 * to share the processor among a guest's own threads. A guest that sleeps has
 * none, and a hundred guests that sleep cost nothing.
 *
 * Invariants:
 *  - ALARM-I1: the ticks that a vCPU missed while it did not run are one tick,
 *    at its switch-in (vcpu_timers_start()).
 *  - ALARM-I2: no alarm fires more often than once in PERIOD_LEAST_NS, or once
 *    for each call that sets it.
 *
 * Sources: [Xen2003] 3.3.2 "Time and timers"; [XenABI] xen/vcpu.h.
 */
#include "time.h"

#include "domain.h"

/** A tick's length that a guest may have, and what it has at the start. */
#define PERIOD_LEAST_NS (1ull * NS_PER_MS)
#define PERIOD_MOST_NS (UINT64_MAX >> 2)
#define PERIOD_AT_START_NS (10ull * NS_PER_MS)

/** The vCPU that a timer is part of. */
#define VCPU_OF(timer, which)                                                \
    ((struct vcpu *)((char *)(timer) - offsetof(struct vcpu, timers.which)))

static void periodic_fire(struct timer *t)
{
    struct vcpu *v = VCPU_OF(t, periodic);
    ns_t now = time_now();

    v->timers.last_tick = t->at;
    if (now - t->at >= v->timers.period) /* so late: no tick for each */
        v->timers.last_tick = now;
    timer_set(t, v->timers.last_tick + v->timers.period);
    event_raise_virq(v, VIRQ_TIMER);
}

static void single_fire(struct timer *t)
{
    event_raise_virq(VCPU_OF(t, single), VIRQ_TIMER);
}

static void virtual_fire(struct timer *t)
{
    struct vcpu *v = VCPU_OF(t, virtual);

    v->timers.virtual_at = 0;
    event_raise_virq(v, VIRQ_VIRTUAL_ALARM);
}

/** How long the vCPU has run. */
static ns_t virtual_time(const struct vcpu *v)
{
    struct vcpu_runstate_info r;

    runstate_get(v, &r);
    return r.time[RUNSTATE_running];
}

/** Set the virtual alarm's timer; the vCPU runs. */
static void arm_virtual(struct vcpu *v)
{
    ns_t ran = virtual_time(v), at = v->timers.virtual_at, now = time_now();
    ns_t left = at > ran ? at - ran : 0;

    if (at != 0)
        timer_set(&v->timers.virtual,
                  left < NS_NEVER - now ? now + left : NS_NEVER);
}

/** Set the periodic alarm's timer; the vCPU runs. */
static void arm_periodic(struct vcpu *v)
{
    ns_t now = time_now();

    if (v->timers.period == 0)
        return;
    if (now - v->timers.last_tick >= v->timers.period) {
        v->timers.last_tick = now;
        event_raise_virq(v, VIRQ_TIMER);
    }
    timer_set(&v->timers.periodic, v->timers.last_tick + v->timers.period);
}

/**
 * A new vCPU: ticks every 10 ms from when it runs, no other alarm.
 *
 * @param v  A new vCPU, not queued yet.
 * @context{boot}
 */
void vcpu_timers_init(struct vcpu *v)
{
    v->timers = (struct vcpu_timers){
        .periodic.fire = periodic_fire,
        .single.fire = single_fire,
        .virtual.fire = virtual_fire,
        .period = PERIOD_AT_START_NS,
        .last_tick = time_now(),
    };
}

/**
 * The vCPU runs from now on; see ALARM-I1.
 *
 * @param v  The vCPU that is switched to.
 * @context{any}
 */
void vcpu_timers_start(struct vcpu *v)
{
    arm_periodic(v);
    arm_virtual(v);
}

/**
 * The vCPU does not run any more.
 *
 * @param v  The vCPU that is switched away from.
 * @context{any}
 */
void vcpu_timers_stop(struct vcpu *v)
{
    timer_cancel(&v->timers.periodic);
    timer_cancel(&v->timers.virtual);
}

/**
 * The vCPU never runs again: none of its timers is in the queue.
 *
 * @param v  A vCPU that is down for ever.
 * @context{exit}
 */
void vcpu_timers_destroy(struct vcpu *v)
{
    vcpu_timers_stop(v);
    timer_cancel(&v->timers.single);
}

/** Is it the one that runs? */
static bool runs(const struct vcpu *v)
{
    return v->time.runstate.state == RUNSTATE_running;
}

/**
 * Set the periodic alarm.
 *
 * @param v       Any vCPU.
 * @param period  In ns; 0 stops it.
 * @context{hypercall}
 * @retval 0        done: the first tick comes in one period.
 * @retval -EINVAL  shorter than 1 ms, or longer than 2^62 ns.
 */
int vcpu_periodic_set(struct vcpu *v, ns_t period)
{
    if (period != 0 && (period < PERIOD_LEAST_NS || period > PERIOD_MOST_NS))
        return -EINVAL;
    timer_cancel(&v->timers.periodic);
    v->timers.period = period;
    v->timers.last_tick = time_now();
    if (runs(v))
        arm_periodic(v);
    return 0;
}

/**
 * Set the single-shot alarm; what it was set to before is forgotten.
 *
 * @param v    Any vCPU.
 * @param at   System time. If it has passed, the event happens in this call.
 * @param now  The time, time_now(): callers have looked already.
 * @context{hypercall}
 */
void vcpu_single_set(struct vcpu *v, ns_t at, ns_t now)
{
    if (at > now) {
        timer_set(&v->timers.single, at);
        return;
    }
    timer_cancel(&v->timers.single);
    event_raise_virq(v, VIRQ_TIMER);
}

/**
 * Forget the single-shot alarm.
 *
 * @param v  Any vCPU, also one that has none set.
 * @context{hypercall}
 */
void vcpu_single_stop(struct vcpu *v)
{
    timer_cancel(&v->timers.single);
}

/**
 * Set the virtual alarm; what it was set to before is forgotten.
 *
 * @param v   The vCPU that runs.
 * @param at  The virtual time of the alarm: how long it will have run. If it
 *            has passed, the event happens in this call; 0: no alarm.
 * @context{hypercall}
 */
void vcpu_virtual_alarm_set(struct vcpu *v, ns_t at)
{
    timer_cancel(&v->timers.virtual);
    v->timers.virtual_at = at;
    if (at != 0 && at <= virtual_time(v))
        virtual_fire(&v->timers.virtual);
    else
        arm_virtual(v);
}
