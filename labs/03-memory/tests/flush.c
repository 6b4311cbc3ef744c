/* SPDX-License-Identifier: MIT */
/**
 * @file flush.c
 * Graded tests of exercise 3.4. The driver runs on A's own tables and uses
 * its addresses, so what is asked is the processor itself: does an address
 * that is mapped no more still work?
 */
#include "labs/03-memory/tests/script.h"
#include "labs/03-memory/tests/tests.h"

#define SECTION "exercise-34-dropping-translations"
#define A ((uint32_t)OWNER_A)

/* --- 3.4/notes ------------------------------------------------------------ */

static void prepare_notes(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    static const enum operation calls[] = { OP_NOTE, OP_BEFORE_REUSE,
                                            OP_BEFORE_REUSE, OP_FLUSH_ALL,
                                            OP_FLUSH_PAGE };

    script_step(s, "any reference", OP_GET, 2, script_a(s, 0), A);
    script_step(s, "nothing was taken away yet", OP_BEFORE_REUSE, 0);
    for (unsigned i = 0; i < 200; i++) {
        enum operation call = calls[rng_below(rng, 5)];

        script_step(s, "calls in a drawn order", call, call == OP_FLUSH_PAGE,
                    rng_below(rng, 0xF5000) << 12);
    }
    script_prepare(setup, s);
}

const struct test test_flush_notes = {
    .id = "3.4/notes",
    .exercise = "3.4",
    .title = "Before a frame is used again everything is flushed, if a right "
             "was taken away since the last time, and else nothing is.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_notes,
    .check = script_check,
};

/* --- Tables that the driver runs on --------------------------------------- */

enum { L3, SLOT3, L2, L1, PAGES };

/** Where L1's entry `index` is seen. */
static uint32_t address_of(unsigned l2_index, unsigned index)
{
    return (uint32_t)l2_index << 21 | (uint32_t)index << 12;
}

/** A base with one L1 behind a drawn entry of its L2; the driver runs on it.
 *  @return that entry's index. */
static unsigned run_on_tables(struct script *s, struct rng *rng)
{
    unsigned l2_index = rng_below(rng, ENTRIES);

    script_poke(s, script_a(s, L2), l2_index, script_a(s, L1), P | RW, 0);
    script_poke(s, script_a(s, L3), 0, script_a(s, L2), P, 0);
    script_l3(s, script_a(s, L3), script_a(s, SLOT3));
    script_step(s, "a base", OP_BASE, 1, script_a(s, L3));
    script_step(s, "the vCPU runs", OP_RUN, 0);
    return l2_index;
}

/** A page that is mapped, and where. */
struct mapped {
    unsigned index; /**< of L1 */
    uint32_t va, page;
};

/** Map the `i`-th page at a drawn address and use the mapping, so that the
 *  processor remembers it. */
static struct mapped map_and_use(struct script *s, struct rng *rng,
                                 unsigned l2_index, unsigned i)
{
    unsigned index = 16 * i + rng_below(rng, 16);
    struct mapped m = { index, address_of(l2_index, index),
                        script_a(s, PAGES + i) };

    script_update(s, "a page is mapped", script_a(s, L1), index, m.page,
                  P | RW, 0);
    script_step(s, "and used", OP_STORE, 2, m.va, (uint32_t)MUST_WORK);
    script_step(s, "and used", OP_LOAD, 2, m.va, (uint32_t)MUST_WORK);
    return m;
}

/* --- 3.4/page ------------------------------------------------------------- */

/** Nobody took a right away through us since everything was flushed; what the
 *  guest has flushed then is its own business, and must be flushed. */
static void flush_unnoted(struct script *s, struct mapped m)
{
    script_step(s, "everything is flushed: nothing is noted from here on",
                OP_FLUSH_ALL, 0);
    script_step(s, "the page is used", OP_STORE, 2, m.va,
                (uint32_t)MUST_WORK);
    script_poke(s, script_a(s, L1), m.index, m.page, P, 0);
    script_step(s, "the guest asks for a flush, and knows why",
                OP_FLUSH_PAGE, 1, m.va);
    script_step(s, "the page is read only, though nobody noted that",
                OP_STORE, 2, m.va, (uint32_t)MUST_FAULT);
    script_poke(s, script_a(s, L1), m.index, m.page, P | RW, 0);
    script_step(s, "the guest asks again", OP_FLUSH_PAGE, 1, m.va);
    script_step(s, "the page may be written", OP_STORE, 2, m.va,
                (uint32_t)MUST_WORK);
}

