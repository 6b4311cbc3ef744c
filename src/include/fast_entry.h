/* SPDX-License-Identifier: MIT */
/**
 * @file fast_entry.h
 * A short way for the commonest change of a page table: an L1 entry of a
 * domain's own, whose old and new frames are ordinary pages of its own.
 *
 * entry_update() (exercise 3.3) does the same for every table and every
 * frame, through functions that can each fail. Here all conditions are looked
 * at first; if one is not met, nothing was changed, and entry_update() does
 * the work or finds the error. What is left cannot fail, needs no flush and
 * frees nothing.
 *
 * MM-I4 to MM-I7 hold as for entry_update(): references are taken before the
 * entry is stored, and put afterwards. Beside them, this relies on
 *
 *  - FAST-I1: a frame that has an owner other than NULL has a general
 *    reference (frame_free_owned() takes the owner away with the last one);
 *    a frame that is no RAM has none (io.c).
 *  - FAST-I2: no frame has more type references than general ones (MM-I3). So
 *    one look at `count` says that neither is at its limit.
 *  - FAST-I3: an entry in a table in use was checked when it came there. A
 *    writable one holds a type reference on FRAME_WRITABLE.
 *
 * All is in halves: 64-bit arithmetic costs twice as much. Included by the
 * files that change many entries, because a call for each would cost half as
 * much as the change.
 */
#ifndef HV_FAST_ENTRY_H
#define HV_FAST_ENTRY_H

#include "boot.h"
#include "domain.h"
#include "memory.h"

/** A present entry with one of these is not for the short way. */
#define FAST_LOW_REFUSED (PTE_PWT | PTE_PCD | PTE_PSE | PTE_GLOBAL)
/** What of the halves decides which references an entry holds. */
#define FAST_LOW_COUNTED (0xFFFFF000u | PTE_P | PTE_RW)
#define FAST_HIGH_FRAME 0x00000FFFu /* bits 32 to 43 of the frame's address */

_Static_assert(((uint64_t)FAST_HIGH_FRAME << 32 | 0xFFFFF000u) == PTE_FRAME,
               "the halves of a frame's address");

/** Bits of the upper half that no present entry may have; fast_tables.c. */
extern uint32_t fast_high_refused;

/* Worth its place in every loop that uses it. */
#define FAST_INLINE static inline __attribute__((always_inline))

/** What came of an attempt. */
enum fast_result {
    FAST_NO = 0,      /**< nothing was changed, and nothing is known */
    FAST_DONE = 1,
    FAST_DROPPED = 3, /**< done, and some right was taken away: the caller
                           calls fast_note() before anything else can ask
                           (MM-I5) */
};

/** flush_note(), if the results so far say so. */
FAST_INLINE void fast_note(unsigned results)
{
    if (results == FAST_DROPPED)
        stale = true;
}

/** Are a present entry's flags allowed, whoever's the table is? */
FAST_INLINE bool fast_flags(uint32_t low, uint32_t high)
{
    return !(low & FAST_LOW_REFUSED) && !(high & fast_high_refused);
}

/** The frame that an entry's halves name. */
FAST_INLINE mfn_t fast_frame(uint32_t low, uint32_t high)
{
    return mfn(low >> PAGE_SHIFT | high << (32 - PAGE_SHIFT));
}

/** A function that computes where an element is before it compares the index,
 * which saves instructions; nothing is done with the place of one that is too
 * large. Sanitizers of a host's build are not to complain of that. */
#define FAST_PLACES __attribute__((no_sanitize("pointer-overflow")))

/** Take what a new entry holds on an ordinary page of the domain's; false,
 *  with nothing taken, if it is not one. A frame that is becoming a table, or
 *  ceasing to be one, may be mapped read-only, and is no FRAME_WRITABLE. */
FAST_PLACES FAST_INLINE bool fast_take(const struct domain *d, uint32_t low,
                                       uint32_t high)
{
    mfn_t m = fast_frame(low, high);
    struct page_info *page = &frame_infos.info[m.n];

    if (m.n >= frame_infos.nr || page->owner != d ||
        page->count == FRAME_COUNT_MAX)
        return false;
    if (low & PTE_RW) {
        if (page->type != FRAME_WRITABLE)
            return false;
        page->type_count++;
        page->flags |= PAGE_VALIDATED;
    }
    page->count++;
    return true;
}

/** The page of an old entry, if what it holds can be put without freeing the
 *  page, finding that it was part of an LDT, or that it is no RAM; or NULL. */
FAST_PLACES FAST_INLINE struct page_info *fast_old(uint32_t low, uint32_t high)
{
    mfn_t m = fast_frame(low, high);
    struct page_info *page = &frame_infos.info[m.n];

    return m.n < frame_infos.nr && page->count > 1 &&
                   ((low & PTE_RW) || page->type != FRAME_SEG_DESC)
               ? page : NULL;
}

/** Put it. */
FAST_INLINE void fast_put(struct page_info *page, uint32_t low)
{
    if ((low & PTE_RW) && --page->type_count == 0)
        page->flags &= (uint8_t)~PAGE_VALIDATED;
    page->count--;
}

/** Store an entry, never half old and half new. */
FAST_INLINE void fast_store(volatile uint32_t *slot, uint32_t low,
                            uint32_t high)
{
    slot[0] = 0;
    slot[1] = high;
    slot[0] = low;
}

/**
 * Change an entry of an L1 in use.
 *
 * @param d     Whose the table is.
 * @param slot  The entry, as two words.
 * @param low   The new one.
 * @param high  Its upper half.
 */
FAST_INLINE enum fast_result fast_entry(const struct domain *d,
                                        volatile uint32_t *slot,
                                        uint32_t low, uint32_t high)
{
    uint32_t old_low = slot[0], old_high = slot[1];
    struct page_info *old;

    if ((low & PTE_P) && !fast_flags(low, high))
        return FAST_NO;
    if (!(old_low & PTE_P)) {
        if ((low & PTE_P) && !fast_take(d, low, high))
            return FAST_NO;
        fast_store(slot, low, high);
        return FAST_DONE;
    }
    if (!((old_low ^ low) & FAST_LOW_COUNTED) &&
        !((old_high ^ high) & FAST_HIGH_FRAME)) {
        fast_store(slot, low, high);
        return FAST_DONE;
    }
    old = fast_old(old_low, old_high);
    if (!old || ((low & PTE_P) && !fast_take(d, low, high)))
        return FAST_NO;
    fast_store(slot, low, high);
    fast_put(old, old_low);
    return FAST_DROPPED;
}

/**
 * The L1 entry that maps an address, by the tables that the processor walks:
 * a copy of the L3 (base.c), and L2s and L1s in use.
 *
 * @param v   The running vCPU.
 * @param va  Any address.
 * @return Its two words, seen through a window (BOOT-W3); NULL: there is none
 *         that a guest may change.
 */
FAST_INLINE volatile uint32_t *fast_l1_slot(const struct vcpu *v,
                                            uint32_t va)
{
    const uint32_t *l3 = (const uint32_t *)v->pdpt + l3_index(va) * 2;
    const uint32_t *l2;

    if (va >= M2P_START || !(l3[0] & PTE_P))
        return NULL;
    l2 = window_glance(fast_frame(l3[0], l3[1]));
    l2 += l2_index(va) * 2;
    if (!(l2[0] & PTE_P))
        return NULL; /* and a guest's never has PTE_PSE */
    return (volatile uint32_t *)window_glance(fast_frame(l2[0], l2[1])) +
           l1_index(va) * 2;
}

#endif
