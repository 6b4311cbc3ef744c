/* SPDX-License-Identifier: MIT */
/**
 * @file ports.c
 * Exercise 5.1: which ports a domain has, and what is at their other ends.
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
 * @defgroup events Event channels
 * Ports, and the bits with which they signal.
 */
#include "events.h"

#include "domain.h"
#include "lib.h"

/** The lowest free port, or -ENOSPC. */
static int find_free(const struct domain *d)
{
    for (uint32_t i = 1; i < EVENT_PORTS; i++) {
        if (d->events.port[i].state == EVENT_PORT_FREE)
            return (int)i;
    }
    return -ENOSPC;
}

/** Put something at a port's other end; vCPU 0 is told. */
static void occupy(struct domain *d, uint32_t port, struct event_port as)
{
    d->events.port[port] = as;
    if (d->events.nr_known <= port)
        d->events.nr_known = port + 1;
}

/**
 * A port, if there is something at its other end.
 *
 * @param d     Any domain.
 * @param port  Any number, as a guest gave it.
 * @return The port, or NULL if it is free or beyond the table.
 * @ingroup events
 */
const struct event_port *event_port_in_use(const struct domain *d,
                                           uint32_t port)
{
    if (port >= EVENT_PORTS ||
        d->events.port[port].state == EVENT_PORT_FREE)
        return NULL;
    return &d->events.port[port];
}

/**
 * Take a port to which another domain can bind.
 *
 * @param d       Who gets the port.
 * @param remote  Who may bind to it; a number, whether that domain exists yet
 *                or not. Not DOMID_SELF.
 * @note  Looks at up to EVENT_PORTS ports.
 * @return The lowest free port, or -ENOSPC.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_alloc_unbound.
 * @ingroup events
 */
int event_alloc_unbound(struct domain *d, domid_t remote)
{
    int port = find_free(d);

    if (port > 0)
        occupy(d, (uint32_t)port,
               (struct event_port){ .state = EVENT_PORT_UNBOUND,
                                    .remote = remote });
    return port;
}

/**
 * Bind a new port to one that waits for this domain.
 *
 * @param d            Who gets the port.
 * @param remote       Whose port waits; may be `d` itself.
 * @param remote_port  Any number.
 * @post  The new port is pending at once: what the other side sent before
 *        there was anybody to tell is not lost.
 * @return The port; -ENOSPC: none is free; -EINVAL: the remote one does not
 *         wait for `d`.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_bind_interdomain.
 * @ingroup events
 */
int event_bind_interdomain(struct domain *d, struct domain *remote,
                           uint32_t remote_port)
{
    const struct event_port *waiting = event_port_in_use(remote, remote_port);
    int port = find_free(d);

    if (port < 0)
        return port;
    if (!waiting || waiting->state != EVENT_PORT_UNBOUND ||
        waiting->remote != d->id)
        return -EINVAL;
    occupy(d, (uint32_t)port,
           (struct event_port){ .state = EVENT_PORT_INTERDOMAIN,
                                .remote = remote->id,
                                .remote_port = (uint16_t)remote_port });
    remote->events.port[remote_port].state = EVENT_PORT_INTERDOMAIN;
    remote->events.port[remote_port].remote_port = (uint16_t)port;
    event_raise(d, (uint32_t)port);
    return port;
}

/**
 * Take a port with the hypervisor at its other end.
 *
 * @return The port, or -ENOSPC.
 * @ingroup events
 */
int event_bind_hypervisor(struct domain *d)
{
    int port = find_free(d);

    if (port > 0)
        occupy(d, (uint32_t)port,
               (struct event_port){ .state = EVENT_PORT_HYPERVISOR,
                                    .remote = DOMID_XEN });
    return port;
}

/** The peer of a port that closes waits for its domain again (EV-I2). */
static void leave_peer(const struct domain *d, const struct event_port *port)
{
    struct domain *remote = domain_by_id(port->remote);

    if (remote)
        remote->events.port[port->remote_port] = (struct event_port){
            .state = EVENT_PORT_UNBOUND, .remote = d->id,
            .vcpu = remote->events.port[port->remote_port].vcpu,
        };
}

/**
 * Free a port. Its pending bit is cleared; a peer is unbound afterwards, and
 * waits for `d`.
 *
 * @param d     Whose port.
 * @param port  Any number.
 * @retval 0        free now.
 * @retval -EINVAL  it was free, does not exist, or is the hypervisor's.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_close.
 * @ingroup events
 */
int event_close(struct domain *d, uint32_t port)
{
    const struct event_port *p = event_port_in_use(d, port);

    if (!p || p->state == EVENT_PORT_HYPERVISOR)
        return -EINVAL;
    if (p->state == EVENT_PORT_INTERDOMAIN)
        leave_peer(d, p);
    d->events.port[port] = (struct event_port){ 0 };
    event_forget(d, port);
    return 0;
}

/**
 * Close all ports that the domain can close.
 *
 * @note  EVENT_PORTS closings.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_reset.
 * @ingroup events
 */
void event_reset(struct domain *d)
{
    for (uint32_t i = 1; i < d->events.nr_known; i++)
        (void)event_close(d, i); /* refused where there is nothing to close */
}

/**
 * Say what a port is.
 *
 * @param d            Whose port.
 * @param port         Any number.
 * @param[out] status  Everything behind `port` is written, zero where there is
 *                     nothing to say; on an error nothing is.
 * @retval 0        filled; EVTCHNSTAT_closed also for port 0.
 * @retval -EINVAL  a port that was never in use.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_status.
 * @ingroup events
 */
int event_status(const struct domain *d, uint32_t port,
                 struct evtchn_status *status)
{
    const struct event_port *p;

    if (port >= EVENT_PORTS || port >= d->events.nr_known)
        return -EINVAL;
    p = &d->events.port[port];
    memset(&status->u, 0, sizeof(status->u));
    status->vcpu = p->vcpu;
    switch ((enum event_port_state)p->state) {
    case EVENT_PORT_UNBOUND:
        status->status = EVTCHNSTAT_unbound;
        status->u.unbound.dom = p->remote;
        break;
    case EVENT_PORT_INTERDOMAIN:
    case EVENT_PORT_HYPERVISOR: /* a channel, whose other end is DOMID_XEN */
        status->status = EVTCHNSTAT_interdomain;
        status->u.interdomain.dom = p->remote;
        status->u.interdomain.port = p->remote_port;
        break;
    case EVENT_PORT_FREE:
        status->status = EVTCHNSTAT_closed;
    }
    return 0;
}
