/* SPDX-License-Identifier: MIT */
/**
 * @file virq.c
 * @ingroup events
 * Exercise 5.4: virtual interrupts, those from one vCPU to another, and vCPUs
 * that wait for ports.
 *
 * A virtual interrupt is the hypervisor telling a domain something that has no
 * channel: its timer is due, a domain has ended. Each vCPU has its own of some
 * (the timer), the domain one for all of others (which is then found at vCPU
 * 0). The guest binds it to a port, and from then on it is an event like any
 * other; before that, nobody is told, and nothing is kept.
 *
 *     bind_virq              port[p] = { VIRQ, vcpu, virq }
 *                            vcpu.virq_port[virq] = p
 *     event_raise_virq()     p = vcpu.virq_port[virq]; raise p
 *
 *  - EV-I9: virq_port[virq] of a vCPU is a port in state VIRQ with that virq,
 *    or 0; and each such port is in exactly one of those places
 *    (event_bind_virq(), event_unbind_virq()).
 *
 * Source: [XenABI] xen/event_channel.h, EVTCHNOP_bind_virq, EVTCHNOP_bind_ipi;
 * xen/xen.h, "VIRTUAL INTERRUPTS".
 */
#include "events.h"

#include "boot.h"
#include "domain.h"

/**
 * Is a virtual interrupt the domain's, rather than each vCPU's own? The virtual
 * alarm is ours: without its option the number is a global one's, as ever.
 *
 * @param virq  Below NR_VIRQS.
 * @context{hypercall}
 * @return true if it has one port a domain, false if one a vCPU.
 */
bool event_virq_is_global(unsigned virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG &&
           virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU &&
           !(virq == VIRQ_VIRTUAL_ALARM && options.virtual_alarm);
}

/**
 * Take a port for a virtual interrupt.
 *
 * @param d     Who gets the port.
 * @param virq  Any number.
 * @param vcpu  Any number: whose it is, and who is told.
 * @context{hypercall}
 * @post  Nothing is pending: what was before is not told.
 * @return The port; -EINVAL: no such interrupt, or a global one and not vCPU
 *         0; -ENOENT: no such vCPU; -EEXIST: bound already; -ENOSPC, -ENOMEM.
 */
int event_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu)
//@solution 5.4 -- (void)d; (void)virq; (void)vcpu; return -ENOSYS;
{
    int port;

    if (virq >= NR_VIRQS || (event_virq_is_global(virq) && vcpu != 0))
        return -EINVAL;
    if (vcpu >= DOMAIN_MAX_VCPUS || !d->vcpu[vcpu])
        return -ENOENT;
    if (d->vcpu[vcpu]->events.virq_port[virq] != 0)
        return -EEXIST;
    port = event_port_take(d, (struct event_port){
                                  .state = EVENT_PORT_VIRQ,
                                  .vcpu = (uint8_t)vcpu,
                                  .virq = (uint16_t)virq });
    if (port > 0)
        d->vcpu[vcpu]->events.virq_port[virq] = (uint16_t)port;
    return port;
}
//@end

/**
 * Forget where a virtual interrupt went: its port closes (EV-I9).
 *
 * @param d     Whose port.
 * @param port  In state EVENT_PORT_VIRQ. A global one may be told to another
 *              vCPU (event_bind_vcpu()), but is found at vCPU 0.
 * @context{entry}
 */
void event_unbind_virq(struct domain *d, const struct event_port *port)
//@solution 5.4 -- (void)d; (void)port;
{
    unsigned vcpu = event_virq_is_global(port->virq) ? 0 : port->vcpu;

    d->vcpu[vcpu]->events.virq_port[port->virq] = 0;
}
//@end

/**
 * Take a port by which the domain's vCPUs interrupt one of them.
 *
 * @param d     Who gets the port.
 * @param vcpu  Any number: who is told.
 * @context{hypercall}
 * @return The port; -ENOENT: no such vCPU; -ENOSPC, -ENOMEM.
 */
int event_bind_ipi(struct domain *d, uint32_t vcpu)
//@solution 5.4 -- (void)d; (void)vcpu; return -ENOSYS;
{
    if (vcpu >= DOMAIN_MAX_VCPUS || !d->vcpu[vcpu])
        return -ENOENT;
    return event_port_take(d, (struct event_port){ .state = EVENT_PORT_IPI,
                                                   .vcpu = (uint8_t)vcpu });
}
//@end

/**
 * Make a virtual interrupt happen.
 *
 * @param v     Whose it is; for a global one, the domain's vCPU 0.
 * @param virq  VIRQ_*. Nothing happens if the guest has not bound it.
 * @context{any}
 */
void event_raise_virq(struct vcpu *v, unsigned virq)
//@solution 5.4 -- (void)v; (void)virq;
{
    uint32_t port = v->events.virq_port[virq];

    if (port != 0)
        event_raise(v->domain, port);
}
//@end

/**
 * Wake the vCPUs that poll for a port.
 *
 * A guest polls with events masked: it wants to go on, not to be called. So
 * neither the port's mask nor the vCPU's counts here.
 *
 * @param d     Any domain.
 * @param port  Below EVENT_PORTS; its pending bit has just been set.
 * @context{any}
 */
void event_wake_pollers(struct domain *d, uint32_t port)
//@solution 5.4 -- (void)d; (void)port;
{
    unsigned left = d->nr_vcpus;

    for (unsigned i = 0; left > 0 && i < DOMAIN_MAX_VCPUS; i++) {
        struct vcpu *v = d->vcpu[i];

        if (!v)
            continue;
        left--;
        if (v->scheduling.wish == VCPU_POLLING &&
            (v->scheduling.poll[port / 32] >> port % 32 & 1))
            vcpu_wake(v);
    }
}
//@end
