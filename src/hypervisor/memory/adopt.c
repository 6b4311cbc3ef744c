/* SPDX-License-Identifier: MIT */
/**
 * @file adopt.c
 * Types and counts for page tables that the hypervisor wrote itself.
 *
 * The builder of the first domain writes its tables before any type exists.
 * Adopting the L3 gives every frame below it the type and the counts that
 * validation would have given, without validation: this file is no part of
 * lab 3's exercises and uses nothing of them, so that a guest starts in the
 * same state whatever those do. The tables are our own work, so anything
 * wrong in them is a bug of ours, not an error.
 *
 * Source: [Xen2003] 3.4 "Building a New Domain".
 */
#include "memory.h"

#include "boot.h"
#include "console.h"
#include "domain.h"

/** References of one present L1 entry: like promotion, see lab 3. */
static void adopt_l1_entry(struct domain *d, uint64_t entry)
{
    mfn_t m = maddr_to_mfn(maddr(entry & PTE_FRAME));

    if (entry & PTE_RW) {
        memory_adopt(d, m, FRAME_WRITABLE);
    } else {
        BUG_ON(!frame_info(m) || frame_info(m)->owner != d);
        frame_info(m)->count++;
    }
}

/** References of everything that a table's present entries name. */
static void adopt_entries(struct domain *d, mfn_t m, enum frame_type type)
{
    const uint64_t *entry = window_map(m);
    unsigned nr = type == FRAME_L3 ? L3_ENTRIES : TABLE_ENTRIES;

    if (type == FRAME_XEN_L2)
        nr = FIRST_RESERVED_L2_SLOT; /* the rest is the hypervisor's */
    for (unsigned i = 0; i < nr; i++) {
        mfn_t below = maddr_to_mfn(maddr(entry[i] & PTE_FRAME));

        if (!(entry[i] & PTE_P))
            continue;
        if (type == FRAME_L1)
            adopt_l1_entry(d, entry[i]);
        else if (type == FRAME_L3)
            memory_adopt(d, below, i == 3 ? FRAME_XEN_L2 : FRAME_L2);
        else
            memory_adopt(d, below, FRAME_L1);
    }
    window_unmap(entry);
}

/**
 * Take one general and one type reference on a frame; for the first one on a
 * table, also those of everything that it refers to.
 *
 * @param d     Owner of the frame and of everything below it.
 * @param m     Frame; a table is completely written.
 * @param type  A page table's, or FRAME_WRITABLE.
 * @context{boot}
 * @post  Counts as after frame_get_and_type(). Pinning is the caller's.
 * @note  Panics if the tables are not as they should be.
 */
void memory_adopt(struct domain *d, mfn_t m, enum frame_type type)
{
    struct page_info *info = frame_info(m);

    BUG_ON(!info || info->owner != d || info->count == 0);
    BUG_ON(info->type_count != 0 && info->type != type);
    info->count++;
    if (info->type_count++ != 0)
        return;
    info->type = type;
    if (type != FRAME_WRITABLE)
        adopt_entries(d, m, type);
    info->flags |= PAGE_VALIDATED;
}
