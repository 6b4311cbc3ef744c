/* SPDX-License-Identifier: MIT */
/**
 * @file exit.c
 * @ingroup segmentation
 * What may have to be done between a handler's end and the guest's next
 * instruction. The exit path looks at one word of ours and at the pending byte
 * of the vCPU; only if one is set does it come here, so that an ordinary exit
 * pays two comparisons.
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "console.h"
#include "domain.h"

/**
 * Ask for something to be done before the processor goes back to a guest.
 *
 * @param work  EXIT_* bits; stay set until exit_work() has done them.
 * @context{any}
 */
void exit_request(uint32_t work)
{
    processor.exit_work |= work;
}

void (*exit_pending)(trap_frame_t *frame) = exit_work;

/**
 * Do what was asked for, and tell the vCPU of its events. Called by the exit
 * path until there is nothing left; does not return if the last domain may not
 * run any more. Another vCPU may be the current one afterwards.
 *
 * Events come last: an NMI's handler may mask them, and one that does not is
 * interrupted by them at its first instruction, as on hardware.
 *
 * @param frame  The guest's registers, about to be loaded.
 * @context{exit}
 */
void exit_work(trap_frame_t *frame)
{
    struct vcpu *v = current_vcpu();
    /* At once: an NMI may ask for more between two instructions. */
    uint32_t work = __atomic_exchange_n(&processor.exit_work, 0,
                                        __ATOMIC_RELAXED);

    if (work & EXIT_NMI)
        nmi_take(); /* perhaps another vCPU is to run: in the next round */
    if (work & EXIT_STOP)
        domain_end_all();
    if (work & EXIT_SCHEDULE) {
        schedule(frame);
        v = current_vcpu();
    }
    nmi_deliver(v, frame);
    if (event_deliverable(v))
        event_upcall(v, frame);
}

/**
 * End a guest whose failsafe callback cannot be entered either: its code or
 * stack segment is as bad as what the callback was to report.
 *
 * @param frame  The registers that could not be loaded, twice.
 * @context{exit}
 */
_Noreturn void exit_refused(trap_frame_t *frame)
{
    domain_crash(current_vcpu()->domain, "its failsafe callback %04x:%08x "
                 "cannot be entered", frame->cs, frame->eip);
    arch_exit_to_guest(); /* another one's */
}
