/* SPDX-License-Identifier: MIT */
/**
 * @file owned.c
 * Which frames are a domain's: taken from the allocator zeroed, kept on the
 * owner's list, given back scrubbed.
 *
 *     domain.first_frame -> mfn -> mfn -> ... -> 0     (page_info.next)
 *
 * Frame 0 is never a domain's (the boot code keeps it), so 0 ends the list. A
 * domain that is dying has a second list, domain.first_held: frames that it has
 * given up and others hold (release.c).
 *
 * Zeroing a frame takes some 1,100 instructions, and a call may free a thousand
 * frames in one go. Those become nobody's at once, and are zeroed in pieces, on
 * their way to the allocator (frame_free_later(), frames_scrub()).
 *
 * Invariants:
 *  - OWN-I1: a frame is on one of its owner's lists exactly while its count is
 *    not 0 and it is not PAGE_XEN_HEAP; nr_frames counts the lists.
 *  - OWN-I2: a frame's first owner sees zeros, and so does nobody's next.
 *  - OWN-I3: the allocator has no frame whose last owner's content is still in
 *    it; those that wait to be zeroed have no owner and count 0, so no guest's
 *    number reaches one (frame_get()). Every call about memory goes on with
 *    them first (work_begin()), and so does every domain's end.
 *
 * Source: [Xen2003] 3.3.4 "Physical memory".
 */
#include "memory.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "lib.h"

static void list_add_to(uint32_t *first, struct domain *d, mfn_t m)
{
    struct page_info *info = frame_info(m);

    info->prev = 0;
    info->next = *first;
    if (*first != 0)
        frame_info(mfn(*first))->prev = m.n;
    *first = m.n;
    d->nr_frames++;
}

static void list_add(struct domain *d, mfn_t m)
{
    list_add_to(&d->first_frame, d, m);
}

static void list_remove(struct domain *d, mfn_t m)
{
    struct page_info *info = frame_info(m);

    if (info->prev != 0)
        frame_info(mfn(info->prev))->next = info->next;
    else if (d->first_frame == m.n)
        d->first_frame = info->next;
    else
        d->first_held = info->next;
    if (info->next != 0)
        frame_info(mfn(info->next))->prev = info->prev;
    info->prev = info->next = 0;
    d->nr_frames--;
}

/**
 * Take a frame off its owner's list, to the list of those that only wait for
 * others to drop them.
 *
 * @param d  Its owner, dying.
 * @param m  On the list domain.first_frame.
 * @context{exit}
 */
void frame_hold_back(struct domain *d, mfn_t m)
{
    list_remove(d, m);
    list_add_to(&d->first_held, d, m);
}

/** What zeroing a frame takes: a step for every 50 of its words. */
#define ZERO_WORK 24u

/**
 * Zero a frame that is nobody's.
 *
 * @param m  The caller has it from the allocator, or is about to give it back.
 * @context{entry}
 */
void frame_zero(mfn_t m)
{
    void *window = window_map(m);

    work_add(ZERO_WORK);
    memset(window, 0, PAGE_SIZE);
    window_unmap(window);
}

/**
 * Make one frame a domain's.
 *
 * @param d  Owner; it may have one more.
 * @param m  From the allocator, and zeroed.
 * @context{any}
 */
void frame_give(struct domain *d, mfn_t m)
{
    struct page_info *info = frame_info(m);

    BUG_ON(!info || info->count != 0 || info->owner);
    *info = (struct page_info){ .owner = d, .count = 1,
                                .flags = PAGE_ALLOCATED };
    list_add(d, m);
    m2p_set(m, M2P_INVALID);
}

/**
 * Give a domain a run of frames next to each other, in one go: guests' own
 * requests for runs go by extents.c.
 *
 * @param d      Owner.
 * @param order  2^order frames, aligned to as many; any number.
 * @param first_mfn_not_allowed  All of them are below this.
 * @context{boot}
 * @return The first frame. All are zeroed, with count 1, no type, and invalid
 *         M2P entries. INVALID_MFN if that would be more than the domain may
 *         have, or there is no such run.
 */
