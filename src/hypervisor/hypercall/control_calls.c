/* SPDX-License-Identifier: MIT */
/**
 * @file control_calls.c
 * @ingroup hypercall
 * Hypercalls 7, 35 and 36: the machine and other domains, for the control
 * domain and its tools. Of their operations none exists yet; what is here are
 * the answers by which a kernel or a tool finds that out.
 *
 * All three begin alike: a command, and the version of the interface that the
 * caller was built for, which must be ours.
 */
#include "hypercall.h"

#include "domain.h"

/* Those headers refuse strict C because they have anonymous members, which C
 * has had since 2011. */
#undef __STRICT_ANSI__
#include <xen/domctl.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

/** What the structures of the three calls begin with. */
struct control_head {
    uint32_t command;
    uint32_t interface_version;
    uint16_t domain; /**< domctl only */
};

/** Read the head, check version and privilege, in this order. */
static int32_t control_begin(uint32_t address, uint32_t version,
                             struct control_head *head)
{
    if (copy_from_guest(head, vaddr(address), sizeof(*head)) != 0)
        return -EFAULT;
    if (head->interface_version != version)
        return -EACCES;
    return current_vcpu()->domain->privileged ? 0 : -EPERM;
}

/**
 * Hypercall 7: the machine's firmware, clock and processors.
 *
 * @param arg  [0] address of struct xen_platform_op.
 * @retval -EFAULT  it cannot be read.
 * @retval -EACCES  another version of the interface.
 * @retval -EPERM   not the control domain.
 * @retval -ENOSYS  no such operation.
 */
int32_t do_platform_op(const uint32_t arg[HYPERCALL_ARGS])
{
    struct control_head head;
    int32_t error = control_begin(arg[0], XENPF_INTERFACE_VERSION, &head);

    return error != 0 ? error : -ENOSYS;
}

/**
 * Hypercall 35: the hypervisor itself. Errors as do_platform_op().
 *
 * @param arg  [0] address of struct xen_sysctl.
 */
int32_t do_sysctl(const uint32_t arg[HYPERCALL_ARGS])
{
    struct control_head head;
    int32_t error = control_begin(arg[0], XEN_SYSCTL_INTERFACE_VERSION, &head);

    return error != 0 ? error : -ENOSYS;
}

/**
 * Hypercall 36: another domain. Errors as do_platform_op(), and
 *
 * @param arg  [0] address of struct xen_domctl.
 * @retval -ESRCH  there is no such domain.
 */
int32_t do_domctl(const uint32_t arg[HYPERCALL_ARGS])
{
    struct control_head head;
    int32_t error = control_begin(arg[0], XEN_DOMCTL_INTERFACE_VERSION, &head);

    if (error != 0)
        return error;
    if (head.command != XEN_DOMCTL_createdomain &&
        domain_by_id(head.domain) == NULL)
        return -ESRCH;
    return -ENOSYS;
}
