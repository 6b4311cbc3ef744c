/* SPDX-License-Identifier: MIT */
/**
 * @file traps.c
 * @ingroup segmentation
 * Every exception and interrupt arrives here, from a guest or from ring 0.
 *
 * Most of a guest's exceptions are simply bounced. The others:
 *
 * | vector | who looks first                                            |
 * |--------|------------------------------------------------------------|
 * | 2      | nobody's fault: nmi()                                      |
 * | 7      | the virtual CR0.TS: fpu_not_available()                    |
 * | 1      | the debug status register: debug_exception()               |
 * | 6      | the forced-emulation prefix: emulate_forced()              |
 * | 13     | INT n, privileged instructions: protection_fault()         |
 * | 14     | our own windows, page-table stores: page_fault()           |
 * | 18     | the machine is broken: panic                               |
 *
 * In ring 0 five things are expected: a fault that the exception table has a
 * continuation for, one in the window of the LDT, which is filled when it is
 * touched, an NMI, \#DB, and an interrupt of a device while the processor is
 * idle. All else is a bug of ours.
 *
 * Sources: [SDM3A] 6.12 "Exception and Interrupt Handling"; [Xen2003] 2.1.2
 * "CPU".
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "console.h"
#include "domain.h"
#include "hypercall.h"

static const char *const exception_name[NR_EXCEPTIONS] = {
    [0] = "divide error", [1] = "debug", [2] = "NMI", [3] = "breakpoint",
    [4] = "overflow", [5] = "bound", [6] = "invalid opcode",
    [7] = "no FPU", [8] = "double fault", [9] = "FPU segment",
    [10] = "invalid TSS", [11] = "segment not present",
    [12] = "stack fault", [13] = "general protection", [14] = "page fault",
    [16] = "FPU error", [17] = "alignment check", [18] = "machine check",
    [19] = "SIMD error",
};

/** The vector's name, for people. */
static const char *exception_name_of(unsigned vector)
{
    if (vector >= NR_EXCEPTIONS || exception_name[vector] == NULL)
        return "reserved exception";
    return exception_name[vector];
}

/** Remember an exception for the crash report. */
static void record_fault(struct vcpu *v, const trap_frame_t *frame,
                         uint32_t address)
{
    v->last_fault = (struct last_fault){
        .any = true,
        .vector = (uint8_t)frame->entry_vector,
        .error = frame->error_code,
        .address = address,
    };
}

static void trap_from_guest(struct vcpu *v, trap_frame_t *frame)
{
    unsigned vector = frame->entry_vector;
    uint32_t address = vector == VECTOR_PAGE_FAULT ? arch_read_cr2() : 0;

    if (vector >= NR_EXCEPTIONS) {
        interrupt_take(vector);
        return;
    }
    record_fault(v, frame, address);
    switch (vector) {
    case VECTOR_NMI:
        nmi(frame);
        break;
    case VECTOR_DEBUG:
        debug_exception(v, frame);
        break;
    case VECTOR_NO_FPU:
        fpu_not_available(v, frame);
        break;
    case VECTOR_INVALID_OPCODE:
        if (emulate_forced(frame))
            instruction_done(v, frame);
        else
            bounce_exception(v, frame, vector, 0);
        break;
    case VECTOR_PROTECTION:
        protection_fault(v, frame);
        break;
    case VECTOR_PAGE_FAULT:
        page_fault(v, frame, address);
        break;
    case VECTOR_MACHINE_CHECK:
        panic_frame(frame, "machine check");
    default:
        bounce_exception(v, frame, vector, frame->error_code);
    }
}

static void trap_in_ring0(trap_frame_t *frame)
{
    unsigned vector = frame->entry_vector;
    uint32_t resume;

    if (vector >= NR_EXCEPTIONS) { /* while idle: nothing else lets them in */
        interrupt_take(vector);
        return;
    }
    if (vector == VECTOR_NMI) {
        nmi(frame);
        return;
    }
    if (vector == VECTOR_DEBUG) {
        debug_exception_in_ring0();
        return;
    }
    if (vector == VECTOR_PAGE_FAULT && current_vcpu() &&
        page_fault_in_ldt(current_vcpu(), arch_read_cr2()))
        return;

    resume = fixup_find(frame->eip);
    if (resume == 0)
        panic_frame(frame, "%s in ring 0, error code %04x, cr2 %08x",
                    exception_name_of(vector), frame->error_code,
                    arch_read_cr2());
    frame->eip = resume;
}

/**
 * Handle an exception or interrupt. Called by the entry path only.
 *
 * @param frame  The interrupted registers: a guest's, complete, or ring 0's,
 *               which end after eflags. Changed to where to continue.
 * @context{exception}
 */
void trap_dispatch(trap_frame_t *frame)
{
    if (frame_ring(frame) == 0)
        trap_in_ring0(frame);
    else
        trap_from_guest(current_vcpu(), frame);
}
