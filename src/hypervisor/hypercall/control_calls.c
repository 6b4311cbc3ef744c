/* SPDX-License-Identifier: MIT */
/**
 * @file control_calls.c
 * @ingroup hypercall
 * Hypercalls 7, 35 and 36: the machine and other domains, for the control
 * domain and its tools. Of their operations only two of the first call exist
 * yet, which a kernel asks for as it starts: setting the date, and what the
 * machine's processors are. What is here besides are the answers by which a
 * kernel or a tool finds that out.
 *
 * All three begin alike: a command, and the version of the interface that the
 * caller was built for, which must be ours.
 *
 * Source: [XenABI] xen/platform.h.
 */
#include "hypercall.h"

#include "arch_cpu.h"
#include "domain.h"

/* Those headers refuse strict C because they have anonymous members, which C
 * has had since 2011. */
#undef __STRICT_ANSI__
#include <xen/domctl.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

/** Dates are counted in ns in 64 bits: until the year 2514. */
#define LAST_SECOND (1ull << 34)

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

/** XENPF_settime64: the control domain knows the date better than we do. */
static int32_t set_time(const struct xenpf_settime64 *op)
{
    if (op->mbz != 0 || op->nsecs >= NS_PER_S || op->secs >= LAST_SECOND ||
        op->secs * NS_PER_S + op->nsecs < op->system_time)
        return -EINVAL;
    wall_clock_set(op->secs, op->nsecs, op->system_time);
    return 0;
}

/** XENPF_settime32, XENPF_settime64. */
static int32_t set_time_from(uint32_t command, vaddr_t from)
{
    struct xenpf_settime32 op32;
    struct xenpf_settime64 op;

    if (command == XENPF_settime64)
        return copy_from_guest(&op, from, sizeof(op)) != 0 ? -EFAULT
                                                           : set_time(&op);
    if (copy_from_guest(&op32, from, sizeof(op32)) != 0)
        return -EFAULT;
    op = (struct xenpf_settime64){ .secs = op32.secs, .nsecs = op32.nsecs,
                                   .system_time = op32.system_time };
    return set_time(&op);
}

/** XENPF_get_cpuinfo: there is one processor, whose APIC has the number that
 *  CPUID says. The firmware's number for it is not known: 0. */
static int32_t get_processor(vaddr_t at)
{
    struct xenpf_pcpuinfo op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    op.max_present = 0;
    op.flags = XEN_PCPU_FLAGS_INVALID;
    if (op.xen_cpuid == 0) {
        op.flags = XEN_PCPU_FLAGS_ONLINE;
        op.apic_id = arch_cpuid(1, 0).ebx >> 24;
        op.acpi_id = 0;
    }
    return copy_to_guest(at, &op, sizeof(op));
}

/**
 * Hypercall 7: the machine's firmware, clock and processors.
 *
 * @param arg  [0] address of struct xen_platform_op.
 * @context{hypercall}
 * @retval 0        done; a processor that does not exist is told by its flags.
 * @retval -EFAULT  it cannot be read, or an answer not be written.
 * @retval -EACCES  another version of the interface.
 * @retval -EPERM   not the control domain.
 * @retval -EINVAL  settime: not a time.
 * @retval -ENOSYS  no such operation.
 */
int32_t do_platform_op(const uint32_t arg[HYPERCALL_ARGS])
{
    vaddr_t operands = vaddr(arg[0] + offsetof(struct xen_platform_op, u));
    struct control_head head;
    int32_t error = control_begin(arg[0], XENPF_INTERFACE_VERSION, &head);

    if (error != 0)
        return error;
    switch (head.command) {
    case XENPF_settime32:
    case XENPF_settime64:
        return set_time_from(head.command, operands);
    case XENPF_get_cpuinfo:
        return get_processor(operands);
    default:
        return -ENOSYS;
    }
}

/**
 * Hypercall 35: the hypervisor itself. Errors as do_platform_op().
 *
 * @param arg  [0] address of struct xen_sysctl.
 * @context{hypercall}
 * @return -ENOSYS for every command, after the checks.
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
 * @context{hypercall}
 * @retval -ESRCH   there is no such domain.
 * @retval -ENOSYS  every other command, after the checks.
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
