/* SPDX-License-Identifier: MIT */
/**
 * @file trap_table.c
 *
 * Sources: [XenABI] xen/arch-x86/xen.h, struct trap_info; [Xen2003] 2.1.2
 * "CPU".
 * @ingroup hypercall
 * Hypercall 0: the guest's handlers for exceptions and software interrupts.
 */
#include "hypercall.h"

#include "domain.h"
#include "lib.h"

/** Entries taken before the call continues itself: the list has no other
 *  bound than the entry that ends it. */
#define TRAPS_BATCH 256

/* Bits of trap_info.flags. */
#define TRAP_FLAGS_DPL 0x03
#define TRAP_FLAGS_MASK_EVENTS 0x04

/** Set one entry. */
static void set_trap(struct vcpu *v, const struct trap_info *info)
{
    v->traps.table[info->vector] = (struct guest_trap){
        .address = (uint32_t)info->address,
        .cs = selector_fix(info->cs),
        .dpl = info->flags & TRAP_FLAGS_DPL,
        .mask_events = (info->flags & TRAP_FLAGS_MASK_EVENTS) != 0,
    };
}

/**
 * Hypercall 0: set entries of the trap table.
 *
 * @param arg  [0] address of a list of struct trap_info that ends with an
 *             entry of address 0; or 0 itself, to clear all 256 entries.
 * @context{hypercall}
 * @note  Selectors of RPL 0 get RPL 1. Addresses are not checked: a handler
 *        that the guest cannot run faults when it is entered.
 * @retval 0        done.
 * @retval -EFAULT  an entry cannot be read; those before it are set.
 */
int32_t do_set_trap_table(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();
    struct trap_info info;
    uint32_t list = arg[0];
    int32_t result = 0;
    unsigned done;

    if (list == 0)
        memset(v->traps.table, 0, sizeof(v->traps.table));
    for (done = 0; list != 0 && done < TRAPS_BATCH; done++) {
        result = copy_from_guest(&info, vaddr(list), sizeof(info));
        if (result != 0 || info.address == 0)
            break;
        set_trap(v, &info);
        list += sizeof(info);
    }
    direct_gate_load(v);
    if (done == TRAPS_BATCH) {
        const uint32_t rest[HYPERCALL_ARGS] = {
            list, arg[1], arg[2], arg[3], arg[4], arg[5],
        };

        return hypercall_continue(__HYPERVISOR_set_trap_table, rest);
    }
    return result;
}
