/* SPDX-License-Identifier: MIT */
/**
 * @file ldt.c
 * @ingroup segmentation
 * A guest's LDT. The guest names it by an address of its own, and it may lie
 * anywhere in its memory; so it is shown in a window, and the window is filled
 * a page at a time when the processor first touches one.
 *
 *     processor loads a selector of the LDT
 *        --> page of the window not there --> page fault, in any ring
 *              --> ldt_fill(): walk the guest's tables for the address,
 *                  make the frame FRAME_SEG_DESC, map it --> try again
 *
 *  - SEG-I12  A frame in the window has a type reference, in `ldt[]`. When the
 *    guest may mean another frame by the same address (another LDT, another
 *    base, a mapping gone), all of them are forgotten.
 *
 * Sources: [SDM3A] 3.5.1 "Segment Descriptor Tables"; [XenABI] xen/xen.h,
 * MMUEXT_SET_LDT.
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "boot.h"
#include "domain.h"

/** Show what `ldt[]` holds, and nothing else, in the window. */
static void show_frames(const struct vcpu_descriptors *d)
{
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++) {
        uint32_t window = LDT_WINDOW + i * PAGE_SIZE;

        if (mfn_valid_number(d->ldt[i]))
            window_fix(window, d->ldt[i], true);
        else
            window_unfix(window);
    }
}

/**
 * Load a vCPU's LDT into the processor.
 *
 * @param v  The vCPU that runs, or is about to.
 * @context{any}
 */
void ldt_load(struct vcpu *v)
{
    uint32_t entries = v->descriptors.ldt_entries;

    show_frames(&v->descriptors);
    if (entries == 0) {
        arch_load_ldt(0);
        return;
    }
    ldt_descriptor_set((descriptor_t){
        .lo = LDT_WINDOW << 16 | (entries * sizeof(descriptor_t) - 1),
        .hi = (LDT_WINDOW & 0xFF000000u) | DESC_P | DESC_TYPE_LDT |
              ((LDT_WINDOW >> 16) & 0xFF),
    });
    arch_load_ldt(SEL_LDT);
}

/**
 * Forget which frames a vCPU's LDT is in: they are looked up anew when they
 * are touched. The guest's segment registers stay as they are.
 *
 * @param v  Any vCPU.
 * @context{entry}
 */
void ldt_forget(struct vcpu *v)
{
    struct vcpu_descriptors *d = &v->descriptors;

    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++) {
        mfn_t frame = d->ldt[i];

        if (!mfn_valid_number(frame))
            continue;
        d->ldt[i] = INVALID_MFN;
        if (v == current_vcpu())
            window_unfix(LDT_WINDOW + i * PAGE_SIZE);
        frame_put_and_type(frame);
    }
}

/**
 * A frame of a domain has lost a read-only mapping: perhaps the one by which
 * it is part of an LDT. Such mappings go rarely, so all that was found of the
 * domain's LDTs is forgotten, and the frame can be something else.
 *
 * @param m  A frame on which the caller holds a general reference.
 * @context{entry}
 */
void ldt_mapping_gone(mfn_t m)
{
    const struct page_info *info = frame_info(m);

    if (info->type != FRAME_SEG_DESC || info->type_count == 0)
        return;
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++)
        if (info->owner->vcpu[i] != NULL)
            ldt_forget(info->owner->vcpu[i]);
}

/**
 * Give the running vCPU another LDT.
 *
 * @param v        The running vCPU.
 * @param base     Where it lies, page aligned; not looked at for 0 entries.
 * @param entries  0 to LDT_MAX_ENTRIES.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -EINVAL  not aligned, too many, or not all in the guest's range.
 */
int ldt_set(struct vcpu *v, vaddr_t base, uint32_t entries)
{
    uint32_t bytes = entries * sizeof(descriptor_t);

    if (entries > LDT_MAX_ENTRIES)
        return -EINVAL;
    if (entries != 0 && (base.a % PAGE_SIZE != 0 || base.a > M2P_START ||
                         bytes > M2P_START - base.a))
        return -EINVAL;
    ldt_forget(v);
    v->descriptors.ldt_base = base;
    v->descriptors.ldt_entries = entries;
    ldt_load(v);
    return 0;
}

/**
 * Fill the page of the window that holds an offset in the LDT.
 *
 * @param v       The running vCPU.
 * @param offset  Below 64 KB.
 * @context{exception}
 * @return false: it is no part of the LDT, the guest has nothing mapped there,
 *         or the frame cannot hold descriptors.
 */
bool ldt_fill(struct vcpu *v, uint32_t offset)
{
    struct vcpu_descriptors *d = &v->descriptors;
    unsigned page = offset / PAGE_SIZE;
    struct table_walk walk;

    if (offset >= d->ldt_entries * sizeof(descriptor_t) ||
        mfn_valid_number(d->ldt[page]))
        return false;
    memory_walk(v, d->ldt_base.a + page * PAGE_SIZE, &walk);
    if (!walk.present ||
        frame_get_and_type(walk.frame, v->domain, FRAME_SEG_DESC) != 0)
        return false;
    d->ldt[page] = walk.frame;
    window_fix(LDT_WINDOW + page * PAGE_SIZE, walk.frame, true);
    return true;
}
