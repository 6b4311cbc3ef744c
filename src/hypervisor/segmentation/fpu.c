/* SPDX-License-Identifier: MIT */
/**
 * @file fpu.c
 * @ingroup segmentation
 * The FPU belongs to the guest: ring 0 is compiled without it. What is virtual
 * is CR0.TS, by which a kernel delays the FPU's part of its own context
 * switches: the guest sets it by hypercall, the next FPU instruction raises
 * \#NM, and with that exception the bit is clear again.
 *
 *  - SEG-I11  While a guest runs, the real CR0.TS is its virtual one.
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "domain.h"

static void write_task_switched(bool set)
{
    if (set)
        arch_write_cr0(arch_read_cr0() | CR0_TS);
    else
        arch_clear_task_switched();
}

/**
 * The FPU as after a reset, and alignment checks allowed (they act in ring 3
 * only). The other modes of the FPU are set by boot_main().
 */
void fpu_init(void)
{
    arch_write_cr0(arch_read_cr0() | CR0_AM);
    arch_reset_fpu();
}

/** Make the real CR0.TS that of a vCPU that is about to run (SEG-I11). */
void fpu_load(const struct vcpu *v)
{
    write_task_switched(v->task_switched);
}

/** Set or clear the running vCPU's virtual CR0.TS. */
void fpu_set_task_switched(struct vcpu *v, bool set)
{
    if (v->task_switched == set)
        return;
    v->task_switched = set;
    write_task_switched(set);
}

/**
 * Handle \#NM of a guest: its virtual CR0.TS was set. Clear it, so that the
 * handler can use the FPU, and bounce.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers.
 */
void fpu_not_available(struct vcpu *v, trap_frame_t *frame)
{
    fpu_set_task_switched(v, false);
    bounce_exception(v, frame, VECTOR_NO_FPU, 0);
}
