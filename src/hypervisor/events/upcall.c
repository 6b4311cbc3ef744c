/* SPDX-License-Identifier: MIT */
/**
 * @file upcall.c
 * @ingroup events
 * Exercise 5.3: telling a vCPU of its events, on the way out.
 *
 *        every return to a guest (arch/segmentation_entry.asm)
 *                    |
 *        pending byte set, mask byte clear?  -- no -->  the guest goes on
 *                    | yes
 *        frame on the guest's stack: IF set, the old mask (0) beside CS
 *        mask byte := 1
 *        CS:EIP := the event callback
 *
 * That is an interrupt in all but name: the mask byte is the guest's interrupt
 * flag, and its IRET hypercall restores it from the frame. The hypervisor
 * never clears the pending byte: the guest does, before it looks for ports,
 * so that an event between the two is told again.
 *
 *  - EV-I7: no return to a guest leaves an event undelivered that the vCPU may
 *    be told of: the exit path asks again after everything that it does.
 *  - EV-I8: an upcall masks, so that there is never a second one before the
 *    guest asks for it; the exit path ends.
 *
 * Sources: [Xen2003] 3.1 "Control Transfer: Hypercalls and Events"; [XenABI]
 * xen/xen.h, struct vcpu_info.
 */
#include "events.h"

#include "console.h"
#include "domain.h"

/**
 * Is a vCPU to be told of an event: is one pending, and are they not masked?
 *
 * @param v  Any vCPU. The guest writes both bytes at any time, and any value:
 *           each is read once, and what is not 0 counts as set.
 * @context{any}
 * @return true if one is pending and they are not masked.
 */
bool event_deliverable(const struct vcpu *v)
//@solution 5.3 -- (void)v; return false;
{
    return __atomic_load_n(&v->info->evtchn_upcall_pending,
                           __ATOMIC_SEQ_CST) != 0 &&
           __atomic_load_n(&v->info->evtchn_upcall_mask,
                           __ATOMIC_SEQ_CST) == 0;
}
//@end

/**
 * Enter a guest's event callback, with events masked.
 *
 * A guest that has no callback, or whose stack cannot take the frame, is
 * crashed: it said itself that it can be told. Its selectors and the callback's
 * address are checked by nobody: the exit path finds what cannot be loaded, and
 * the failsafe callback is for that.
 *
 * @param v      The running vCPU, with event_deliverable().
 * @param frame  Its registers; those at the callback's entry afterwards.
 * @context{exit}
 */
void event_upcall(struct vcpu *v, trap_frame_t *frame)
//@solution 5.3 -- (void)v; (void)frame;
{
    const struct bounce b = {
        .cs = v->traps.event.cs,
        .eip = v->traps.event.eip,
        .mask_events = true,
    };
    int error = bounce_frame(v, frame, &b);

    if (error == -EINVAL)
        domain_crash(v->domain, "it has no callback for events");
    else if (error != 0)
        domain_crash(v->domain, "its stack cannot take the frame of an event");
}
//@end
