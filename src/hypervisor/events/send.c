/* SPDX-License-Identifier: MIT */
/**
 * @file send.c
 * Exercise 5.2: from a port to the bits that the guest sees.
 *
 *     shared_info     evtchn_pending   1 bit a port: it happened
 *                     evtchn_mask      1 bit a port: do not tell me
 *     vcpu_info       evtchn_pending_sel   1 bit a word of the above: look
 *                     evtchn_upcall_pending   look at all
 *
 * Three levels, so that a guest finds one of 1024 ports by two bit searches.
 * Each step is taken only if its bit was clear: an event that is known already
 * is not told again.
 *
 * The page is the guest's, which may change any bit between any two of our
 * instructions; so every access is one atomic operation, no decision relies
 * on a value read twice, and no value read is used as an index.
 *
 *  - EV-I6: port numbers come from our own table or were checked against
 *    EVENT_PORTS: no bit outside the arrays is touched.
 *
 * Sources: [XenABI] xen/xen.h, struct shared_info; xen/event_channel.h.
 */
#include "events.h"

#include "console_ring.h"
#include "domain.h"
#include "store_ring.h"

#define WORD_BITS 32u

/** Set a bit of a word that the guest shares; whether it was set before. */
static bool test_and_set(xen_ulong_t *words, uint32_t bit)
{
    xen_ulong_t mask = (xen_ulong_t)1 << bit % WORD_BITS;

    return __atomic_fetch_or(&words[bit / WORD_BITS], mask,
                             __ATOMIC_SEQ_CST) & mask;
}

static bool test_and_clear(xen_ulong_t *words, uint32_t bit)
{
    xen_ulong_t mask = (xen_ulong_t)1 << bit % WORD_BITS;

    return __atomic_fetch_and(&words[bit / WORD_BITS], ~mask,
                              __ATOMIC_SEQ_CST) & mask;
}

static bool test(const xen_ulong_t *words, uint32_t bit)
{
    return __atomic_load_n(&words[bit / WORD_BITS], __ATOMIC_SEQ_CST) >>
               bit % WORD_BITS & 1;
}

/** Who is told of a port. One that is free has no record, but bits all the
 *  same, and they are vCPU 0's. */
static struct vcpu *vcpu_of(const struct domain *d, uint32_t port)
{
    const struct event_port *p = event_port_record(d, port);

    return d->vcpu[p ? p->vcpu : 0];
}

/** The upper two levels: have the port's vCPU look at the port's word. */
static void tell(struct domain *d, uint32_t port)
//@solution 5.2 -- (void)d; (void)port; (void)vcpu_of; (void)test_and_set;
{
    struct vcpu *v = vcpu_of(d, port);

    if (!v || test_and_set(&v->info->evtchn_pending_sel, port / WORD_BITS))
        return;
    __atomic_store_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
    if (event_deliverable(v))
        vcpu_wake(v);
}
//@end

/**
 * Make an event happen at a port of a domain.
 *
 * @param d     Any domain, with shared_info; one without a vCPU only gets the
 *              port's own bit.
 * @param port  Below EVENT_PORTS.
 * @context{any}
 * @par Source
 * [XenABI] xen/xen.h, struct shared_info and struct vcpu_info.
 * @ingroup events
 */
void event_raise(struct domain *d, uint32_t port)
//@solution 5.2 -- (void)d; (void)port; (void)tell; (void)test; (void)test_and_clear;
{
    if (test_and_set(d->shared->evtchn_pending, port))
        return;
    if (!test(d->shared->evtchn_mask, port))
        tell(d, port);
    event_wake_pollers(d, port);
}
//@end

/**
 * Make an event not have happened: its port closes.
 *
 * @param d     Any domain.
 * @param port  Below EVENT_PORTS. The upper levels stay as they are: guests
 *              expect to find nothing there now and then.
 * @context{entry}
 * @ingroup events
 */
void event_forget(struct domain *d, uint32_t port)
{
    (void)test_and_clear(d->shared->evtchn_pending, port);
}

/** The hypervisor is at the other end: look what the guest has put there. */
static int hear(struct domain *d, const struct event_port *p)
{
    if (p->remote_port == EVENT_END_CONSOLE) {
        console_input_wanted(); /* who talks may want an answer */
        return console_ring_drain(d) ? -ERESTART : 0;
    }
    store_ring_answer(d);
    return 0;
}

/**
 * Signal to a port's other end.
 *
 * @param d     Whose port.
 * @param port  Any number.
 * @context{hypercall}
 * @retval 0          sent; or nobody is there yet (an unbound port).
 * @retval -EINVAL    the port is free, does not exist, or is for interrupts
 *                    that only the hypervisor raises.
 * @retval -ERESTART  the hypervisor is at the other end and has more to do:
 *                    ask again.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_send.
 * @ingroup events
 */
int event_send(struct domain *d, uint32_t port)
//@solution 5.2 -- (void)d; (void)port; (void)hear; return -ENOSYS;
{
    const struct event_port *p = event_port_in_use(d, port);
    struct domain *remote;

    if (!p || p->state == EVENT_PORT_VIRQ)
        return -EINVAL;
    if (p->state == EVENT_PORT_HYPERVISOR)
        return hear(d, p);
    if (p->state == EVENT_PORT_IPI)
        event_raise(d, port);
    if (p->state != EVENT_PORT_INTERDOMAIN)
        return 0;
    remote = domain_by_id(p->remote);
    if (remote)
        event_raise(remote, p->remote_port);
    return 0;
}
//@end

/**
 * Clear a port's mask bit, and tell of an event that happened meanwhile.
 *
 * @param d     Whose port.
 * @param port  Any number.
 * @context{hypercall}
 * @retval 0        the bit is clear.
 * @retval -EINVAL  a port that was never in use.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_unmask.
 * @ingroup events
 */
int event_unmask(struct domain *d, uint32_t port)
//@solution 5.2 -- (void)d; (void)port; return -ENOSYS;
{
    if (!event_port_known(d, port))
        return -EINVAL;
    if (test_and_clear(d->shared->evtchn_mask, port) &&
        test(d->shared->evtchn_pending, port))
        tell(d, port);
    return 0;
}
//@end

/**
 * Has something happened at a port that the guest has not taken yet?
 *
 * @param d     Any domain.
 * @param port  Below EVENT_PORTS. Whether it is masked makes no difference:
 *              who polls for a port wants to know all the same.
 * @context{hypercall}
 * @return the bit, as the guest's memory has it now.
 * @ingroup events
 */
bool event_port_pending(const struct domain *d, uint32_t port)
{
    return test(d->shared->evtchn_pending, port);
}
