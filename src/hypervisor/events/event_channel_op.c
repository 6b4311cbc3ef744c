/* SPDX-License-Identifier: MIT */
/**
 * @file event_channel_op.c
 * @ingroup events
 * Hypercalls 32 and 16: the arguments of the operations on event channels.
 * What they do is in ports.c and send.c.
 */
#include "hypercall.h"

#include "domain.h"

/** A domain's number; DOMID_SELF is the caller's. */
static domid_t number_of(domid_t id)
{
    return id == DOMID_SELF ? current_vcpu()->domain->id : id;
}

static int32_t alloc_unbound(vaddr_t at)
{
    struct evtchn_alloc_unbound op;
    struct domain *d;
    int result;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    d = domain_named(op.dom, &result);
    if (!d)
        return result;
    result = event_alloc_unbound(d, number_of(op.remote_dom));
    if (result < 0)
        return result;
    op.port = (evtchn_port_t)result;
    if (copy_to_guest(at, &op, sizeof(op)) == 0)
        return 0;
    (void)event_close(d, op.port);
    return -EFAULT;
}

static int32_t bind_interdomain(vaddr_t at)
{
    struct evtchn_bind_interdomain op;
    struct domain *d = current_vcpu()->domain, *remote;
    int result;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    remote = domain_by_id(number_of(op.remote_dom));
    if (!remote)
        return -ESRCH;
    result = event_bind_interdomain(d, remote, op.remote_port);
    if (result < 0)
        return result;
    op.local_port = (evtchn_port_t)result;
    if (copy_to_guest(at, &op, sizeof(op)) == 0)
        return 0;
    (void)event_close(d, op.local_port);
    return -EFAULT;
}

static int32_t status(vaddr_t at)
{
    struct evtchn_status op;
    struct domain *d;
    int result;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    d = domain_named(op.dom, &result);
    if (!d)
        return result;
    result = event_status(d, op.port, &op);
    if (result == 0 && copy_to_guest(at, &op, sizeof(op)) != 0)
        return -EFAULT;
    return result;
}

static int32_t reset(vaddr_t at)
{
    struct evtchn_reset op;
    struct domain *d;
    int result;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    d = domain_named(op.dom, &result);
    if (d)
        event_reset(d);
    return result;
}

/** The operations whose only argument is a port of the caller's. */
static int32_t of_one_port(int (*work)(struct domain *, uint32_t), vaddr_t at)
{
    evtchn_port_t port;

    if (copy_from_guest(&port, at, sizeof(port)) != 0)
        return -EFAULT;
    return work(current_vcpu()->domain, port);
}

_Static_assert(sizeof(struct evtchn_close) == sizeof(evtchn_port_t) &&
                   sizeof(struct evtchn_send) == sizeof(evtchn_port_t) &&
                   sizeof(struct evtchn_unmask) == sizeof(evtchn_port_t),
               "of_one_port() reads them");

/** Of the other layout of events there is nothing: guests ask, and go on with
 *  this one when the answer is an error. */
static int32_t init_control(vaddr_t at)
{
    struct evtchn_init_control op;

    return copy_from_guest(&op, at, sizeof(op)) != 0 ? -EFAULT : -EINVAL;
}

/** One operation; -ERESTART if it is to be made again. */
static int32_t operate(uint32_t command, vaddr_t at)
{
    switch (command) {
    case EVTCHNOP_alloc_unbound:
        return alloc_unbound(at);
    case EVTCHNOP_bind_interdomain:
        return bind_interdomain(at);
    case EVTCHNOP_close:
        return of_one_port(event_close, at);
    case EVTCHNOP_send:
        return of_one_port(event_send, at);
    case EVTCHNOP_status:
        return status(at);
    case EVTCHNOP_unmask:
        return of_one_port(event_unmask, at);
    case EVTCHNOP_reset:
        return reset(at);
    case EVTCHNOP_init_control:
        return init_control(at);
    default:
        return -ENOSYS;
    }
}

/**
 * Hypercall 32.
 *
 * @param arg  [0] EVTCHNOP_*, [1] address of its structure. Nothing that the
 *             operation gave out stays given if its number cannot be stored.
 * @note  Sending to the hypervisor continues itself while there is work.
 * @retval 0        done.
 * @retval -EFAULT  the structure cannot be read or written.
 * @retval -ESRCH   no such domain.
 * @retval -EPERM   another domain, and the caller is not privileged.
 * @retval -EINVAL  a port that is not right for this, or init_control.
 * @retval -ENOSPC  no port is free.
 * @retval -ENOSYS  an operation that does not exist (yet): virtual and real
 *                  interrupts, signals between vCPUs, the other layout.
 */
int32_t do_event_channel_op(const uint32_t arg[HYPERCALL_ARGS])
{
    int32_t result = operate(arg[0], vaddr(arg[1]));

    if (result == -ERESTART)
        return hypercall_continue(__HYPERVISOR_event_channel_op, arg);
    return result;
}

/**
 * Hypercall 16, of old guests: the operation's number is in front of its
 * structure.
 *
 * @param arg  [0] address of a struct evtchn_op.
 * @return As do_event_channel_op().
 */
int32_t do_event_channel_op_compat(const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t command;
    int32_t result;

    if (copy_from_guest(&command, vaddr(arg[0]), sizeof(command)) != 0)
        return -EFAULT;
    result = operate(command,
                     vaddr(arg[0] + offsetof(struct evtchn_op, u)));
    if (result == -ERESTART)
        return hypercall_continue(__HYPERVISOR_event_channel_op_compat, arg);
    return result;
}
