/* SPDX-License-Identifier: MIT */
/**
 * @file fast_update.c
 * A short way for the commonest change of a page table: an L1 entry of a
 * domain's own, whose old and new frames are ordinary pages of its own.
 *
 * entry_update() (exercise 3.3) does the same for every table and every
 * frame, through functions that can each fail. Here all conditions are looked
 * at first; if one is not met, nothing was changed, and entry_update() does
 * the work or finds the error. What is left cannot fail, needs no flush and
 * frees nothing. It is used only if the hypervisor's option `fast` is given.
 *
 * MM-I4 to MM-I7 hold as for entry_update(): references are taken before the
 * entry is stored, and put afterwards.
 */
#include "memory.h"

#include "boot.h"

/* Entries are looked at in halves: 64-bit arithmetic costs twice as much. */
#define LOW_REFUSED (PTE_PWT | PTE_PCD | PTE_PSE | PTE_GLOBAL)
#define LOW_COUNTED (0xFFFFF000u | PTE_P | PTE_RW)
#define HIGH_FRAME 0x00000FFFu /* bits 32 to 43 of the frame's address */

_Static_assert(((uint64_t)HIGH_FRAME << 32 | 0xFFFFF000u) == PTE_FRAME,
               "the halves of a frame's address");

/** The page that an entry names, if it is an ordinary one of the domain's and
 *  its counts are those of the entry's use; else NULL. */
static inline struct page_info *own_page(const struct domain *d, uint32_t low,
                                         uint32_t high)
{
    struct page_info *page =
        frame_info(mfn(low >> PAGE_SHIFT | (high & HIGH_FRAME) << 20));

    if (!page || page->owner != d ||
        (page->flags & (PAGE_IO | PAGE_PARTIAL | PAGE_LEAVING)))
        return NULL;
    if ((low & PTE_RW) && page->type != FRAME_WRITABLE)
        return NULL;
    return page;
}

/** Can a new entry's references be taken, without a flush? */
static inline bool can_take(const struct page_info *page)
{
    return page && page->count > 0 && page->count < FRAME_COUNT_MAX &&
           page->type_count < FRAME_COUNT_MAX;
}

/** Can an old entry's references be put, without freeing the page or asking
 *  whether it was part of an LDT? */
static inline bool can_put(const struct page_info *page, uint32_t low)
{
    return page && (low & PTE_RW) && page->count > 1 && page->type_count > 0;
}

static inline void take(struct page_info *page, uint32_t low)
{
    page->count++;
    if (low & PTE_RW) {
        page->type_count++;
        page->flags |= PAGE_VALIDATED;
    }
}

/** Of a writable entry. */
static inline void put(struct page_info *page)
{
    flush_note();
    if (--page->type_count == 0)
        page->flags &= ~PAGE_VALIDATED;
    page->count--;
}

/** Change an entry: the references move first and last, as told above. */
static bool change(const struct domain *d, volatile uint32_t *slot,
                   uint64_t entry)
{
    uint32_t low = (uint32_t)entry, high = (uint32_t)(entry >> 32);
    uint32_t old_low = slot[0], old_high = slot[1];
    struct page_info *new_page = NULL, *old_page = NULL;

    if ((low & PTE_P) &&
        ((low & LOW_REFUSED) ||
         (high & ~(HIGH_FRAME | (uint32_t)(no_execute >> 32)))))
        return false;
    if (!(low & PTE_P) || ((old_low ^ low) & LOW_COUNTED) ||
        ((old_high ^ high) & HIGH_FRAME)) {
        if (low & PTE_P) {
            new_page = own_page(d, low, high);
            if (!can_take(new_page))
                return false;
        }
        if (old_low & PTE_P) {
            old_page = own_page(d, old_low, old_high);
            if (!can_put(old_page, old_low))
                return false;
        }
    }
    if (new_page)
        take(new_page, low);
    slot[0] = 0; /* never half old, half new */
    slot[1] = high;
    slot[0] = low;
    if (old_page)
        put(old_page);
    return true;
}

/**
 * Change an entry of an L1 in use, if all is as it mostly is.
 *
 * @param d      The domain whose the table and the pages are.
 * @param at     Machine address of the entry, 8-aligned; any value.
 * @param entry  The new entry.
 * @note  No translation is dropped, as by entry_update().
 * @return true: done. false: nothing was changed, and nothing is known about
 *         the request; make it with entry_update().
 * @ingroup memory
 */
bool fast_update(const struct domain *d, uint64_t at, uint64_t entry)
{
    mfn_t m = mfn((uint32_t)(at >> PAGE_SHIFT));
    const struct page_info *info = frame_info(m);
    uint32_t *table;
    bool done;

    if ((at >> PAGE_SHIFT) > UINT32_MAX || !info || info->owner != d ||
        info->type != FRAME_L1 || info->type_count == 0 ||
        !(info->flags & PAGE_VALIDATED))
        return false;
    table = window_map(m);
    done = change(d, table + (at % PAGE_SIZE) / sizeof(*table), entry);
    window_unmap(table);
    return done;
}
