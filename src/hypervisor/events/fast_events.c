/* SPDX-License-Identifier: MIT */
/**
 * @file fast_events.c
 * @ingroup events
 * The short ways of events: sending one, being told of one, and blocking when
 * there is one already.
 *
 * All three are the plain ones (send.c, upcall.c, hypercall/sched_op.c) for the
 * common case. EV-I7 and EV-I8 hold: an upcall masks, and the exit path asks
 * again after it.
 *
 * Used with the hypervisor's option `fast` (hypercall/fast.c).
 *
 * Sources: [XenABI] xen/event_channel.h, EVTCHNOP_send; xen/sched.h,
 * SCHEDOP_block.
 */
#include "events.h"

#include "arch_guest.h"
#include "fast_bounce.h"
#include "fast_events.h"
#include "scheduling.h"

#define WORD_BITS 32u

/** Set a bit that the guest shares; whether it was set before. */
static inline bool test_and_set(xen_ulong_t *words, uint32_t bit)
{
    xen_ulong_t mask = (xen_ulong_t)1 << bit % WORD_BITS;

    return __atomic_fetch_or(&words[bit / WORD_BITS], mask,
                             __ATOMIC_SEQ_CST) & mask;
}

/** Have the port's vCPU look at the port's word. The running one is awake. Not
 *  inline: sending to a masked port then needs fewer registers. */
__attribute__((noinline)) static void tell(struct domain *d, uint32_t port)
{
    const struct event_port *bucket =
        d->events.bucket[port / EVENT_BUCKET_PORTS];
    struct vcpu *v = d->vcpu[bucket[port % EVENT_BUCKET_PORTS].vcpu];

    if (!v || test_and_set(&v->info->evtchn_pending_sel, port / WORD_BITS))
        return;
    v->info->evtchn_upcall_pending = 1;
    if (v != current_vcpu() && event_deliverable(v))
        vcpu_wake(v);
}

/** event_raise() for a port that is bound. With one vCPU nobody polls, because
 *  that one runs. */
static inline void raise_own(struct domain *d, uint32_t port)
{
    struct shared_info *shared = d->shared;

    if (test_and_set(shared->evtchn_pending, port))
        return;
    if (!(shared->evtchn_mask[port / WORD_BITS] & 1ul << port % WORD_BITS))
        tell(d, port);
    if (d->nr_vcpus != 1)
        event_wake_pollers(d, port);
}

/** A port that is not of the common kind, fetched already: the plain way. */
__attribute__((noinline)) static int32_t plain_send(const uint32_t *arg,
                                                    uint32_t port)
{
    int error = event_send(current_vcpu()->domain, port);

    return error == -ERESTART
               ? hypercall_continue(__HYPERVISOR_event_channel_op, arg) : error;
}

/**
 * Hypercall 32 in its short form, for EVTCHNOP_send; as
 * do_event_channel_op().
 *
 * @param arg  As of do_event_channel_op().
 * @context{hypercall}
 * @return as do_event_channel_op().
 */
int32_t fast_event_channel_op(const uint32_t arg[HYPERCALL_ARGS])
{
    struct domain *d = current_vcpu()->domain;
    const struct event_port *p;
    uint32_t port, at = arg[1];

    if (arg[0] != EVTCHNOP_send || at > M2P_START - sizeof(port) ||
        !arch_guest_read(at, &port))
        return do_event_channel_op(arg);
    if (port < EVENT_PORTS && d->events.bucket[port / EVENT_BUCKET_PORTS]) {
        p = d->events.bucket[port / EVENT_BUCKET_PORTS] +
            port % EVENT_BUCKET_PORTS;
        if (p->state == EVENT_PORT_INTERDOMAIN && p->remote == d->id) {
            raise_own(d, p->remote_port);
            return 0;
        }
    }
    return plain_send(arg, port);
}

/**
 * Hypercall 29 in its short form, for SCHEDOP_block with an event pending; as
 * do_sched_op(). Who may wait for the hypervisor takes the plain one.
 *
 * @param arg  As of do_sched_op().
 * @context{hypercall}
 * @return as do_sched_op().
 */
int32_t fast_sched_op(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();

    if (arg[0] != SCHEDOP_block || !v->info->evtchn_upcall_pending ||
        v->domain->console.open || v->domain->store.open)
        return do_sched_op(arg);
    v->info->evtchn_upcall_mask = 0;
    return 0;
}

/**
 * exit_work() when there is nothing to be done but to tell the vCPU of its
 * events. Called by the exit path.
 *
 * @param frame  The guest's registers, about to be loaded.
 * @context{hypercall}
 */
void fast_upcall(trap_frame_t *frame)
{
    struct vcpu *v = current_vcpu();
    const struct fast_entry_point to = {
        .cs = v->traps.event.cs,
        .eip = v->traps.event.eip,
        .mask_events = true,
    };

    if (!fast_bounce(v, frame, &to))
        exit_work(frame);
}
