/* SPDX-License-Identifier: MIT */
/**
 * @file table.c
 * @ingroup events
 * The records of a domain's ports, and what concerns all of them.
 *
 *     bucket[0]    bucket[1] .. bucket[15]
 *        |             |
 *     ports 0-63   NULL: ports 64-127 are free
 *
 * A bucket is made when a port in it is first taken, and stays until the
 * domain ends: most domains never need a second one.
 *
 * Source: [XenABI] xen/event_channel.h.
 */
#include "events.h"

#include "boot.h"
#include "domain.h"

/** Ports that a reset closes before it continues itself. */
#define RESET_PIECE 64u

/**
 * Was a port ever in use? For the guest the others do not exist.
 *
 * @param d     Any domain.
 * @param port  Any number, as a guest gave it. Port 0 is known always.
 * @context{hypercall}
 * @return false for every number beyond the table as well.
 */
bool event_port_known(const struct domain *d, uint32_t port)
{
    return port < d->events.nr_known;
}

/**
 * A port's record, to be changed.
 *
 * @param d     Any domain.
 * @param port  Any number, as a guest gave it.
 * @context{any}
 * @return The record; NULL if there is none, which means that it is free or
 *         beyond the table.
 */
struct event_port *event_port_record(const struct domain *d, uint32_t port)
{
    struct event_port *bucket;

    if (port >= EVENT_PORTS)
        return NULL;
    bucket = d->events.bucket[port / EVENT_BUCKET_PORTS];
    return bucket ? &bucket[port % EVENT_BUCKET_PORTS] : NULL;
}

/**
 * A port, if there is something at its other end.
 *
 * @param d     Any domain.
 * @param port  Any number, as a guest gave it.
 * @context{hypercall}
 * @return The port, or NULL if it is free or beyond the table.
 */
const struct event_port *event_port_in_use(const struct domain *d,
                                           uint32_t port)
{
    const struct event_port *p = event_port_record(d, port);

    return p && p->state != EVENT_PORT_FREE ? p : NULL;
}

/** The bucket of a port; made if there is none. NULL: the heap is empty. */
static struct event_port *bucket_of(struct domain *d, uint32_t port)
{
    struct event_port **bucket =
        &d->events.bucket[port / EVENT_BUCKET_PORTS];

    if (!*bucket)
        *bucket = heap_alloc(EVENT_BUCKET_PORTS * sizeof(**bucket));
    return *bucket;
}

/**
 * The lowest port that is free.
 *
 * @param d  Any domain.
 * @context{hypercall}
 * @note  Looks at up to EVENT_PORTS records.
 * @return The port, still free; or -ENOSPC.
 */
int event_port_find(const struct domain *d)
{
    uint32_t port = 1; /* EV-I1 */

    while (event_port_in_use(d, port))
        port++;
    return port < EVENT_PORTS ? (int)port : -ENOSPC;
}

/**
 * Take the lowest port that is free.
 *
 * @param d   Who gets it.
 * @param as  What is at its other end, and who is told; not EVENT_PORT_FREE.
 * @context{any}
 * @return The port; -ENOSPC: all are in use; -ENOMEM: no room for its record.
 */
int event_port_take(struct domain *d, struct event_port as)
{
    int found = event_port_find(d);
    uint32_t port = (uint32_t)found;

    if (found < 0)
        return found;
    if (!bucket_of(d, port))
        return -ENOMEM;
    *event_port_record(d, port) = as;
    if (d->events.nr_known <= port)
        d->events.nr_known = port + 1;
    return found;
}

/**
 * Take a port with the hypervisor at its other end.
 *
 * @param d    Who gets it.
 * @param end  Which ring it is for.
 * @context{boot}
 * @return The port, or the error of event_port_take().
 */
int event_bind_hypervisor(struct domain *d, enum event_end end)
{
    return event_port_take(d, (struct event_port){
                                  .state = EVENT_PORT_HYPERVISOR,
                                  .remote = DOMID_XEN,
                                  .remote_port = (uint16_t)end });
}

/**
 * Say which vCPU is told of a port's events from now on. One that is pending
 * already stays with the vCPU that was told of it.
 *
 * @param d     Whose port.
 * @param port  Any number.
 * @param vcpu  Any number.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -ENOENT  there is no such vCPU.
 * @retval -EINVAL  a free port, or one that belongs to its vCPU for good: an
 *                  interrupt of that vCPU, or one between vCPUs.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_bind_vcpu.
 */
int event_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
    const struct event_port *p = event_port_in_use(d, port);

    if (vcpu >= DOMAIN_MAX_VCPUS || !d->vcpu[vcpu])
        return -ENOENT;
    if (!p || p->state == EVENT_PORT_IPI ||
        (p->state == EVENT_PORT_VIRQ && !event_virq_is_global(p->virq)))
        return -EINVAL;
    event_port_record(d, port)->vcpu = (uint8_t)vcpu;
    return 0;
}

/**
 * Close ports that the domain can close, until none is left or a share of work
 * is done.
 *
 * @param d  Any domain.
 * @context{entry}
 * @note  At most RESET_PIECE closings.
 * @return Whether there are more.
 * @par Source
 * [XenABI] xen/event_channel.h, EVTCHNOP_reset.
 */
bool event_reset(struct domain *d)
{
    unsigned closed = 0;

    for (uint32_t i = 1; i < d->events.nr_known; i++) {
        if (closed == RESET_PIECE)
            return true;
        if (event_port_in_use(d, i) && event_close(d, i) == 0)
            closed++;
    }
    return false;
}

/**
 * Close all ports of a domain that ends, and free their records. Peers wait
 * for a domain of its number afterwards, as after any close.
 *
 * @param d  Does not run any more; its console is closed.
 * @context{exit}
 * @note  EVENT_PORTS closings.
 */
void event_domain_destroy(struct domain *d)
{
    while (event_reset(d))
        ;
    for (unsigned i = 0; i < EVENT_BUCKETS; i++) {
        if (d->events.bucket[i])
            heap_free(d->events.bucket[i]);
        d->events.bucket[i] = NULL;
    }
    d->events.nr_known = 1;
}
