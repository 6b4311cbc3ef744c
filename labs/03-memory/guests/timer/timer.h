/* SPDX-License-Identifier: MIT */
/**
 * @file timer.h
 * What a test tells the guest `timer` to do; both sides include this file.
 *
 * The guest has NR_PAGES pages of its own image, in frames one behind the
 * other: an L2, the L1s that its entries name, pages for those to map, and an
 * L1 of its own that its handler changes. The input is a struct timer_input.
 */
#ifndef LAB3_TIMER_H
#define LAB3_TIMER_H

#define NR_L1 9u
#define NR_DATA 8u
enum timer_page {
    PAGE_L2,
    PAGE_L1, /**< the first of NR_L1; it is pinned all the time */
    PAGE_DATA = PAGE_L1 + NR_L1, /**< the first of NR_DATA */
    PAGE_OWN = PAGE_DATA + NR_DATA, /**< the handler's L1 */
    NR_PAGES
};

/** Entry of PAGE_OWN that each event sets or empties; it maps PAGE_DATA. */
#define OWN_INDEX 0u

#define MAX_ENTRIES 80u
#define MAX_ROUNDS 400u

/** An entry of one of the tables, there from the start. */
struct timer_entry {
    unsigned int table, index, page, flags;
};

struct timer_input {
    unsigned int frame_table; /**< address of frame 0's struct page_info */
    unsigned int nr_entries, nr_rounds;
    struct timer_entry entry[MAX_ENTRIES];
    /** When in the round the timer fires, in 65536ths of the time that a pin
     *  and an unpin take. */
    unsigned int moment[MAX_ROUNDS];
};

/** Where the guest is when it shows its frames' counts (mark_state). */
enum timer_place {
    PLACE_START,  /**< before the first round; nothing but PAGE_L1 is pinned */
    PLACE_EVENT,  /**< in the handler, wherever that is */
    PLACE_PINNED,
    PLACE_UNPINNED,
    PLACE_END,    /**< after the last round, and one call more */
};

/** edx of mark_state. */
#define STATE(place, nr_events, round)                                       \
    ((unsigned int)(place) << 28 | ((nr_events) & 1u) << 27 | (round))
#define STATE_PLACE(edx) ((edx) >> 28)
#define STATE_EVENTS(edx) ((edx) >> 27 & 1u)
#define STATE_ROUND(edx) ((edx) & 0x7FFFFFFu)

#endif
