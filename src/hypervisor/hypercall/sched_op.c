/* SPDX-License-Identifier: MIT */
/**
 * @file sched_op.c
 * @ingroup hypercall
 * Hypercalls 6 and 29: what a vCPU says about its own running.
 *
 * Whoever waits may wait for the hypervisor itself, which is at the other ends
 * of a plain domain's console and store; so each way of waiting does a piece of
 * that work first. Guests must expect to wake without a cause, and wait in a
 * loop.
 *
 * Source: [XenABI] xen/sched.h.
 */
#include "hypercall.h"

#include <xen/sched.h>

#include "domain.h"
#include "lib.h"

/** SCHEDOP_shutdown: the effect comes on the way out (exit_work()). */
static int32_t shut_down(uint32_t address)
{
    struct sched_shutdown shutdown;

    if (copy_from_guest(&shutdown, vaddr(address), sizeof(shutdown)) != 0)
        return -EFAULT;
    domain_shutdown(current_vcpu()->domain, shutdown.reason);
    return 0;
}

/** SCHEDOP_shutdown_code: the reason that a later shutdown will have. */
static int32_t set_shutdown_code(uint32_t address)
{
    struct sched_shutdown shutdown;

    if (copy_from_guest(&shutdown, vaddr(address), sizeof(shutdown)) != 0)
        return -EFAULT;
    domain_set_shutdown_code(current_vcpu()->domain, shutdown.reason);
    return 0;
}

/** Somebody waits: for room in its console ring, perhaps, or for its store.
 *  True if there is more to do. */
static bool work_for_waiter(struct domain *d)
{
    bool more = console_ring_drain(d);

    store_ring_answer(d);
    return more;
}

/** SCHEDOP_yield: the others first. */
static int32_t yield(void)
{
    struct vcpu *v = current_vcpu();

    (void)work_for_waiter(v->domain);
    v->scheduling.yielded = true;
    schedule_request();
    return 0;
}

/** SCHEDOP_block: a sleeper can be woken, so its events are let in. */
static int32_t block(void)
{
    struct vcpu *v = current_vcpu();

    __atomic_store_n(&v->info->evtchn_upcall_mask, 0, __ATOMIC_SEQ_CST);
    if (!work_for_waiter(v->domain))
        vcpu_block(v);
    return 0;
}

/** Most ports that one call can wait for. */
#define POLL_MAX_PORTS 128u

/**
 * Read poll's list into the vCPU, port by port.
 *
 * @return 1 if one of them is pending: nobody needs to wait, nor to look at
 *         the rest; 0; or an error.
 */
static int32_t read_ports(struct vcpu *v, uint32_t list, uint32_t nr)
{
    evtchn_port_t port;

    memset(v->scheduling.poll, 0, sizeof(v->scheduling.poll));
    for (uint32_t i = 0; i < nr; i++) {
        if (copy_from_guest(&port, vaddr(list + i * sizeof(port)),
                            sizeof(port)) != 0)
            return -EFAULT;
        if (!event_port_in_use(v->domain, port))
            return -EINVAL;
        if (event_port_pending(v->domain, port))
            return 1;
        v->scheduling.poll[port / 32] |= 1u << port % 32;
    }
    return 0;
}

/** SCHEDOP_poll: wait for some of its own ports. */
static int32_t poll(uint32_t address)
{
    struct vcpu *v = current_vcpu();
    struct sched_poll op;
    int32_t pending;

    if (copy_from_guest(&op, vaddr(address), sizeof(op)) != 0)
        return -EFAULT;
    if (op.nr_ports > POLL_MAX_PORTS)
        return -EINVAL;
    pending = read_ports(v, (uint32_t)(uintptr_t)op.ports.p, op.nr_ports);
    if (pending < 0)
        return pending;
    if (!work_for_waiter(v->domain) && pending == 0)
        vcpu_poll(v, op.timeout == 0 ? NS_NEVER : op.timeout);
    return 0;
}

/** SCHEDOP_remote_shutdown: for who is privileged. */
static int32_t shut_down_other(uint32_t address)
{
    struct sched_remote_shutdown op;
    struct domain *d;

    if (copy_from_guest(&op, vaddr(address), sizeof(op)) != 0)
        return -EFAULT;
    d = domain_by_id(op.domain_id);
    if (!d)
        return -ESRCH;
    if (!current_vcpu()->domain->privileged)
        return -EPERM;
    domain_shutdown(d, op.reason);
    return 0;
}

static int32_t watchdog(uint32_t address)
{
    struct sched_watchdog op;

    if (copy_from_guest(&op, vaddr(address), sizeof(op)) != 0)
        return -EFAULT;
    return sched_watchdog(current_vcpu()->domain, op.id, op.timeout);
}

/** SCHEDOP_pin_override: there is one processor, and every vCPU is on it; so
 *  only whether it is pinned is kept. */
static int32_t pin(uint32_t address)
{
    struct vcpu *v = current_vcpu();
    struct sched_pin_override op;

    if (!v->domain->privileged)
        return -EPERM;
    if (copy_from_guest(&op, vaddr(address), sizeof(op)) != 0)
        return -EFAULT;
    if (op.pcpu > 0 || (op.pcpu < 0 && !v->scheduling.pinned))
        return -EINVAL;
    if (op.pcpu == 0 && v->scheduling.pinned)
        return -EBUSY;
    v->scheduling.pinned = op.pcpu == 0;
    return 0;
}

/**
 * Hypercall 29.
 *
 * @param arg  [0] SCHEDOP_*, [1] address of its structure.
 * @context{hypercall}
 * @retval 0        done; others may have run meanwhile. block has cleared the
 *                  event mask. A new watchdog's number is the result instead.
 * @retval -EFAULT  the structure, or poll's list, cannot be read.
 * @retval -EINVAL  poll: more than 128 ports, or one that is free;
 *                  watchdog: a number that is not in use; pin_override: no
 *                  such processor, or nothing to undo.
 * @retval -ESRCH   remote_shutdown: no such domain.
 * @retval -EPERM   remote_shutdown, pin_override: not privileged.
 * @retval -ENOSPC  watchdog: both are in use.
 * @retval -EBUSY   pin_override: pinned already.
 * @retval -ENOSYS  an operation that does not exist.
 */
int32_t do_sched_op(const uint32_t arg[HYPERCALL_ARGS])
{
    switch (arg[0]) {
    case SCHEDOP_yield:
        return yield();
    case SCHEDOP_block:
        return block();
    case SCHEDOP_poll:
        return poll(arg[1]);
    case SCHEDOP_shutdown:
        return shut_down(arg[1]);
    case SCHEDOP_shutdown_code:
        return set_shutdown_code(arg[1]);
    case SCHEDOP_remote_shutdown:
        return shut_down_other(arg[1]);
    case SCHEDOP_watchdog:
        return watchdog(arg[1]);
    case SCHEDOP_pin_override:
        return pin(arg[1]);
    default:
        return -ENOSYS;
    }
}

/**
 * Hypercall 6, of old guests: the shutdown's reason is the argument itself.
 *
 * @param arg  [0] SCHEDOP_yield, SCHEDOP_block or SCHEDOP_shutdown, [1] reason.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -ENOSYS  another operation.
 */
int32_t do_sched_op_compat(const uint32_t arg[HYPERCALL_ARGS])
{
    switch (arg[0]) {
    case SCHEDOP_yield:
        return yield();
    case SCHEDOP_block:
        return block();
    case SCHEDOP_shutdown:
        domain_shutdown(current_vcpu()->domain, arg[1]);
        return 0;
    default:
        return -ENOSYS;
    }
}
