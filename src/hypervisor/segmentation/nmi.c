/* SPDX-License-Identifier: MIT */
/**
 * @file nmi.c
 *
 * Sources: [SDM3A] 6.7 "Nonmaskable Interrupt (NMI)"; [XenABI] xen/nmi.h.
 * @ingroup segmentation
 * Non-maskable interrupts: hardware reports trouble, or somebody pressed the
 * button. They are the control domain's business, whoever runs: its vCPU 0 gets
 * them, if it has a handler. They may arrive at any instruction of ring 0, so
 * they are only noted there, and given on the way back to a guest.
 */
#include "segmentation.h"

#include "console.h"
#include "domain.h"

/** NMIs since the start. */
static unsigned nr_nmis;

/** There was one that nobody has been given yet. */
static volatile bool noted;

/**
 * Note an NMI.
 *
 * @param frame  What it interrupted, in any ring.
 * @context{NMI}
 */
void nmi(const trap_frame_t *frame)
{
    if (nr_nmis++ == 0)
        printk(LOG_WARNING, "NMI at %04x:%08x\n", frame->cs, frame->eip);
    noted = true;
    exit_request(EXIT_NMI);
}

/**
 * Give the NMI that was noted, if one was, to the control domain: its vCPU 0
 * wakes, if it sleeps. Without one, or without a handler, it is forgotten.
 *
 * @context{exit}
 */
void nmi_take(void)
{
    const struct domain *d;

    if (!noted)
        return;
    noted = false;
    d = domain_first();
    while (d && !d->privileged)
        d = d->next;
    if (d && d->vcpu[0] && d->vcpu[0]->traps.table[VECTOR_NMI].address != 0)
        nmi_send(d->vcpu[0]);
}

/**
 * Give a vCPU an NMI: at once if it runs, else when it does.
 *
 * @param v  Any vCPU. One that has no handler never notices; one that is in it
 *           gets the NMI behind the iret hypercall that ends it.
 * @context{hypercall}
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
 * @context{exit}
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
