/* SPDX-License-Identifier: MIT */
/**
 * @file release.c
 * All of a domain's memory, given up when it ends.
 *
 * By then nobody runs on its tables: their only holders are pins, promotions
 * that were interrupted for ever, and each other. So the frames are taken one
 * after the other from the head of the domain's list, whatever they are, and
 * each loses what the domain itself holds it by:
 *
 *     a frame of the list --+-- half promoted: given up (table_abandon())
 *                           +-- pinned: unpinned, its tree is demoted
 *                           +-- the owner's own reference: dropped
 *
 * In whatever order a hostile guest's tables come, dropping the owner's
 * references first takes nothing from under a table: what an entry names is
 * held by the entry, and goes when its table is demoted. What is left when the
 * list is empty is held by others, who map it by grants or as a controller: it
 * keeps its owner and its content until they drop it.
 *
 *  - REL-I1: every step takes a frame off the list, and is bounded; demotions
 *    go in pieces (partial.c). So a call is bounded, and calls come to an end,
 *    however the tables are linked.
 *  - REL-I2: demotions that were begun are finished before the next frame:
 *    the list of partial.c has room for one step's.
 *  - REL-I3: a frame goes back to the allocator scrubbed, and with no
 *    translation left (frame_free_owned()).
 *
 * Source: [Xen2003] 3.3.4 "Physical memory".
 */
#include "memory.h"

#include "domain.h"
#include "memory_op.h"

/** Drop all that the domain itself holds a frame by. */
static void give_up(struct domain *d, mfn_t m)
{
    struct page_info *info = frame_info(m);

    info->count++; /* ours, while we work on it */
    if (info->flags & PAGE_PARTIAL)
        table_abandon(m);
    if (info->flags & PAGE_PINNED)
        (void)table_unpin(d, m); /* it is pinned, so this cannot fail */
    frame_hold_back(d, m);
    (void)frame_disown(d, m); /* false: its owner had given it up before */
    frame_put(m);
}

/**
 * Give up a part of a dying domain's frames.
 *
 * @param d  No vCPU is left, and nobody can find a new way to its frames.
 * @context{exit}
 * @note  Does what is left of a share of work (work_exhausted()).
 * @return true: all is given up. What others hold is in d->nr_frames, and
 *         comes back when they drop it. false: call again.
 * @ingroup memory
 */
bool memory_release_domain(struct domain *d)
{
    while (tables_finish()) {
        if (d->first_frame == 0)
            return true;
        if (work_exhausted())
            return false;
        work_add(REQUEST_WORK);
        give_up(d, mfn(d->first_frame));
    }
    return false;
}
