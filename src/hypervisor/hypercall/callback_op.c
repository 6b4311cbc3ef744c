/* SPDX-License-Identifier: MIT */
/**
 * @file callback_op.c
 * @ingroup hypercall
 * Hypercalls 4, 28 and 30: where a guest wants to be entered for events, for
 * selectors that cannot be loaded, and for NMIs.
 *
 * Entry points for SYSENTER and SYSCALL are stored, and nothing more: CPUID
 * tells guests that this processor has neither.
 *
 * Sources: [XenABI] xen/callback.h; xen/nmi.h.
 */
#include "hypercall.h"

#include <xen/callback.h>
#include <xen/nmi.h>

#include "domain.h"
#include "lib.h"

static struct guest_callback callback(uint32_t cs, uint32_t eip,
                                      bool mask_events)
{
    return (struct guest_callback){
        .cs = selector_fix((uint16_t)cs),
        .eip = eip,
        .mask_events = mask_events,
    };
}

/** An NMI's handler is the trap table's entry 2, with events masked. */
static void set_nmi_handler(struct vcpu *v, uint32_t cs, uint32_t eip)
{
    v->traps.table[VECTOR_NMI] = (struct guest_trap){
        .address = eip,
        .cs = selector_fix((uint16_t)cs),
        .mask_events = true,
    };
}

/**
 * Hypercall 4: set the event and the failsafe callback.
 *
 * @param arg  [0] event cs, [1] event eip, [2] failsafe cs, [3] failsafe eip;
 *             selectors of RPL 0 get RPL 1. Nothing else is checked.
 * @context{hypercall}
 * @return 0.
 */
int32_t do_set_callbacks(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();

    v->traps.event = callback(arg[0], arg[1], true);
    v->traps.failsafe = callback(arg[2], arg[3], false);
    return 0;
}

static int32_t register_callback(struct vcpu *v,
                                 const struct callback_register *r)
{
    uint32_t cs = (uint32_t)r->address.cs, eip = (uint32_t)r->address.eip;
    bool mask = (r->flags & CALLBACKF_mask_events) != 0;

    switch (r->type) {
    case CALLBACKTYPE_event:
        v->traps.event = callback(cs, eip, true);
        return 0;
    case CALLBACKTYPE_failsafe:
        v->traps.failsafe = callback(cs, eip, mask);
        return 0;
    case CALLBACKTYPE_sysenter:
        v->traps.sysenter = callback(cs, eip, mask);
        return 0;
    case CALLBACKTYPE_syscall32:
        v->traps.syscall32 = callback(cs, eip, mask);
        return 0;
    case CALLBACKTYPE_nmi:
        set_nmi_handler(v, cs, eip);
        return 0;
    default:
        return -ENOSYS;
    }
}

static int32_t unregister_callback(struct vcpu *v, uint16_t type)
{
    switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_sysenter:
    case CALLBACKTYPE_syscall32:
        return -EINVAL;
    case CALLBACKTYPE_nmi:
        memset(&v->traps.table[VECTOR_NMI], 0, sizeof(struct guest_trap));
        return 0;
    default:
        return -ENOSYS;
    }
}

/**
 * Hypercall 30: register or unregister one callback.
 *
 * @param arg  [0] CALLBACKOP_*, [1] address of its structure.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -EINVAL  unknown operation; or this one cannot be unregistered.
 * @retval -ENOSYS  unknown type, or one that a 32-bit guest does not have.
 * @retval -EFAULT  the structure cannot be read.
 */
int32_t do_callback_op(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();

    switch (arg[0]) {
    case CALLBACKOP_register: {
        struct callback_register r;

        if (copy_from_guest(&r, vaddr(arg[1]), sizeof(r)) != 0)
            return -EFAULT;
        return register_callback(v, &r);
    }
    case CALLBACKOP_unregister: {
        struct callback_unregister u;

        if (copy_from_guest(&u, vaddr(arg[1]), sizeof(u)) != 0)
            return -EFAULT;
        return unregister_callback(v, u.type);
    }
    default:
        return -EINVAL;
    }
}

/**
 * Hypercall 28: the older way to set the NMI handler.
 *
 * The handler runs in the flat ring-1 code segment.
 *
 * @param arg  [0] XENNMI_*, [1] address of struct xennmi_callback.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -ENOSYS  unknown operation.
 * @retval -EFAULT  the structure cannot be read.
 */
int32_t do_nmi_op(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();
    struct xennmi_callback r;

    switch (arg[0]) {
    case XENNMI_register_callback:
        if (copy_from_guest(&r, vaddr(arg[1]), sizeof(r)) != 0)
            return -EFAULT;
        set_nmi_handler(v, SEL_RING1_CS, (uint32_t)r.handler_address);
        return 0;
    case XENNMI_unregister_callback:
        memset(&v->traps.table[VECTOR_NMI], 0, sizeof(struct guest_trap));
        return 0;
    default:
        return -ENOSYS;
    }
}
