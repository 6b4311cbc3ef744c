/* SPDX-License-Identifier: MIT */
/**
 * @file tables.c
 * Graded tests of exercise 3.2 with tables as guests make them: promotion,
 * demotion, and both in pieces. Those that mean harm are in hostile.c.
 */
#include "labs/03-memory/tests/script.h"
#include "labs/03-memory/tests/tests.h"

#define SECTION "exercise-32-promotion-and-demotion"
#define A ((uint32_t)OWNER_A)

/** An index that no earlier call for the same step of 16 has drawn. */
static unsigned index_in(struct rng *rng, unsigned step)
{
    return step * 16 + rng_below(rng, 16);
}

/* --- 3.2/entries ---------------------------------------------------------- */

/** An L1 full of what an L1 may hold. */
static void fill_l1(struct script *s, struct rng *rng, uint32_t l1)
{
    static const uint32_t rights[] = { P, P | RW, P | US, P | RW | US,
                                       P | RW | A_D, P | 0xE00 };

    for (unsigned i = 0; i < 24; i++)
        script_poke(s, l1, index_in(rng, i), script_a(s, rng_below(rng, 12)),
                    rights[rng_below(rng, 6)],
                    rng_below(rng, 2) ? NX_HIGH : 0);
    script_poke(s, l1, index_in(rng, 24), NAME(NAME_SHARED, 0), P | RW, 0);
    script_poke(s, l1, index_in(rng, 25),
                NAME(NAME_RAW, rng_between(rng, 0xA0, 0xFF)), P | RW, 0);
    script_poke(s, l1, index_in(rng, 26),
                NAME(NAME_RAW, rng_between(rng, 0xA0, 0xFF)),
                P | RW | PWT | PCD | PSE, 0);
    /* Not present: whatever else is in it means nothing. */
    script_poke(s, l1, index_in(rng, 27), script_b(s, 0), 0xFFE, ~0u);
    script_poke(s, l1, index_in(rng, 28), NAME(NAME_RAW, 0xFFFFFF), RW, ~0u);
    script_poke(s, l1, 0, script_a(s, 0), P | RW, 0);
    script_poke(s, l1, ENTRIES - 1, script_a(s, 1), P | RW, 0);
    script_poke(s, l1, index_in(rng, 29), l1, P, 0); /* itself, read only */
}

static void prepare_entries(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, true);
    uint32_t first = script_a(s, 12), second = script_a(s, 13);

    fill_l1(s, rng, first);
    fill_l1(s, rng, second);
    script_step(s, "a full L1", OP_GET_BOTH, 3, first, A, type(T_L1));
    script_step(s, "the same once more", OP_GET_BOTH, 3, first, A,
                type(T_L1));
    script_step(s, "another one, with the same pages", OP_GET_BOTH, 3,
                second, A, type(T_L1));
    script_step(s, "a page that both map cannot be a table", OP_GET_BOTH, 3,
                script_a(s, 0), A, type(T_L1));
    script_step(s, "not the last one", OP_PUT_BOTH, 1, first);
    script_step(s, "the last one", OP_PUT_BOTH, 1, first);
    script_step(s, "the last one of the other", OP_PUT_BOTH, 1, second);
    script_step(s, "now a page can be a table", OP_GET_BOTH, 3,
                script_a(s, 0), A, type(T_L1));
    script_prepare_about(setup, s, "table_promote");
}

const struct test test_tables_entries = {
    .id = "3.2/entries",
    .exercise = "3.2",
    .title = "An L1 in use holds what its present entries name: writable, "
             "read only, a device, the shared page; and gives all of it back.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_entries,
    .check = script_check,
};

/* --- 3.2/trees ------------------------------------------------------------ */

/* Frames of a tree, in the drawn order. */
enum { L3_X, L3_Y, SLOT3_X, SLOT3_Y, L2_X, L2_Y, L1_FIRST, PAGE_FIRST = 12 };

