/* SPDX-License-Identifier: MIT */
/**
 * @file protection.c
 * @ingroup segmentation
 * General protection faults of a guest: the exception by which the hardware
 * tells us of everything that a guest's kernel believes it may do and may not.
 *
 * The error code says which case it is:
 *
 * | error     | cause                                                       |
 * |-----------|-------------------------------------------------------------|
 * | 8 n + 2   | INT n: our gate's DPL is 0 (SEG-I3); the guest's table      |
 * |           | decides                                                     |
 * | 0         | a segment limit, or a privileged instruction                |
 * | selector  | a selector that may not be loaded: the guest's own fault    |
 * | bit 0 set | an outside event: never a reason to do anything for a guest |
 *
 * Source: [SDM3A] 6.13 "Error Code", 6.12.1.2 "Protection of Exception- and
 * Interrupt-Handler Procedures".
 */
#include "segmentation.h"

#include "arch_cpu.h"
#include "domain.h"
#include "hypercall.h"

/** INT n is two bytes long, whatever n. */
#define INT_N_BYTES 2

/**
 * INT n that our own table refused: allowed if the guest's allows it to the
 * ring that tried.
 */
static bool software_interrupt(struct vcpu *v, trap_frame_t *frame)
{
    unsigned vector = (frame->error_code >> 3) & 0xFF;

    if (frame_ring(frame) > v->traps.table[vector].dpl)
        return false;
    frame->eip += INT_N_BYTES;
    bounce_interrupt(v, frame, vector);
    return true;
}

/**
 * The end of an instruction that was done for the guest. If it is
 * single-stepping, the step ends here as behind any other.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers; eip is behind the instruction.
 * @context{exception}
 */
void instruction_done(struct vcpu *v, trap_frame_t *frame)
{
    frame->eflags &= ~FLAG_RF;
    if (!(frame->eflags & FLAG_TF))
        return;
    v->debug_register[6] |= DR6_SINGLE_STEP;
    bounce_exception(v, frame, VECTOR_DEBUG, 0);
}

/** A privileged instruction, done for the guest. */
static bool privileged_instruction(struct vcpu *v, trap_frame_t *frame)
{
    switch (emulate_privileged(v, frame)) {
    case EMULATE_REFUSED:
        return false;
    case EMULATE_DONE:
        instruction_done(v, frame);
        return true;
    default:
        return true;
    }
}

/**
 * Handle a guest's general protection fault.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers.
 * @context{exception}
 */
void protection_fault(struct vcpu *v, trap_frame_t *frame)
{
    uint32_t error = frame->error_code;

    if (!(error & ERROR_EXTERNAL) && (error & ERROR_IDT) &&
        software_interrupt(v, frame))
        return;
    if (error == 0 && (privileged_instruction(v, frame) ||
                       big_segment_assist(v, frame)))
        return;
    bounce_exception(v, frame, VECTOR_PROTECTION, error);
}
