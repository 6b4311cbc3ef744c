/* SPDX-License-Identifier: MIT */
/**
 * @file sched_op.c
 * @ingroup hypercall
 * Hypercalls 6 and 29: what a vCPU says about its own running.
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

/**
 * Hypercall 29.
 *
 * @param arg  [0] SCHEDOP_*, [1] address of its structure.
 * @retval 0        done. A vCPU that yields is alone and goes on at once.
 * @retval -EFAULT  the structure cannot be read.
 * @retval -ENOSYS  an operation that does not exist (yet).
 */
int32_t do_sched_op(const uint32_t arg[HYPERCALL_ARGS])
{
    switch (arg[0]) {
    case SCHEDOP_yield:
        return 0;
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
 * @retval -ENOSYS  another operation, or one that does not exist yet.
 */
int32_t do_sched_op_compat(const uint32_t arg[HYPERCALL_ARGS])
{
    switch (arg[0]) {
    case SCHEDOP_yield:
        return 0;
    case SCHEDOP_shutdown:
        domain_shutdown(current_vcpu()->domain, arg[1]);
        return 0;
    default:
        return -ENOSYS;
    }
}
