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

void event_plain(void);

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

static void set_callback(void)
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { FLAT_KERNEL_CS, (unsigned long)event_plain },
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

void bench_events(void)
{
    (void)shared_info_map();
    set_callback(); /* a port is told of as soon as it has another end */
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
}
