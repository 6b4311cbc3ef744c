/* SPDX-License-Identifier: MIT */
/**
 * @file fpu_taskswitch.c
 *
 * Sources: [XenABI] xen/xen.h, fpu_taskswitch; [SDM3A] "Control Registers".
 * @ingroup hypercall
 * Hypercall 5: the virtual CR0.TS (segmentation/fpu.c says what it is for).
 */
#include "hypercall.h"

#include "domain.h"

/**
 * Hypercall 5: set or clear CR0.TS.
 *
 * @param arg  [0] 0 clears, anything else sets.
 * @context{hypercall}
 * @return 0.
 */
int32_t do_fpu_taskswitch(const uint32_t arg[HYPERCALL_ARGS])
{
    fpu_set_task_switched(current_vcpu(), arg[0] != 0);
    return 0;
}
