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
 */
#include "hypercall.h"

#include <xen/sched.h>

#include "domain.h"

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

/** SCHEDOP_poll: wait for some of its own ports. */
static int32_t poll(uint32_t address)
{
    struct domain *d = current_vcpu()->domain;
    struct sched_poll op;
    evtchn_port_t port;

    if (copy_from_guest(&op, vaddr(address), sizeof(op)) != 0)
        return -EFAULT;
    if (op.nr_ports > POLL_MAX_PORTS)
        return -EINVAL;
    for (uint32_t i = 0; i < op.nr_ports; i++) {
        uint32_t at = (uint32_t)(uintptr_t)op.ports.p + i * sizeof(port);

        if (copy_from_guest(&port, vaddr(at), sizeof(port)) != 0)
            return -EFAULT;
        if (port >= d->events.nr_known)
            return -EINVAL;
    }
    (void)work_for_waiter(d);
    return 0;
}

/**
 * Hypercall 29.
 *
 * @param arg  [0] SCHEDOP_*, [1] address of its structure.
 * @retval 0        done; after yield and block others may have run. block has
 *                  cleared the event mask. poll goes on at once.
 * @retval -EFAULT  the structure, or poll's list, cannot be read.
 * @retval -EINVAL  poll: more than 128 ports, or one that was never in use.
 * @retval -ENOSYS  an operation that does not exist (yet).
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
    default:
        return -ENOSYS;
    }
}

/**
 * Hypercall 6, of old guests: the shutdown's reason is the argument itself.
 *
 * @param arg  [0] SCHEDOP_yield, SCHEDOP_block or SCHEDOP_shutdown, [1] reason.
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
