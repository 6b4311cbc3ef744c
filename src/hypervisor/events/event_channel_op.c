/* SPDX-License-Identifier: MIT */
/**
 * @file event_channel_op.c
 *
 * Source: [XenABI] xen/event_channel.h.
 * @ingroup events
 * Hypercalls 32 and 16: the arguments of the operations on event channels.
 * What they do is in ports.c, send.c and virq.c.
 */
#include "hypercall.h"

#include "domain.h"

/** Numbers that interrupts of devices could have. */
#define NR_PIRQS 256u

/** A domain's number; DOMID_SELF is the caller's. */
static domid_t number_of(domid_t id)
{
    return id == DOMID_SELF ? current_vcpu()->domain->id : id;
}

/** A port of `d` was taken: tell the guest its number, or give it back. */
static int32_t port_result(struct domain *d, int port, vaddr_t at)
{
    evtchn_port_t number = (evtchn_port_t)port;

    if (port < 0)
        return port;
    if (copy_to_guest(at, &number, sizeof(number)) == 0)
        return 0;
    (void)event_close(d, number);
    return -EFAULT;
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
    at.a += offsetof(struct evtchn_alloc_unbound, port);
    return port_result(d, event_alloc_unbound(d, number_of(op.remote_dom)),
                       at);
}

static int32_t bind_interdomain(vaddr_t at)
{
    struct evtchn_bind_interdomain op;
    struct domain *d = current_vcpu()->domain, *remote;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    remote = domain_living(number_of(op.remote_dom));
    if (!remote)
        return -ESRCH;
    at.a += offsetof(struct evtchn_bind_interdomain, local_port);
    return port_result(d, event_bind_interdomain(d, remote, op.remote_port),
                       at);
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
    if (!d)
        return result;
    return event_reset(d) ? -ERESTART : 0;
}

static int32_t bind_virq(vaddr_t at)
{
    struct domain *d = current_vcpu()->domain;
    struct evtchn_bind_virq op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    at.a += offsetof(struct evtchn_bind_virq, port);
    return port_result(d, event_bind_virq(d, op.virq, op.vcpu), at);
}

static int32_t bind_ipi(vaddr_t at)
{
    struct domain *d = current_vcpu()->domain;
    struct evtchn_bind_ipi op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    at.a += offsetof(struct evtchn_bind_ipi, port);
    return port_result(d, event_bind_ipi(d, op.vcpu), at);
}

/** Interrupts of devices: the hypervisor gives out none. The privileged are
 *  told so; for others there are no numbers at all. */
static int32_t bind_pirq(vaddr_t at)
{
    struct evtchn_bind_pirq op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    return current_vcpu()->domain->privileged && op.pirq < NR_PIRQS ? -EPERM
                                                                   : -EINVAL;
}

static int32_t bind_vcpu(vaddr_t at)
{
    struct evtchn_bind_vcpu op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    return event_bind_vcpu(current_vcpu()->domain, op.port, op.vcpu);
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
static int32_t other_layout(uint32_t command, vaddr_t at)
{
    union {
        struct evtchn_init_control init;
        struct evtchn_expand_array expand;
        struct evtchn_set_priority priority;
    } op;
    size_t bytes = command == EVTCHNOP_init_control   ? sizeof(op.init)
                   : command == EVTCHNOP_expand_array ? sizeof(op.expand)
                                                      : sizeof(op.priority);

    if (copy_from_guest(&op, at, bytes) != 0)
        return -EFAULT;
    /* As if its frame were bad: "no such call" is not what guests expect. */
    if (command == EVTCHNOP_init_control)
        return -EINVAL;
    return command == EVTCHNOP_expand_array ? -EOPNOTSUPP : -ENOSYS;
}

/** One operation; -ERESTART if it is to be made again. */
static int32_t operate(uint32_t command, vaddr_t at)
{
    switch (command) {
    case EVTCHNOP_alloc_unbound:
        return alloc_unbound(at);
    case EVTCHNOP_bind_interdomain:
        return bind_interdomain(at);
    case EVTCHNOP_bind_virq:
        return bind_virq(at);
    case EVTCHNOP_bind_ipi:
        return bind_ipi(at);
    case EVTCHNOP_bind_pirq:
        return bind_pirq(at);
    case EVTCHNOP_bind_vcpu:
        return bind_vcpu(at);
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
    case EVTCHNOP_expand_array:
    case EVTCHNOP_set_priority:
        return other_layout(command, at);
    default:
        return -ENOSYS;
    }
}

/**
 * Hypercall 32.
 *
 * @param arg  [0] EVTCHNOP_*, [1] address of its structure. Nothing that the
 *             operation gave out stays given if its number cannot be stored.
 * @context{hypercall}
 * @note  Sending to the hypervisor, and a reset, continue themselves while
 *        there is work.
 * @retval 0        done.
 * @retval -EFAULT  the structure cannot be read or written.
 * @retval -ESRCH   no such domain.
 * @retval -EPERM   another domain, and the caller is not privileged; or an
 *                  interrupt of a device.
 * @retval -EINVAL  a port or an interrupt that is not right for this, or
 *                  init_control.
 * @retval -ENOENT  no such vCPU.
 * @retval -EEXIST  the interrupt has a port already.
 * @retval -ENOSPC  no port is free.
 * @retval -ENOMEM  no memory for more ports.
 * @retval -EOPNOTSUPP  expand_array: there is only this layout.
 * @retval -ENOSYS  an operation that does not exist, or of the other layout.
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
 * @context{hypercall}
 * @retval -ENOSYS  also reset, and all that came after it.
 * @return Else as do_event_channel_op().
 */
int32_t do_event_channel_op_compat(const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t command;
    int32_t result;

    if (copy_from_guest(&command, vaddr(arg[0]), sizeof(command)) != 0)
        return -EFAULT;
    if (command >= EVTCHNOP_reset)
        return -ENOSYS; /* younger than this call */
    result = operate(command,
                     vaddr(arg[0] + offsetof(struct evtchn_op, u)));
    if (result == -ERESTART)
        return hypercall_continue(__HYPERVISOR_event_channel_op_compat, arg);
    return result;
}
