/* SPDX-License-Identifier: MIT */
/**
 * @file physdev_op.c
 * @ingroup hypercall
 * Hypercalls 19 and 33: the right to use ports, and physical interrupts. No
 * domain has a device of the machine's, so of the interrupts nothing is here.
 *
 * A guest may give itself any I/O privilege: it is virtual, and what it opens
 * are ports on which nobody answers (port_io.c).
 *
 * Source: [XenABI] xen/physdev.h.
 */
#include "hypercall.h"

#include "domain.h"

#define MAX_IOPL 3
#define MAX_PORTS 65536u

static int32_t set_iopl(struct vcpu *v, uint32_t address)
{
    struct physdev_set_iopl op;

    if (copy_from_guest(&op, vaddr(address), sizeof(op)) != 0)
        return -EFAULT;
    if (op.iopl > MAX_IOPL)
        return -EINVAL;
    v->io_privilege = (uint8_t)op.iopl;
    return 0;
}

/** The bitmap stays the guest's memory: it is read when a port is tried. */
static int32_t set_io_bitmap(struct vcpu *v, uint32_t address)
{
    struct physdev_set_iobitmap op;

    if (copy_from_guest(&op, vaddr(address), sizeof(op)) != 0)
        return -EFAULT;
    if (op.nr_ports > MAX_PORTS)
        return -EINVAL;
    v->io_bitmap = vaddr((uint32_t)(uintptr_t)op.bitmap.p);
    v->nr_io_ports = op.nr_ports;
    return 0;
}

/**
 * Hypercall 33.
 *
 * @param arg  [0] PHYSDEVOP_*, [1] address of its structure.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -EINVAL  set_iopl: more than 3; set_iobitmap: more than 65536 ports.
 * @retval -EFAULT  the structure cannot be read.
 * @retval -ENOSYS  another operation.
 */
int32_t do_physdev_op(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();

    switch (arg[0]) {
    case PHYSDEVOP_set_iopl:
        return set_iopl(v, arg[1]);
    case PHYSDEVOP_set_iobitmap:
        return set_io_bitmap(v, arg[1]);
    default:
        return -ENOSYS;
    }
}

/**
 * Hypercall 19, of old guests: one structure has the operation and its
 * arguments.
 *
 * @param arg  [0] address of struct physdev_op.
 * @context{hypercall}
 * @return as do_physdev_op(); -EFAULT if the operation cannot be read.
 */
int32_t do_physdev_op_compat(const uint32_t arg[HYPERCALL_ARGS])
{
    const uint32_t argument = arg[0] + offsetof(struct physdev_op, u);
    uint32_t new_arg[HYPERCALL_ARGS] = { 0, argument };

    if (copy_from_guest(&new_arg[0], vaddr(arg[0]), sizeof(uint32_t)) != 0)
        return -EFAULT;
    return do_physdev_op(new_arg);
}
