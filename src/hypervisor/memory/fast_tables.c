/* SPDX-License-Identifier: MIT */
/**
 * @file fast_tables.c
 * Promotion and demotion of whole tables, ahead of exercise 3.2.
 *
 * Both are made so that they can stop after any entry: `partial` says how
 * far they came (MM-I6). So a short way needs no results of its own: it goes
 * ahead over the entries that are of the common kind, moves `partial`, and
 * whatever it leaves, be it nothing or an entry that is to be refused,
 * table_promote() and table_demote() find there, as if they had come so far
 * themselves.
 *
 *     promotion    0 ----ahead----> partial ----table_promote()----> 512
 *     demotion     0 <--table_demote()-- partial <----ahead---- (all)
 *
 *  - FAST-I6: going ahead over an entry takes or puts exactly what the
 *    exercise's functions would: by fast_take() and fast_put(), or by
 *    entry_get() and entry_put() themselves.
 *  - FAST-I7: what it does counts as the work that it takes: an entry of the
 *    common kind, which is done in a step, as one; empty ones of an L2 that
 *    are looked at together as one; any other as it does there.
 *
 * Most entries of most tables are empty; eight are looked at together.
 *
 * Used with the hypervisor's option `fast`; without it table_promote() and
 * table_demote() do everything.
 *
 * Source: [Xen2003] 3.3.3 "Virtual address translation".
 */
#include "memory.h"

#include "boot.h"
#include "fast_entry.h"

/** Entries that are looked at together. */
#define GROUP 8u

uint32_t fast_high_refused;

/**
 * Find out which bits entries may have on this processor.
 *
 * @context{hypercall}
 * @pre  no_execute is set.
 * @ingroup memory
 */
void memory_fast_init(void)
{
    fast_high_refused = ~(FAST_HIGH_FRAME | (uint32_t)(no_execute >> 32));
}

/** None of the eight entries at `entry` is present. */
static inline bool none_present(const uint32_t *entry)
{
    return !((entry[0] | entry[2] | entry[4] | entry[6] | entry[8] |
              entry[10] | entry[12] | entry[14]) & PTE_P);
}

/** Take what an L1 entry needs. */
static inline int take_l1(const struct domain *d, uint32_t low, uint32_t high)
{
    if (fast_flags(low, high) && fast_take(d, low, high))
        return 0;
    work_add(ENTRY_WORK);
    return l1_entry_get(d, d, (uint64_t)high << 32 | low);
}

/** Promotion of an L1, which is never interrupted. */
static void promote_l1(mfn_t m)
{
    struct page_info *info = frame_info(m);
    const uint32_t *table = window_map(m);
    unsigned before = info->partial, i = before;

    while (i < TABLE_ENTRIES) {
        const uint32_t *entry = &table[2 * i];

        if (i % GROUP == 0 && none_present(entry)) {
            i += GROUP;
            continue;
        }
        if ((entry[0] & PTE_P) && take_l1(info->owner, entry[0], entry[1]))
            break;
        i++;
    }
    info->partial = (uint16_t)i;
    work_add(i - before);
    window_unmap(table);
}

/**
 * Promotion of an L2; stops after the L1 at which the work is enough.
 *
 * It must say so itself: table_promote() looks only after an entry of its own,
 * and a second L1 would make the interrupts wait twice as long.
 *
 * @retval -ERESTART  it stopped, with some of the work done. Else 0.
 */
static int promote_l2(mfn_t m)
{
    struct page_info *info = frame_info(m);
    unsigned nr = table_guest_entries(info->type), before = info->partial;
    const uint64_t *table = window_map(m);
    unsigned i = before;

    while (i < nr && !work_exhausted()) {
        while (i < nr && !(table[i] & PTE_P)) {
            bool all = i % GROUP == 0 && i + GROUP <= nr &&
                       none_present((const uint32_t *)&table[i]);

            i += all ? GROUP : 1;
        }
        if (i == nr)
            break;
        work_add(ENTRY_WORK);
        if (entry_get(info->owner, info->owner, info->type, i, table[i]) != 0)
            break;
        i++;
    }
    info->partial = (uint16_t)i;
    work_add((i - before) / GROUP);
    window_unmap(table);
    return i > before && i < nr && work_exhausted() ? -ERESTART : 0;
}

/**
 * Demotion of an L1, from the top down.
 *
 * The note for flushes (MM-I5) is made once: nobody walks this table any
 * more, so no translation through it can come back after a flush. What is not
 * of the common kind, a page's last use above all, is dear: afterwards the
 * work may be enough.
 */
static void demote_l1(mfn_t m)
{
    struct page_info *info = frame_info(m), *page;
    const uint32_t *table = window_map(m);
    unsigned before = info->partial, i = before;

    flush_note();
    while (i > 0) {
        const uint32_t *entry = &table[2 * (i - 1)];

        if (i % GROUP == 0 && none_present(entry - 2 * (GROUP - 1))) {
            i -= GROUP;
            continue;
        }
        i--;
        if (!(entry[0] & PTE_P))
            continue;
        page = fast_old(entry[0], entry[1]);
        if (page) {
            fast_put(page, entry[0]);
            continue;
        }
        info->partial = (uint16_t)i;
        work_add(ENTRY_WORK);
        entry_put(FRAME_L1, (uint64_t)entry[1] << 32 | entry[0]);
        if (work_exhausted())
            break;
    }
    info->partial = (uint16_t)i;
    work_add(before - i);
    window_unmap(table);
}

/** Demotion of an L2, from the top down. */
static void demote_l2(mfn_t m)
{
    struct page_info *info = frame_info(m);
    const uint64_t *table = window_map(m);
    unsigned before = info->partial, i = before;

    while (i > 0 && !work_exhausted()) {
        if (i % GROUP == 0 &&
            none_present((const uint32_t *)&table[i - GROUP])) {
            i -= GROUP;
            continue;
        }
        info->partial = (uint16_t)--i;
        if (!(table[i] & PTE_P))
            continue;
        work_add(ENTRY_WORK);
        entry_put(info->type, table[i]);
    }
    info->partial = (uint16_t)i;
    work_add((before - i) / GROUP);
    window_unmap(table);
}

/**
 * Make a frame a table: table_promote(), with its parameter and results.
 *
 * @param m  As there.
 * @context{entry}
 * @return as there.
 * @ingroup memory
 */
int table_make(mfn_t m)
{
    int error = 0;

    if (options.fast) {
        switch (frame_info(m)->type) {
        case FRAME_L1:
            promote_l1(m);
            break;
        case FRAME_L2:
        case FRAME_XEN_L2:
            error = promote_l2(m);
        }
    }
    return error ? error : table_promote(m);
}

/**
 * Make a table an ordinary frame: table_demote(), with its parameter and
 * results.
 *
 * @param m  As there.
 * @context{entry}
 * @return as there.
 * @ingroup memory
 */
int table_unmake(mfn_t m)
{
    if (options.fast) {
        switch (frame_info(m)->type) {
        case FRAME_L1:
            demote_l1(m);
            break;
        case FRAME_L2:
        case FRAME_XEN_L2:
            demote_l2(m);
        }
    }
    return table_demote(m);
}
