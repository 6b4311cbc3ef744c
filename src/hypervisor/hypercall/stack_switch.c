/* SPDX-License-Identifier: MIT */
/**
 * @file stack_switch.c
 *
 * Source: [SDM3A] 7.2.1 "Task-State Segment (TSS)".
 * @ingroup hypercall
 * Hypercall 3: the kernel's stack for entries from rings 2 and 3. A guest's
 * kernel makes this call at each of its context switches.
 */
#include "hypercall.h"

#include "domain.h"

/**
 * Hypercall 3: set the kernel stack.
 *
 * @param arg  [0] selector, RPL 0 becomes 1; [1] stack pointer. Neither is
 *             checked: a bad one ends the domain when an entry needs it.
 * @context{hypercall}
 * @return 0.
 */
int32_t do_stack_switch(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();

    v->traps.kernel_ss = selector_fix((uint16_t)arg[0]);
    v->traps.kernel_esp = arg[1];
    direct_stack_load(v);
    return 0;
}
