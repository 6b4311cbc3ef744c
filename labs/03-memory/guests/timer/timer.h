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

/** The timer is set to so much later than the window begins: the window takes
 *  a tenth of it, and whoever wants the event in it has time pass. */
#define ALARM_NS 100000000ull

/** An entry of one of the tables, there from the start. */
struct timer_entry {
    unsigned int table, index, page, flags;
};

struct timer_input {
    unsigned int frame_table; /**< address of frame 0's struct page_info */
    unsigned int nr_entries;
    struct timer_entry entry[MAX_ENTRIES];
};

/** Where the guest is when it shows its frames' counts: edx of mark_state. */
enum timer_place {
    PLACE_START,  /**< before the window; nothing but PAGE_L1 is pinned */
    PLACE_EVENT,  /**< in the handler, wherever that is */
    PLACE_PINNED,
    PLACE_UNPINNED,
    PLACE_END,    /**< after one call more, the handler's entry empty again */
};

#endif
