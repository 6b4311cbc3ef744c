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
 *
 * Source: [SDM2] "FXSAVE".
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "domain.h"
#include "lib.h"

#define FPU_CONTROL_DEFAULT 0x037Fu /* every exception masked, 64 bits */
#define MXCSR_DEFAULT 0x1F80u       /* the same for SSE */

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
 *
 * @context{boot}
 */
void fpu_init(void)
{
    arch_write_cr0(arch_read_cr0() | CR0_AM);
    arch_reset_fpu();
}

/**
 * Put a vCPU's saved state to what the FPU has after a reset.
 *
 * @param v  A vCPU that is not running.
 * @context{any}
 */
void fpu_state_init(struct vcpu *v)
{
    memset(&v->fpu, 0, sizeof(v->fpu));
    v->fpu.control = FPU_CONTROL_DEFAULT;
    v->fpu.mxcsr = MXCSR_DEFAULT;
}

/**
 * Save the running vCPU's FPU and SSE registers.
 *
 * They are saved at every switch, used or not: to wait for the first use (with
 * the real CR0.TS) lets one guest's registers lie in the processor while
 * another one runs, and processors have been found that let them be read.
 *
 * @param v  The vCPU that ran until now; its registers are in the processor.
 * @context{exit}
 */
void fpu_save(struct vcpu *v)
{
    arch_clear_task_switched();
    arch_save_fpu(&v->fpu);
}

/**
 * Load a vCPU's FPU and SSE registers, and its CR0.TS (SEG-I11).
 *
 * The reset before the load is for processors that leave the address of the
 * last FPU instruction as it is when no exception is pending: it would be
 * another guest's.
 *
 * @param v  The vCPU that is about to run.
 * @context{any}
 */
void fpu_load(const struct vcpu *v)
{
    arch_clear_task_switched();
    arch_reset_fpu();
    arch_load_fpu(&v->fpu);
    if (v->task_switched)
        write_task_switched(true);
}

/**
 * Set or clear the running vCPU's virtual CR0.TS.
 *
 * @param v    The running vCPU.
 * @param set  true: its next FPU instruction raises \#NM.
 * @context{entry}
 */
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
 * @context{exception}
 */
void fpu_not_available(struct vcpu *v, trap_frame_t *frame)
{
    fpu_set_task_switched(v, false);
    bounce_exception(v, frame, VECTOR_NO_FPU, 0);
}
