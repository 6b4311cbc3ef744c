/* SPDX-License-Identifier: MIT */
/**
 * @file gdt.c
 *
 * Sources: [SDM3A] 3.5.1 "Segment Descriptor Tables"; [XenABI]
 * xen/arch-x86/xen-x86_32.h.
 * @ingroup segmentation
 * A guest's own GDT: up to 14 frames of it, seen in the GDT window in front of
 * the hypervisor's page. While they are there their frames have the type
 * FRAME_SEG_DESC: nobody can write to them but through us, and every
 * descriptor in them has passed descriptor_admit().
 */
#include "segmentation.h"

#include "domain.h"

#define FRAME_DESCRIPTORS (PAGE_SIZE / sizeof(descriptor_t))

static void put_frames(const mfn_t *frame, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++)
        if (mfn_valid_number(frame[i]))
            frame_put_and_type(frame[i]);
}

/** Drop what is held of a GDT from a frame on. */
static void let_go(struct vcpu_descriptors *d, unsigned from)
{
    while (d->nr_held > from)
        frame_put_and_type(d->held[--d->nr_held]);
}

/**
 * Give up setting a GDT that was begun.
 *
 * @param v  Mostly nothing was.
 * @context{entry}
 */
void gdt_let_go(struct vcpu *v)
{
    let_go(&v->descriptors, 0);
}

/**
 * Get the references of a GDT that is to be set. Checking a full page takes
 * some 41,000 instructions, so a call with many pages goes in pieces; what is
 * checked stays held by the vCPU, and a call with other frames lets go of those
 * that it does not begin with.
 *
 * @param v        Of the frames' owner.
 * @param frame    One for each 512 entries.
 * @param entries  0 to FIRST_RESERVED_GDT_ENTRY.
 * @context{hypercall}
 * @post  On -EINVAL nothing is held.
 * @retval 0          gdt_set() with the same has nothing to check.
 * @retval -ERESTART  not all yet: call again, after interrupts were let in.
 * @retval -EINVAL    a frame is not the domain's own, in use as something else,
 *                    or holds a descriptor that it may not.
 */
int gdt_hold(struct vcpu *v, const mfn_t *frame, unsigned entries)
{
    unsigned nr = (entries + FRAME_DESCRIPTORS - 1) / FRAME_DESCRIPTORS;
    struct vcpu_descriptors *d = &v->descriptors;

    let_go(d, nr);
    for (unsigned i = 0; i < nr; i++) {
        if (i < d->nr_held && d->held[i].n == frame[i].n)
            continue;
        let_go(d, i);
        if (work_exhausted())
            return -ERESTART;
        if (frame_get_and_type(frame[i], v->domain, FRAME_SEG_DESC) != 0) {
            let_go(d, 0);
            return -EINVAL;
        }
        d->held[d->nr_held++] = frame[i];
    }
    return 0;
}

/**
 * Give a vCPU another GDT.
 *
 * The new frames get their references before the old ones lose theirs, so
 * that a frame may be in both.
 *
 * @param v        If it is running, the window follows at once.
 * @param frame    One for each 512 entries.
 * @param entries  0 to FIRST_RESERVED_GDT_ENTRY; 0 leaves the vCPU with the
 *                 hypervisor's entries only.
 * @context{hypercall}
 * @post  On an error nothing has changed, but for what gdt_hold() holds.
 * @retval 0        done.
 * @retval -EINVAL  too many entries; or as gdt_hold().
 * @retval -ERESTART  as gdt_hold().
 */
int gdt_set(struct vcpu *v, const mfn_t *frame, unsigned entries)
{
    unsigned nr = (entries + FRAME_DESCRIPTORS - 1) / FRAME_DESCRIPTORS;
    struct vcpu_descriptors *d = &v->descriptors;
    int error;

    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return -EINVAL;
    error = gdt_hold(v, frame, entries);
    if (error)
        return error;
    put_frames(d->gdt, GUEST_GDT_FRAMES);
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        d->gdt[i] = i < nr ? frame[i] : INVALID_MFN;
    d->nr_held = 0; /* the references are the table's now */
    d->gdt_entries = entries;
    if (v == current_vcpu())
        vcpu_load_tables(v);
    return 0;
}