mfn_t frame_alloc_run_to(struct domain *d, unsigned order,
                         uint32_t first_mfn_not_allowed)
{
    mfn_t first;

    if (order > FRAME_MAX_ORDER || d->nr_frames > d->max_frames ||
        d->max_frames - d->nr_frames < 1u << order)
        return INVALID_MFN;
    first = frame_alloc_below(order, first_mfn_not_allowed);
    if (!mfn_valid_number(first))
        return first;
    for (uint32_t i = 0; i < 1u << order; i++) {
        frame_zero(mfn(first.n + i));
        frame_give(d, mfn(first.n + i));
    }
    return first;
}

/**
 * Give a domain one more frame, from below a limit.
 *
 * @param d                      As of frame_alloc_run_to().
 * @param first_mfn_not_allowed  As of frame_alloc_run_to().
 * @context{boot}
 * @return as frame_alloc_run_to(), of one frame.
 */
mfn_t frame_alloc_to_below(struct domain *d, uint32_t first_mfn_not_allowed)
{
    return frame_alloc_run_to(d, 0, first_mfn_not_allowed);
}

/**
 * Give a domain one more frame, from anywhere.
 *
 * @param d  As of frame_alloc_run_to().
 * @context{boot}
 * @return as frame_alloc_run_to(), of one frame.
 */
mfn_t frame_alloc_to(struct domain *d)
{
    return frame_alloc_run_to(d, 0, MAX_FRAMES);
}

/**
 * Let a domain map a page of the hypervisor's heap, read and write.
 *
 * The type reference taken here is never dropped, so that the page cannot
 * become a page table of the guest's while the hypervisor writes to it.
 *
 * @param d  Owner from now on.
 * @param m  A heap page's frame that nobody shares yet.
 * @context{any}
 */
void frame_share(struct domain *d, mfn_t m)
{
    struct page_info *info = frame_info(m);

    BUG_ON(!info || info->count != 0);
    *info = (struct page_info){ .owner = d, .count = 1, .type_count = 1,
                                .type = FRAME_WRITABLE,
                                .flags = PAGE_XEN_HEAP | PAGE_VALIDATED };
    m2p_set(m, M2P_INVALID);
}

/**
 * Take a page of the hypervisor's heap back from the domain that it was shared
 * with, before it goes back to the heap.
 *
 * @param m  As given to frame_share().
 * @context{exit}
 * @return false, with nothing changed, if somebody still holds it.
 */
bool frame_unshare(mfn_t m)
{
    struct page_info *info = frame_info(m);

    BUG_ON(!(info->flags & PAGE_XEN_HEAP) || info->count == 0);
    if (info->count > 1)
        return false;
    info->count = info->type_count = 0;
    frame_free_owned(m);
    return true;
}

/**
 * Take a frame away from its owner, because its last reference went.
 *
 * @param m  Owned, count 0. A heap page only loses its owner: whoever took it
 *           from the heap gives it back there.
 * @context{entry}
 * @post  No translation to it is left, and its content is gone, before
 *        anybody can be given it again.
 */
void frame_free_owned(mfn_t m)
{
    struct page_info *info = frame_info(m);
    struct domain *d = info->owner;
    bool heap = info->flags & PAGE_XEN_HEAP;

    BUG_ON(info->count != 0);
    m2p_set(m, M2P_INVALID);
    if (!heap) {
        BUG_ON(info->type_count != 0);
        list_remove(d, m);
    }
    *info = (struct page_info){ 0 };
    flush_before_reuse();
    if (!heap) {
        frame_zero(m);
        frame_free(m, 0);
    }
}

/** Frames that wait to be zeroed, through page_info.next; 0 ends the list. */
static uint32_t to_scrub;

