/* SPDX-License-Identifier: MIT */
/**
 * @file timers.c
 * @page conformance_timers Conformance: timers
 * Property: the single-shot timer, set by set_timer_op or vcpu_op, and the
 * periodic one raise VIRQ_TIMER when they should, and not before; each can be
 * set again and stopped; wrong arguments have their own errors.
 * Source: the interface; the observed answers.
 * Method: the timer's port is masked, so that only its pending bit tells;
 * waiting is reading the clock.
 */
#include "check.h"
#include "clock.h"

#include <xen/event_channel.h>
#include <xen/vcpu.h>

static int32_t set_timer(uint64_t at)
{
    return hypercall_2(set_timer_op, at, at >> 32);
}

/** After a while: has the timer's event come? */
static uint32_t after(uint64_t ns)
{
    clock_spin(ns);
    return alarm_came();
}

static int32_t single(unsigned vcpu, uint64_t at, uint32_t flags)
{
    struct vcpu_set_singleshot_timer op = { at, flags };

    return hypercall_3(vcpu_op, VCPUOP_set_singleshot_timer, vcpu, &op);
}

static int32_t periodic(unsigned vcpu, uint64_t ns)
{
    struct vcpu_set_periodic_timer op = { ns };

    return hypercall_3(vcpu_op, VCPUOP_set_periodic_timer, vcpu, &op);
}

static int32_t op(unsigned cmd, unsigned vcpu)
{
    return hypercall_3(vcpu_op, cmd, vcpu, 0);
}

static void by_set_timer_op(void)
{
    CHECK("set_timer_op.0", 0, set_timer(0));
    CHECK("set_timer_op.0.none", 0, after(3 * MS));
    CHECK("set_timer_op.past", 0, set_timer(1));
    CHECK("set_timer_op.past.seen_at_return", 1, alarm_came());
    CHECK("set_timer_op.past.once", 0, after(3 * MS));
    CHECK("set_timer_op.soon", 0, set_timer(clock_now() + 2 * MS));
    CHECK("set_timer_op.soon.not_early", 0, after(1 * MS));
    CHECK("set_timer_op.soon.in_time", 1, after(2 * MS));
    CHECK("set_timer_op.soon.once", 0, after(5 * MS));
    CHECK("set_timer_op.cancelled", 0, set_timer(clock_now() + 2 * MS));
    CHECK("set_timer_op.cancelled_by_0", 0, set_timer(0));
    CHECK("set_timer_op.cancelled.none", 0, after(4 * MS));
    CHECK("set_timer_op.replaced", 0, set_timer(clock_now() + 2 * MS));
    CHECK("set_timer_op.replaced_by_later", 0, set_timer(clock_now() + 8 * MS));
    CHECK("set_timer_op.replaced.not_early", 0, after(5 * MS));
    CHECK("set_timer_op.replaced.in_time", 1, after(5 * MS));
    CHECK("set_timer_op.minus_1", 0, set_timer(~0ull));
    CHECK("set_timer_op.minus_1.after_3ms", 0, after(3 * MS));
    CHECK("set_timer_op.minus_1.after_150ms", 1, after(147 * MS));
    CHECK("set_timer_op.far", 0, set_timer(clock_now() + (1ull << 50) + MS));
    CHECK("set_timer_op.far.after_3ms", 0, after(3 * MS));
    CHECK("set_timer_op.far.after_150ms", 1, after(147 * MS));
    CHECK("set_timer_op.not_far", 0,
          set_timer(clock_now() + (1ull << 50) - 1000 * MS));
    CHECK("set_timer_op.not_far.after_150ms", 0, after(150 * MS));
}

