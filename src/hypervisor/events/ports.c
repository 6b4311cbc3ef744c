/* SPDX-License-Identifier: MIT */
/**
 * @file ports.c
 * Exercise 5.1: which ports a domain has, and what is at their other ends.
 * (The ports that virtual interrupts have are in virq.c.)
 *
 *              alloc_unbound             bind_interdomain
 *     +------+ ------------> +---------+ ----------------> +-------------+
 *     | free |               | unbound |                   | interdomain |
 *     +------+ <------------ +---------+ <---------------- +-------------+
 *        ^         close                  the peer closes      | close
 *        +-----------------------------------------------------+
 *
 * Ports are the hypervisor's own table: nothing here is read from the guest's
 * page, where only the bits are.
 *
 * Invariants:
 *  - EV-I1: port 0 is always free: guests use 0 for "none".
 *  - EV-I2: two interdomain ports name each other, or neither is interdomain
 *    (event_bind_interdomain(), event_close()).
 *  - EV-I3: a port that is free has no pending bit set by us
 *    (event_forget() when it closes), so that its next user starts afresh.
 *  - EV-I4: every port in use is below nr_known.
 *  - EV-I5: on an error nothing has changed.
 *
 * Source: [XenABI] xen/event_channel.h.
 *
 * @defgroup events Event channels
 * Ports, and the bits with which they signal.
 */
#include "events.h"

#include "domain.h"
#include "lib.h"

/**
 * Take a port to which another domain can bind.
 *
 * @param d       Who gets the port; its vCPU 0 is told.
 * @param remote  Who may bind to it; a number, whether that domain exists yet
 *                or not. Not DOMID_SELF.
 * @context{hypercall}
 * @return The lowest free port, -ENOSPC or -ENOMEM.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_alloc_unbound.
 * @ingroup events
 */
int event_alloc_unbound(struct domain *d, domid_t remote)
//@solution 5.1 -- (void)d; (void)remote; return -ENOSYS;
{
    return event_port_take(d, (struct event_port){
                                  .state = EVENT_PORT_UNBOUND,
                                  .remote = remote });
}
//@end

/**
 * Bind a new port to one that waits for this domain.
 *
 * @param d            Who gets the port.
 * @param remote       Whose port waits; may be `d` itself.
 * @param remote_port  Any number.
 * @context{hypercall}
 * @post  The new port is pending at once: what the other side sent before
 *        there was anybody to tell is not lost.
 * @return The port; -ENOSPC: none is free; -ENOMEM: no memory for its record;
 *         -EINVAL: the remote one does not wait for `d`.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_bind_interdomain.
 * @ingroup events
 */
int event_bind_interdomain(struct domain *d, struct domain *remote,
                           uint32_t remote_port)
//@solution 5.1 -- (void)d; (void)remote; (void)remote_port; return -ENOSYS;
{
    struct event_port *waiting = event_port_record(remote, remote_port);
    int port = event_port_find(d);

    if (port < 0)
        return port;
    if (!waiting || waiting->state != EVENT_PORT_UNBOUND ||
        waiting->remote != d->id)
        return -EINVAL;
    port = event_port_take(d, (struct event_port){
                                  .state = EVENT_PORT_INTERDOMAIN,
                                  .remote = remote->id,
                                  .remote_port = (uint16_t)remote_port });
    if (port < 0)
        return port;
    waiting->state = EVENT_PORT_INTERDOMAIN;
    waiting->remote_port = (uint16_t)port;
    event_raise(d, (uint32_t)port);
    return port;
}
//@end

//@solution-helper 5.1
/** The peer of a port that closes waits for its domain again (EV-I2). */
static void leave_peer(const struct domain *d, const struct event_port *port)
{
    const struct domain *remote = domain_by_id(port->remote);
    struct event_port *peer =
        remote ? event_port_record(remote, port->remote_port) : NULL;

    if (peer) {
        peer->state = EVENT_PORT_UNBOUND;
        peer->remote = d->id;
        peer->remote_port = 0;
    }
}
//@end

/**
 * Free a port. Its pending bit is cleared; a peer is unbound afterwards, and
 * waits for `d`.
 *
 * @param d     Whose port.
 * @param port  Any number.
 * @context{entry}
 * @retval 0        free now.
 * @retval -EINVAL  it was free, does not exist, or is the hypervisor's.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_close.
 * @ingroup events
 */
int event_close(struct domain *d, uint32_t port)
//@solution 5.1 -- (void)d; (void)port; return -ENOSYS;
{
    struct event_port *p = event_port_record(d, port);

    if (!p || p->state == EVENT_PORT_FREE ||
        p->state == EVENT_PORT_HYPERVISOR)
        return -EINVAL;
    if (p->state == EVENT_PORT_INTERDOMAIN)
        leave_peer(d, p);
    if (p->state == EVENT_PORT_VIRQ)
        event_unbind_virq(d, p);
    *p = (struct event_port){ .state = EVENT_PORT_FREE };
    event_forget(d, port);
    return 0;
}
//@end

/**
 * Say what a port is.
 *
 * @param d            Whose port.
 * @param port         Any number.
 * @param[out] status  Everything behind `port` is written, zero where there is
 *                     nothing to say; on an error nothing is.
 * @context{hypercall}
 * @retval 0        filled; EVTCHNSTAT_closed also for port 0.
 * @retval -EINVAL  a port that was never in use.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_status.
 * @ingroup events
 */
int event_status(const struct domain *d, uint32_t port,
                 struct evtchn_status *status)
//@solution 5.1 -- (void)d; (void)port; (void)status; return -ENOSYS;
{
    const struct event_port *p = event_port_in_use(d, port);

    if (!event_port_known(d, port))
        return -EINVAL;
    memset(&status->u, 0, sizeof(status->u));
    status->vcpu = p ? p->vcpu : 0;
    status->status = EVTCHNSTAT_closed;
    if (!p)
        return 0;
    if (p->state == EVENT_PORT_UNBOUND) {
        status->status = EVTCHNSTAT_unbound;
        status->u.unbound.dom = p->remote;
    } else if (p->state == EVENT_PORT_VIRQ) {
        status->status = EVTCHNSTAT_virq;
        status->u.virq = p->virq;
    } else if (p->state == EVENT_PORT_IPI) {
        status->status = EVTCHNSTAT_ipi;
    } else { /* a channel; to the hypervisor, its other end is DOMID_XEN */
        status->status = EVTCHNSTAT_interdomain;
        status->u.interdomain.dom = p->remote;
        status->u.interdomain.port = p->remote_port;
    }
    return 0;
}
//@end
