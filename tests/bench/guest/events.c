/* SPDX-License-Identifier: MIT */
/**
 * @file events.c
 * Rows: sending events, to oneself, waiting for them, and a timer.
 *
 * A channel leads from a port of ours to another one of ours. The handler of
 * events (entry.asm) takes what is pending, lets events in again and goes back
 * by a plain iret, as kernels do that are not interrupted between the two.
 */
#include "measure.h"

#include <xen/event_channel.h>

#define RUNS 64u
#define ONE_HOUR_NS (3600ull * 1000000000ull)

/** How far ahead the alarm is set whose deadline is watched. */
#define AHEAD_NS 100000u

void event_plain(void);
void event_stamp(void);

/** The counter when the alarm's handler ran; 0 before. */
volatile uint32_t deadline_stamp;

static evtchn_port_t from, to;
static struct evtchn_send message;

static int32_t event(unsigned command, void *op)
{
    return hypercall_2(event_channel_op, command, op);
}

static void open_channel(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_bind_interdomain bind = { DOMID_SELF, 0, 0 };

    (void)event(EVTCHNOP_alloc_unbound, &alloc);
    to = bind.remote_port = alloc.port;
    (void)event(EVTCHNOP_bind_interdomain, &bind);
    from = bind.local_port;
    message.port = from;
}

static void set_callback(void (*handler)(void))
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { FLAT_KERNEL_CS, (unsigned long)handler },
    };

    (void)hypercall_2(callback_op, CALLBACKOP_register, &callback);
}

/** Nothing is pending; is the port masked, are events? */
static void before(bool port_masked, bool masked)
{
    shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
    for (unsigned i = 0; i < 32; i++) {
        shared_info->evtchn_pending[i] = 0;
        shared_info->evtchn_mask[i] = ~0ul;
    }
    if (!port_masked)
        shared_info->evtchn_mask[to / 32] = ~(1ul << to % 32);
    shared_info->vcpu_info[0].evtchn_pending_sel = 0;
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    shared_info->vcpu_info[0].evtchn_upcall_mask = masked;
}

/** The call's result; -1 if the event was not taken by the handler. */
static int32_t taken(int32_t result)
{
    return shared_info->vcpu_info[0].evtchn_upcall_pending ? -1 : result;
}

/** The time-stamp counter at a system time, by vCPU 0's page. */
static uint32_t counter_at(uint64_t time)
{
    const struct vcpu_time_info *t = &shared_info->vcpu_info[0].time;
    uint64_t cycles = ((time - t->system_time) << 32) / t->tsc_to_system_mul;

    cycles = t->tsc_shift >= 0 ? cycles >> t->tsc_shift
                               : cycles << -t->tsc_shift;
    return (uint32_t)(t->tsc_timestamp + cycles);
}

/** From the time that an alarm was set for to its handler, while the guest
 *  runs. Not MEASURE(): the start is no instruction of ours. */
static void deadline(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER };
    uint32_t best = ~0u;

    (void)event(EVTCHNOP_bind_virq, &bind);
    to = bind.port;
    set_callback(event_stamp);
    for (unsigned run = 0; run < RUNS; run++) {
        uint64_t at = system_time() + AHEAD_NS;
        int32_t result = hypercall_2(set_timer_op, (uint32_t)at,
                                     (uint32_t)(at >> 32));

        deadline_stamp = 0;
        before(false, false);
        __asm__ volatile(".globl bench_start_timer_deadline\n"
                         "bench_start_timer_deadline:\trdtsc\n"
                         "1:\tcmpl $0, deadline_stamp\n\tje 1b\n"
                         ".globl bench_end_timer_deadline\n"
                         "bench_end_timer_deadline:\trdtsc"
                         : : : "eax", "edx", "memory", "cc");
        best = bench_run("timer_deadline", best,
                         deadline_stamp - counter_at(at), result, 0);
    }
    bench_row("timer_deadline", best);
    set_callback(event_plain);
}

void bench_events(void)
{
    (void)shared_info_map();
    set_callback(event_plain); /* a port is told of as soon as it has another end */
    open_channel();
    MEASURE(send_masked, RUNS, before(true, true), 0,
            hypercall_2(event_channel_op, EVTCHNOP_send, &message));
    MEASURE(send_self, RUNS, before(false, false), 0,
            taken(hypercall_2(event_channel_op, EVTCHNOP_send, &message)));
    MEASURE(block_pending, RUNS,
            before(false, true);
            (void)event(EVTCHNOP_send, &message), 0,
            taken(hypercall_2(sched_op, SCHEDOP_block, 0)));
    before(true, true);
    /* An hour from the start: nothing will come of it. */
    MEASURE(set_timer, RUNS, , 0,
            hypercall_2(set_timer_op, (uint32_t)ONE_HOUR_NS,
                        (uint32_t)(ONE_HOUR_NS >> 32)));
    (void)hypercall_2(set_timer_op, 0, 0);
    deadline();
}