/** Two L3s over two L2s over six L1s, shared wherever sharing is allowed. */
static void make_trees(struct script *s, struct rng *rng)
{
    for (unsigned i = 0; i < 6; i++) {
        uint32_t l1 = script_a(s, L1_FIRST + i);

        for (unsigned e = 0; e < 4; e++)
            script_poke(s, l1, index_in(rng, e + 4 * i),
                        script_a(s, PAGE_FIRST + rng_below(rng, 8)),
                        rng_below(rng, 2) ? P | RW : P, 0);
        script_poke(s, script_a(s, i & 1 ? L2_X : L2_Y), index_in(rng, i),
                    l1, P | RW | US, 0);
    }
    /* An L1 that both L2s lead to, and one for slot 3. */
    script_poke(s, script_a(s, L2_X), index_in(rng, 8),
                script_a(s, L1_FIRST), P | RW, 0);
    script_poke(s, script_a(s, SLOT3_X), index_in(rng, 9),
                script_a(s, L1_FIRST + 1), P | RW, NX_HIGH);
    /* The first and the last of the guest's, and garbage behind. */
    script_poke(s, script_a(s, SLOT3_X), 0, script_a(s, L1_FIRST), P, 0);
    script_poke(s, script_a(s, SLOT3_Y), ENTRIES_XEN_L2 - 1,
                script_a(s, L1_FIRST + 2), P | RW, 0);
    script_poke(s, script_a(s, SLOT3_Y), ENTRIES_XEN_L2,
                script_b(s, 0), P | RW | PSE, 0);
    script_poke(s, script_a(s, SLOT3_Y), ENTRIES - 1,
                NAME(NAME_RAW, 0xFFFFFF), 0xFFF, ~0u);
    script_l3(s, script_a(s, L3_X), script_a(s, SLOT3_X));
    script_l3(s, script_a(s, L3_Y), script_a(s, SLOT3_Y));
    for (unsigned i = 0; i < 3; i++) {
        script_poke(s, script_a(s, L3_X), i,
                    script_a(s, i & 1 ? L2_Y : L2_X), P | (i == 2 ? RW : 0),
                    0);
        script_poke(s, script_a(s, L3_Y), i, script_a(s, L2_Y),
                    i == 1 ? 0 : P, 0);
    }
}

static void prepare_trees(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    unsigned order[] = { L3_X, L3_Y, L2_X, L1_FIRST, L1_FIRST + 3 };
    static const enum type types[] = { [L3_X] = T_L3, [L3_Y] = T_L3,
                                       [L2_X] = T_L2, [L1_FIRST] = T_L1,
                                       [L1_FIRST + 3] = T_L1 };

    make_trees(s, rng);
    for (unsigned round = 0; round < 3; round++) {
        rng_shuffle(rng, order, 5, sizeof order[0]);
        for (unsigned i = 0; i < 5; i++)
            script_step(s, "a part of two trees, or all of one",
                        OP_GET_BOTH, 3, script_a(s, order[i]), A,
                        type(types[order[i]]));
        rng_shuffle(rng, order, 5, sizeof order[0]);
        for (unsigned i = 0; i < 5; i++)
            script_step(s, "what others hold stays a table", OP_PUT_BOTH, 1,
                        script_a(s, order[i]));
    }
    script_step(s, "left in use, to be looked at", OP_GET_BOTH, 3,
                script_a(s, L3_Y), A, type(T_L3));
    script_prepare_about(setup, s, "table_promote");
}

const struct test test_tables_trees = {
    .id = "3.2/trees",
    .exercise = "3.2",
    .title = "Trees of tables, with parts that they share, are made and taken "
             "down in any order; slot 3 leads to the hypervisor.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_trees,
    .check = script_check,
};

/* --- 3.2/pieces ----------------------------------------------------------- */

/* Work of an L1 with four entries, and entries next to each other in an L2. */
#define L1_WORK (ENTRIES + 4 * (ENTRY_WORK - 1))
#define NR_DENSE 64u