static void by_vcpu_op(void)
{
    CHECK("vcpu.set_singleshot.0", 0, single(0, 0, 0));
    CHECK("vcpu.set_singleshot.0.pending", 1, alarm_came());
    CHECK("vcpu.set_singleshot.soon", 0, single(0, clock_now() + 2 * MS, 0));
    CHECK("vcpu.set_singleshot.soon.not_early", 0, after(1 * MS));
    CHECK("vcpu.set_singleshot.soon.in_time", 1, after(2 * MS));
    CHECK("vcpu.set_singleshot.future_past", 0,
          single(0, 1, VCPU_SSHOTTMR_future));
    CHECK("vcpu.set_singleshot.future_past.pending", 1, alarm_came());
    CHECK("vcpu.set_singleshot.stopped", 0, single(0, clock_now() + 2 * MS, 0));
    CHECK("vcpu.stop_singleshot", 0, op(VCPUOP_stop_singleshot_timer, 0));
    CHECK("vcpu.stop_singleshot.none", 0, after(4 * MS));
    CHECK("vcpu.set_singleshot.then_timer_op", 0,
          single(0, clock_now() + 2 * MS, 0));
    CHECK("vcpu.set_singleshot.stopped_by_set_timer_op", 0, set_timer(0));
    CHECK("vcpu.set_singleshot.stopped_by_set_timer_op.none", 0,
          after(4 * MS));
    CHECK("vcpu.set_singleshot.other_vcpu", -XEN_EINVAL, single(1, 0, 0));
    CHECK("vcpu.set_singleshot.null", -XEN_EFAULT,
          op(VCPUOP_set_singleshot_timer, 0));
    CHECK("vcpu.set_singleshot.xen_range", -XEN_EFAULT,
          hypercall_3(vcpu_op, VCPUOP_set_singleshot_timer, 0, IN_XEN_RANGE));
    CHECK("vcpu.stop_singleshot.other_vcpu", -XEN_EINVAL,
          op(VCPUOP_stop_singleshot_timer, 1));
}

static void ticks(void)
{
    CHECK("vcpu.set_periodic.under_1ms", -XEN_EINVAL, periodic(0, MS - 1));
    CHECK("vcpu.set_periodic.0", -XEN_EINVAL, periodic(0, 0));
    CHECK("vcpu.set_periodic.max", -XEN_EINVAL, periodic(0, ~0ull));
    CHECK("vcpu.set_periodic.null", -XEN_EFAULT,
          op(VCPUOP_set_periodic_timer, 0));
    CHECK("vcpu.set_periodic.refused.none", 0, after(3 * MS));
    CHECK("vcpu.set_periodic.2ms", 0, periodic(0, 2 * MS));
    CHECK("vcpu.set_periodic.2ms.not_early", 0, after(1 * MS));
    for (unsigned i = 0; i < 5; i++)
        CHECK("vcpu.set_periodic.2ms.each", 1, after(2 * MS));
    CHECK("vcpu.set_periodic.single_besides", 0, set_timer(1));
    CHECK("vcpu.set_periodic.single_besides.pending", 1, alarm_came());
    CHECK("vcpu.stop_periodic", 0, op(VCPUOP_stop_periodic_timer, 0));
    (void)alarm_came();
    CHECK("vcpu.stop_periodic.none", 0, after(5 * MS));
    CHECK("vcpu.stop_periodic.twice", 0, op(VCPUOP_stop_periodic_timer, 0));
    CHECK("vcpu.set_periodic.other_vcpu", 0, periodic(1, 10 * MS));
    CHECK("vcpu.stop_periodic.other_vcpu", 0,
          op(VCPUOP_stop_periodic_timer, 1));
}

/** From the start of day on there is a tick every 10 ms. */
static void first_ticks(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct evtchn_close close;

    hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &bind);
    clock_spin(11 * MS);
    CHECK("vcpu.periodic.10ms_at_start", 1,
          shared_info->evtchn_pending[bind.port / 32] >> bind.port % 32 & 1);
    close.port = bind.port;
    hypercall_2(event_channel_op, EVTCHNOP_close, &close);
}

void family(void)
{
    for (unsigned i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = ~0u;
    first_ticks();
    alarm_ready();
    by_set_timer_op();
    by_vcpu_op();
    ticks();
}
