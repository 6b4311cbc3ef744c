/* SPDX-License-Identifier: MIT */
/**
 * @file fast_bounce.h
 * bounce_frame() (exercise 2.3) in one piece, for the two entries that happen
 * most: a page fault and an event.
 *
 * SEG-I9 and SEG-I10 hold as there: the frame is stored through the guest's
 * own stack segment, and its registers change afterwards. A guest that has
 * asked for the old way of IOPL, or has no handler, is left to the plain form;
 * so is one whose stack cannot be written, to be told so there.
 */
#ifndef HV_FAST_BOUNCE_H
#define HV_FAST_BOUNCE_H

#include "arch_bits.h"
#include "arch_guest.h"
#include "domain.h"

/** What a guest is entered with. */
struct fast_entry_point {
    uint16_t cs;
    uint32_t eip;
    bool mask_events;
    bool has_error; /**< a constant at every use */
    uint32_t error;
};

/** Write the frame: [error,] eip, cs and mask, eflags. */
static inline bool fast_push_frame(const struct vcpu *v,
                                   const trap_frame_t *frame, uint32_t esp,
                                   const struct fast_entry_point *to)
{
    uint32_t mask = v->info->evtchn_upcall_mask;
    uint32_t flags = frame->eflags & ~(FLAG_IOPL | FLAG_IF);

    if (mask == 0)
        flags |= FLAG_IF;
    if (to->has_error)
        return arch_guest_push(esp, 3, flags) &&
               arch_guest_push(esp, 2, mask << 16 | frame->cs) &&
               arch_guest_push(esp, 1, frame->eip) &&
               arch_guest_push(esp, 0, to->error);
    return arch_guest_push(esp, 2, flags) &&
           arch_guest_push(esp, 1, mask << 16 | frame->cs) &&
           arch_guest_push(esp, 0, frame->eip);
}

/**
 * Enter a handler of the running guest's.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers.
 * @param to     Where to.
 * @return false: not the common case; nothing of `frame` or of the mask has
 *         changed, words below the guest's stack pointer may have.
 */
static inline bool fast_bounce(struct vcpu *v, trap_frame_t *frame,
                               const struct fast_entry_point *to)
{
    bool same_ring = frame_ring(frame) == 1;
    uint16_t ss = same_ring ? frame->ss : v->traps.kernel_ss;
    uint32_t esp = same_ring ? frame->esp : v->traps.kernel_esp - 8;

    if ((to->cs & ~3u) == 0 ||
        (v->domain->assists & 1u << VMASST_TYPE_architectural_iopl) ||
        !arch_guest_stack(ss))
        return false;
    if (!same_ring && (!arch_guest_push(esp, 1, frame->ss) ||
                       !arch_guest_push(esp, 0, frame->esp)))
        return false;
    esp -= (to->has_error ? 4 : 3) * sizeof(uint32_t);
    if (!fast_push_frame(v, frame, esp, to))
        return false;

    if (to->mask_events)
        v->info->evtchn_upcall_mask = 1;
    frame->ss = ss;
    frame->esp = esp;
    frame->cs = to->cs;
    frame->eip = to->eip;
    frame->eflags &= ~FLAGS_NOT_FOLLOWING;
    return true;
}

#endif