/** Stops amid entries that are all present: one more, or one fewer, is told by
 *  the counts. */
static void dense_pieces(struct script *s, struct rng *rng)
{
    uint32_t l2 = script_a(s, 24), l1 = script_a(s, 25);
    unsigned first = rng_below(rng, ENTRIES - NR_DENSE);
    unsigned behind = ENTRIES - NR_DENSE - first;

    for (unsigned i = 0; i < 4; i++)
        script_poke(s, l1, i == 0 ? 0 : index_in(rng, i),
                    script_a(s, 26 + i), P, 0);
    for (unsigned i = 0; i < NR_DENSE; i++)
        script_poke(s, l2, first + i, l1, P | RW, 0);
    for (unsigned i = 0; i < 4; i++) {
        unsigned up = first + L1_WORK + ENTRY_WORK * rng_between(rng, 2, 60);
        unsigned down = behind + ENTRY_WORK * rng_between(rng, 1, 60);

        script_step(s, "", OP_WORK, 1, up);
        script_step(s, "it stops amid entries of the same L1", OP_GET_BOTH, 3,
                    l2, A, type(T_L2));
        script_step(s, "and goes on", OP_GET_BOTH, 3, l2, A, type(T_L2));
        script_step(s, "", OP_WORK, 1, down);
        script_step(s, "the same on the way down",
                    i & 1 ? OP_DEMOTE : OP_PUT_BOTH, 1, l2);
        script_step(s, "an L1 alone", OP_GET_BOTH, 3, l1, A, type(T_L1));
        /* Enough for all of it, or for all but its entry 0. */
        script_step(s, "", OP_WORK, 1, L1_WORK - (i & 2 ? 0 : ENTRY_WORK));
        script_step(s, i & 2 ? "just enough work to be done with it"
                             : "enough work for all but the last entry",
                    OP_PUT_BOTH, 1, l1);
    }
}

static void prepare_pieces(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t l3 = script_a(s, L3_X), l2 = script_a(s, L2_X);

    make_trees(s, rng);
    script_step(s, "any reference", OP_GET, 2, script_a(s, 40), A);
    for (unsigned i = 0; i < 6; i++) {
        script_step(s, "", OP_WORK, 1, rng_between(rng, 1, 1000));
        script_step(s, "interrupts must be let in on the way", OP_GET_BOTH,
                    3, l3, A, type(T_L3));
        script_step(s, "the same call again, as the guest repeats it",
                    OP_GET_BOTH, 3, l3, A, type(T_L3));
        script_step(s, "", OP_WORK, 1, rng_between(rng, 1, 500));
        script_step(s, "all given back, in pieces", OP_PUT_BOTH, 1, l3);
        script_step(s, "", OP_WORK, 1, rng_between(rng, 1, 500));
        script_step(s, "interrupts must be let in on the way", OP_GET_BOTH,
                    3, l2, A, type(T_L2));
        script_step(s, "the same call again", OP_GET_BOTH, 3, l2, A,
                    type(T_L2));
        script_step(s, "all given back", OP_PUT_BOTH, 1, l2);
    }
    dense_pieces(s, rng);
    script_step(s, "", OP_WORK, 1, rng_between(rng, 1, 400));
    script_step(s, "an L2 for slot 3, in pieces", OP_GET_BOTH, 3,
                script_a(s, 41), A, type(T_XEN_L2));
    script_step(s, "the same call again: its last slots are the hypervisor's "
                "now", OP_GET_BOTH, 3, script_a(s, 41), A, type(T_XEN_L2));
    script_prepare_about(setup, s, "table_promote");
}

const struct test test_tables_pieces = {
    .id = "3.2/pieces",
    .exercise = "3.2",
    .title = "A promotion stops when its share of work is done, holds exactly "
             "what it came to, and goes on from there.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_pieces,
    .check = script_check,
};
