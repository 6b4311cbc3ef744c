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
 * Note an NMI, and have it delivered on the way back to the guest, if that is
 * the control domain.
 *
 * @param frame  What it interrupted, in any ring.
 */
void nmi(const trap_frame_t *frame)
{
    struct vcpu *v = current_vcpu();

    if (nr_nmis++ == 0)
        printk(LOG_WARNING, "NMI at %04x:%08x\n", frame->cs, frame->eip);
    if (v != NULL && v->domain->privileged)
        nmi_send(v);
}

/**
 * Give a vCPU an NMI: at once if it runs, else when it does.
 *
 * @param v  Any vCPU. One that has no handler never notices; one that is in it
 *           gets the NMI behind the iret hypercall that ends it.
 */
void nmi_send(struct vcpu *v)
{
    v->traps.nmi_pending = true;
    if (v == current_vcpu())
        exit_request(EXIT_NMI);
    else
        vcpu_wake(v);
}

/**
 * Enter a vCPU's NMI handler, if there is an NMI for it, it has a handler and
 * is not in it.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers.
 */
void nmi_deliver(struct vcpu *v, trap_frame_t *frame)
{
    if (!v->traps.nmi_pending || v->traps.nmi_masked)
        return;
    v->traps.nmi_pending = false;
    if (v->traps.table[VECTOR_NMI].address == 0)
        return;
    v->traps.nmi_masked = true;
    bounce_interrupt(v, frame, VECTOR_NMI);
}