/** Put a frame, which nobody holds any more, on that list. */
static void await_scrubbing(struct page_info *info, mfn_t m)
{
    info->owner = NULL;
    info->count = 0;
    info->type = info->flags = 0;
    info->prev = 0;
    info->next = to_scrub;
    to_scrub = m.n;
}

/**
 * Take a frame away from its owner now, and give it back to the allocator when
 * frames_scrub() comes to it: for who frees many in one go.
 *
 * @param m  Held by its owner only (count 1, PAGE_ALLOCATED or just claimed),
 *           and no page of the heap.
 * @context{hypercall}
 * @post  It has no owner and no count. The caller calls flush_before_reuse()
 *        after the last.
 */
void frame_free_later(mfn_t m)
{
    struct page_info *info = frame_info(m);

    BUG_ON(info->count != 1 || info->type_count != 0 ||
           (info->flags & PAGE_XEN_HEAP));
    m2p_set(m, M2P_INVALID);
    list_remove(info->owner, m);
    await_scrubbing(info, m);
}

/**
 * Put a new frame in the place of one of a domain's, which goes as by
 * frame_free_later(): 100 instructions, for who does a thousand in one go.
 *
 * @param old   As for frame_free_later().
 * @param new   From the allocator, and zeroed.
 * @param pfn   Which of the owner's frames it is.
 * @context{hypercall}
 */
void frame_replace(mfn_t old, mfn_t new, uint32_t pfn)
{
    struct page_info *from = frame_info(old), *to = frame_info(new);
    struct domain *d = from->owner;

    BUG_ON(from->count != 1 || from->type_count != 0 || to->owner ||
           (from->flags & PAGE_XEN_HEAP));
    to->owner = d; /* field by field: the others are 0, and this is done so */
    to->count = 1; /* often that the 20 instructions of zeroing them count */
    to->flags = PAGE_ALLOCATED;
    to->next = from->next;
    to->prev = from->prev;
    if (to->prev != 0)
        frame_info(mfn(to->prev))->next = new.n;
    else
        d->first_frame = new.n;
    if (to->next != 0)
        frame_info(mfn(to->next))->prev = new.n;
    await_scrubbing(from, old);
    m2p_set(old, M2P_INVALID);
    m2p_set(new, pfn);
}

/**
 * Zero the frames that wait for it, and give them back.
 *
 * @context{entry}
 * @return false if the share of work was used up before the last.
 */
bool frames_scrub(void)
{
    while (to_scrub != 0) {
        mfn_t m = mfn(to_scrub);

        if (work_exhausted())
            return false;
        to_scrub = frame_info(m)->next;
        *frame_info(m) = (struct page_info){ 0 };
        frame_zero(m);
        frame_free(m, 0);
    }
    return true;
}

/**
 * Is a frame in no use at all, so that it can become another domain's?
 *
 * @param m  Any number.
 * @param d  Whose frame it should be.
 * @context{hypercall}
 * @return false if anybody but its owner holds it, if it is a page of the
 *         hypervisor's heap, or if it is claimed, pinned or half a table.
 */
bool frame_can_move(mfn_t m, const struct domain *d)
{
    const struct page_info *info = frame_info(m);

    return info && info->owner == d && info->count == 1 &&
           info->type_count == 0 && info->flags == PAGE_ALLOCATED;
}

/**
 * Make a frame another domain's, with what is in it.
 *
 * @param m     With frame_can_move().
 * @param from  Its owner.
 * @param to    Its next owner, who may have one more.
 * @context{hypercall}
 * @post  No translation to it is left; its M2P entry is invalid.
 */
void frame_move(mfn_t m, struct domain *from, struct domain *to)
{
    flush_before_reuse();
    list_remove(from, m);
    *frame_info(m) = (struct page_info){ .owner = to, .count = 1,
                                         .flags = PAGE_ALLOCATED };
    list_add(to, m);
    m2p_set(m, M2P_INVALID);
}
