/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "domain.h"

/** Where the guest's entries begin, as it was linked, and bytes for each:
 *  those of vectors with an error code are shorter. */
#define ENTRIES 0xC0001AB4u
#define ENTRY_BYTES 9u
#define SHORTER_BYTES 7u

static uint32_t entry_of(unsigned vector)
{
    uint32_t at = ENTRIES;

    for (unsigned i = 0; i < vector; i++)
        at += VECTORS_WITH_ERROR >> i & 1 ? SHORTER_BYTES : ENTRY_BYTES;
    return at;
}

int bounce_frame(struct vcpu *v, trap_frame_t *frame, const struct bounce *b)
{
    bool same_ring = frame_ring(frame) == 1;
    uint32_t word[6], *low = word + 6, esp = frame->esp;
    uint8_t mask = v->info->evtchn_upcall_mask;

    if (!same_ring) {
        esp = v->traps.kernel_esp;
        *--low = frame->ss;
        *--low = frame->esp;
    }
    *--low = (frame->eflags & ~(FLAG_IOPL | FLAG_IF)) | (mask ? 0 : FLAG_IF);
    *--low = (uint32_t)mask << 16 | frame->cs;
    *--low = frame->eip;
    if (b->has_error)
        *--low = b->error;
    esp -= 4 * (uint32_t)(word + 6 - low);
    arch_write_guest_stack(SEL_RING1_DS, esp, low,
                           (unsigned)(word + 6 - low));
    v->info->evtchn_upcall_mask |= b->mask_events;
    frame->ss = SEL_RING1_DS;
    frame->esp = esp;
    frame->cs = SEL_RING1_CS;
    frame->eip = b->eip;
    frame->eflags &= ~(FLAG_TF | FLAG_RF | FLAG_NT | FLAG_VM);
    return 0;
}

void bounce_exception(struct vcpu *v, trap_frame_t *frame, unsigned vector,
                      uint32_t error)
{
    const struct bounce b = {
        .eip = entry_of(vector),
        .mask_events = v->traps.table[vector].mask_events,
        .has_error = (VECTORS_WITH_ERROR >> vector) & 1,
        .error = error,
    };

    bounce_frame(v, frame, &b);
}

void bounce_interrupt(struct vcpu *v, trap_frame_t *frame, unsigned vector)
{
    const struct bounce b = {
        .eip = entry_of(vector),
        .mask_events = v->traps.table[vector].mask_events,
    };

    bounce_frame(v, frame, &b);
}

void bounce_failsafe(struct vcpu *v, trap_frame_t *frame)
{
    (void)v;
    frame->ds = frame->es = frame->fs = frame->gs = 0;
}
