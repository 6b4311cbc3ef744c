/* SPDX-License-Identifier: MIT */
/**
 * @file extents.c
 * Runs of frames for a domain, made ready in pieces.
 *
 * A control domain may ask for 1,024 frames in one extent, all zeroed: more
 * than a million instructions, when an interrupt may wait for 200,000. So an
 * extent that somebody is to get is taken from the allocator, zeroed in as many
 * parts of a call as it takes, and becomes a domain's when it is whole:
 *
 *     allocator --take--> waiting: nobody's, zeroed --give--> the domain's
 *         ^                  frame by frame
 *         +------drop-----------+
 *
 * What waits is kept with the vCPU whose call it is for. A call that ends, well
 * or not, leaves nothing there.
 *
 *  - EXT-I1: frames that wait have no owner and count 0: no number that a guest
 *    makes up reaches one (frame_get()), and nothing is to be counted.
 *  - EXT-I2: nothing of a call's arguments is remembered but what the frames
 *    themselves are: so many runs of that order, below that number. If the next
 *    call of the vCPU wants others, because it is not the call that was
 *    interrupted, or its arguments were changed, these go back first.
 *  - EXT-I3: giving cannot fail; whoever gives has checked that the domain may
 *    have so many.
 *  - EXT-I4: a vCPU's waiting frames are at most 2^FRAME_MAX_ORDER. Extents of
 *    single frames never wait, so only a control domain's vCPUs have some
 *    between two parts of a call. They go back when the vCPU does
 *    (domain_free_vcpu()).
 *
 * Sources: [XenABI] xen/memory.h; [Xen2003] 3.3.4 "Physical memory".
 */
#include "memory.h"

#include "boot.h"
#include "domain.h"

/**
 * Give back what waits for a vCPU's call.
 *
 * @param v  Mostly nothing does.
 * @context{entry}
 * @note  As many calls of the allocator as there are runs.
 */
void extents_drop(struct vcpu *v)
{
    struct extents *x = &v->extents;

    for (; x->nr > 0; x->nr--) {
        mfn_t first = mfn(x->first);

        work_add(MOVE_WORK);
        x->first = frame_info(first)->next;
        *frame_info(first) = (struct page_info){ 0 };
        frame_free(first, x->order);
    }
    *x = (struct extents){ 0 };
}

/** Take one more run. */
static bool take(struct extents *x)
{
    mfn_t first = frame_alloc_below(x->order, x->below);

    if (!mfn_valid_number(first))
        return false;
    frame_info(first)->next = x->first;
    x->first = first.n;
    x->nr++;
    x->dirty = 1u << x->order;
    return true;
}

/**
 * Have runs of zeroed frames wait for the current vCPU's call.
 *
 * @param nr     How many; nr << order is at most 2^FRAME_MAX_ORDER.
 * @param order  Each is 2^order frames, aligned to as many.
 * @param below  All of their numbers are less.
 * @context{hypercall}
 * @post  On an error but -ERESTART nothing waits.
 * @retval 0          they wait, none is dirty, and the share of work allows to
 *                    give them: extents_first(), and then extents_give(), or
 *                    frame_replace() for each and extents_given(); or
 *                    extents_drop().
 * @retval -ERESTART  not all yet: call again with the same arguments, after
 *                    interrupts were let in.
 * @retval -ENOMEM    there are no such frames.
 */
int extents_ready(uint32_t nr, unsigned order, uint32_t below)
{
    struct extents *x = &current_vcpu()->extents;

    if (x->order != order || x->below > below || x->nr > nr)
        extents_drop(current_vcpu());
    if (x->nr == 0)
        *x = (struct extents){ .order = order, .below = below };
    while (x->dirty > 0 || x->nr < nr) {
        if (x->dirty == 0 && !take(x)) {
            extents_drop(current_vcpu());
            return -ENOMEM;
        }
        if (work_exhausted())
            return -ERESTART;
        x->dirty--;
        frame_zero(mfn(x->first + x->dirty));
    }
    return work_fresh_for(nr << order) ? 0 : -ERESTART;
}

/**
 * Tell the first frame of each run that waits, in the order in which they were
 * taken.
 *
 * @param[out] first  As many as were asked for.
 * @context{hypercall}
 */
void extents_first(mfn_t *first)
{
    const struct extents *x = &current_vcpu()->extents;
    uint32_t at = x->first;

    for (uint32_t i = x->nr; i-- > 0; at = frame_info(mfn(at))->next)
        first[i] = mfn(at);
}

/**
 * All that waited is somebody's by now.
 *
 * @context{hypercall}
 */
void extents_given(void)
{
    current_vcpu()->extents = (struct extents){ 0 };
}

/**
 * Make all that waits a domain's.
 *
 * @param d  It may have so many more; extents_ready() returned 0.
 * @context{hypercall}
 */
void extents_give(struct domain *d)
{
    struct extents *x = &current_vcpu()->extents;

    for (; x->nr > 0; x->nr--) {
        uint32_t first = x->first;

        x->first = frame_info(mfn(first))->next;
        for (uint32_t i = 0; i < 1u << x->order; i++)
            frame_give(d, mfn(first + i));
        work_add(MOVE_WORK << x->order);
    }
    extents_given();
}
