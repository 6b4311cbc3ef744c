/* SPDX-License-Identifier: MIT */
/**
 * @file nmi.c
 * @ingroup segmentation
 * Non-maskable interrupts: hardware reports trouble, or somebody pressed the
 * button. They are the control domain's business, if it has a handler; they
 * may arrive at any instruction of ring 0, so here they are only noted.
 */
#include "segmentation.h"

#include "console.h"
#include "domain.h"

/** NMIs since the start. */
static unsigned nr_nmis;

/**
 * Note an NMI, and have it delivered on the way back to the guest.
 *
 * @param frame  What it interrupted, in any ring.
 */
void nmi(const trap_frame_t *frame)
{
    if (nr_nmis++ == 0)
        printk(LOG_WARNING, "NMI at %04x:%08x\n", frame->cs, frame->eip);
    if (current_vcpu() != NULL)
        exit_request(EXIT_NMI);
}

/**
 * Enter the control domain's NMI handler, if it has one and is not in it.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers.
 */
void nmi_deliver(struct vcpu *v, trap_frame_t *frame)
{
    if (!v->domain->privileged || v->traps.nmi_masked ||
        v->traps.table[VECTOR_NMI].address == 0)
        return;
    v->traps.nmi_masked = true;
    bounce_interrupt(v, frame, VECTOR_NMI);
}
