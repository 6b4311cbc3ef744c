/* SPDX-License-Identifier: MIT */
/**
 * @file gdt.c
 * @ingroup segmentation
 * A guest's own GDT: up to 14 frames of it, seen in the GDT window in front of
 * the hypervisor's page. While they are there their frames have the type
 * FRAME_SEG_DESC: nobody can write to them but through us, and every
 * descriptor in them has passed descriptor_check().
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
 * @post  On an error nothing has changed.
 * @retval 0        done.
 * @retval -EINVAL  too many entries; or a frame is not the domain's own, in use
 *                  as something else, or holds a descriptor that it may not.
 */
int gdt_set(struct vcpu *v, const mfn_t *frame, unsigned entries)
{
    unsigned nr = (entries + FRAME_DESCRIPTORS - 1) / FRAME_DESCRIPTORS;
    struct vcpu_descriptors *d = &v->descriptors;

    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return -EINVAL;
    for (unsigned i = 0; i < nr; i++)
        if (frame_get_and_type(frame[i], v->domain, FRAME_SEG_DESC) != 0) {
            put_frames(frame, i);
            return -EINVAL;
        }
    put_frames(d->gdt, GUEST_GDT_FRAMES);
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        d->gdt[i] = i < nr ? frame[i] : INVALID_MFN;
    d->gdt_entries = entries;
    if (v == current_vcpu())
        vcpu_load_tables(v);
    return 0;
}
