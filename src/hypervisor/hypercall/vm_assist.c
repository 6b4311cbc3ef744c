/* SPDX-License-Identifier: MIT */
/**
 * @file vm_assist.c
 *
 * Source: [XenABI] xen/xen.h, VMASST_*.
 * @ingroup hypercall
 * Hypercall 21: behaviour that a guest chooses, one bit an assist.
 */
#include "hypercall.h"

#include "domain.h"

/** The assists that this hypervisor knows. */
#define KNOWN_ASSISTS                                                        \
    (1u << VMASST_TYPE_4gb_segments | 1u << VMASST_TYPE_4gb_segments_notify | \
     1u << VMASST_TYPE_writable_pagetables |                                 \
     1u << VMASST_TYPE_pae_extended_cr3 |                                    \
     1u << VMASST_TYPE_architectural_iopl |                                  \
     1u << VMASST_TYPE_runstate_update_flag)

/**
 * Hypercall 21: enable or disable an assist of the calling domain.
 *
 * @param arg  [0] VMASST_CMD_*, [1] VMASST_TYPE_*.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -EINVAL  an assist that does not exist; looked at first.
 * @retval -ENOSYS  an unknown command.
 */
int32_t do_vm_assist(const uint32_t arg[HYPERCALL_ARGS])
{
    struct domain *d = current_vcpu()->domain;

    if (arg[1] >= 32 || !(KNOWN_ASSISTS & 1u << arg[1]))
        return -EINVAL;
    switch (arg[0]) {
    case VMASST_CMD_enable:
        d->assists |= 1u << arg[1];
        return 0;
    case VMASST_CMD_disable:
        d->assists &= ~(1u << arg[1]);
        return 0;
    default:
        return -ENOSYS;
    }
}