static void prepare_page(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    unsigned l2_index = run_on_tables(s, rng);

    for (unsigned i = 0; i < 6; i++) {
        struct mapped m = map_and_use(s, rng, l2_index, i);
        bool one = rng_below(rng, 2);

        script_update(s, "it may not be written any more", script_a(s, L1),
                      m.index, m.page, P, 0);
        script_step(s, "the guest asks for a flush",
                    one ? OP_FLUSH_PAGE : OP_FLUSH_ALL, one, m.va);
        script_step(s, "the page is read only, and the guest was promised "
                       "that", OP_STORE, 2, m.va, (uint32_t)MUST_FAULT);
        script_step(s, "it may be read", OP_LOAD, 2, m.va,
                    (uint32_t)MUST_WORK);
        script_update(s, "it is not mapped any more", script_a(s, L1),
                      m.index, m.page, 0, 0);
        script_step(s, "the guest asks for a flush",
                    one ? OP_FLUSH_ALL : OP_FLUSH_PAGE, !one, m.va);
        script_step(s, "the page is gone", OP_LOAD, 2, m.va,
                    (uint32_t)MUST_FAULT);
    }
    flush_unnoted(s, map_and_use(s, rng, l2_index, 6));
    script_prepare(setup, s);
}

const struct test test_flush_page = {
    .id = "3.4/page",
    .exercise = "3.4",
    .title = "A flush that a guest asks for, of a page or of all, has been "
             "made when the call returns.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_page,
    .check = script_check,
};

/* --- 3.4/freed ------------------------------------------------------------ */

static void prepare_freed(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    unsigned l2_index = run_on_tables(s, rng);

    for (unsigned i = 0; i < 8; i++) {
        struct mapped m = map_and_use(s, rng, l2_index, i);

        if (rng_below(rng, 2)) {
            script_step(s, "the owner lets go", OP_DISOWN, 1, m.page);
            script_update(s, "the mapping goes, and the frame is free",
                          script_a(s, L1), m.index, m.page, 0, 0);
        } else {
            script_update(s, "the mapping goes", script_a(s, L1), m.index,
                          m.page, 0, 0);
            script_step(s, "the owner lets go, and the frame is free",
                        OP_DISOWN, 1, m.page);
        }
        script_step(s, "the frame may be another domain's by now", OP_LOAD, 2,
                    m.va, (uint32_t)MUST_FAULT);
        script_step(s, "the frame may be another domain's by now", OP_STORE,
                    2, m.va, (uint32_t)MUST_FAULT);
    }
    script_prepare(setup, s);
}

const struct test test_flush_freed = {
    .id = "3.4/freed",
    .exercise = "3.4",
    .title = "A frame that is free cannot be reached by a translation from "
             "before.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_freed,
    .check = script_check,
};

/* --- 3.4/tables ----------------------------------------------------------- */

static void prepare_tables(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    unsigned l2_index = run_on_tables(s, rng);

    for (unsigned i = 0; i < 8; i++) {
        struct mapped m = map_and_use(s, rng, l2_index, i);
        enum type t = rng_below(rng, 2) ? T_L1 : T_SEG_DESC;

        script_update(s, rng_below(rng, 2) ? "the mapping goes"
                                           : "the mapping goes, unflushed",
                      script_a(s, L1), m.index, m.page,
                      rng_below(rng, 2) ? 0 : P, 0);
        script_step(s, "the page becomes a table, or holds descriptors",
                    OP_GET_BOTH, 3, m.page, A, type(t));
        script_step(s, "a store through the old mapping would be a change "
                       "that nobody has looked at", OP_STORE, 2, m.va,
                    (uint32_t)MUST_FAULT);
    }
    script_prepare(setup, s);
}

const struct test test_flush_tables = {
    .id = "3.4/tables",
    .exercise = "3.4",
    .title = "A page that has become a page table cannot be written through "
             "a translation from before.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_tables,
    .check = script_check,
};
