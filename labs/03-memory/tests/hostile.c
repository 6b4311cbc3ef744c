/* SPDX-License-Identifier: MIT */
/**
 * @file hostile.c
 * Graded tests of exercise 3.2 with tables that nobody makes by mistake.
 */
#include "labs/03-memory/tests/script.h"
#include "labs/03-memory/tests/tests.h"

#define SECTION "exercise-32-promotion-and-demotion"
#define A ((uint32_t)OWNER_A)
#define B ((uint32_t)OWNER_B)

/** L1 entries one by one: whose table it is, whose frame it should name, and
 *  what the one or the other may have. */
static void single_entries(struct script *s, uint32_t owner)
{
    static const uint32_t flags[] = { P, P | RW, P | PWT, P | GLOBAL };
    const uint32_t frames[] = { script_a(s, 30), script_b(s, 5),
                                NAME(NAME_RAW, 0xB8),
                                NAME(NAME_RAW, 0x4000) };

    for (uint32_t page_owner = A; page_owner <= B; page_owner++)
        for (unsigned i = 0; i < 16; i++)
            script_step(s, "an L1 entry: its table's owner, its page's owner, "
                        "the frame", OP_ENTRY_GET, 5, owner, page_owner,
                        frames[i % 4], flags[i / 4], 0u);
}

/* --- 3.2/flags ------------------------------------------------------------ */

static void prepare_flags(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, true);
    static const enum type types[] = { T_L1, T_L2, T_L3, T_XEN_L2 };
    uint32_t l1 = script_a(s, 0), page = script_a(s, 1);

    script_step(s, "any reference", OP_GET, 2, page, A);
    for (unsigned i = 0; i < 4; i++)
        for (unsigned bit = 1; bit < 64; bit++) {
            if (bit >= 12 && bit < 44)
                continue; /* the frame's number */
            script_step(s, "one flag beside \"present\"", OP_CHECK_FLAGS, 5,
                        rng_below(rng, 2) ? A : B, type(types[i]), page,
                        bit < 12 ? P | 1u << bit : P,
                        bit < 32 ? 0 : 1u << (bit - 32));
        }
    for (unsigned i = 0; i < 8; i++)
        for (unsigned bit = 3; bit < 9; bit++)
            script_step(s, "how devices are cached: of a domain that may map "
                        "some, and of one that may not; at each level",
                        OP_CHECK_FLAGS, 5, i % 2 ? A : B, type(types[i / 2]),
                        page, P | 1u << bit, 0u);
    script_step(s, "from here on the processor has no NX", OP_NX, 1, 0u);
    for (unsigned i = 0; i < 4; i++)
        script_step(s, "NX is reserved where the processor has none: an access "
                    "through the entry faults, in ring 0 as well",
                    OP_CHECK_FLAGS, 5, i % 2 ? A : B, type(types[i]), page, P,
                    NX_HIGH);
    script_step(s, "and now it has NX again", OP_NX, 1, 1u);
    single_entries(s, A);
    single_entries(s, B);
    for (unsigned i = 0; i < 4; i++) {
        unsigned index = rng_below(rng, ENTRIES);

        script_poke(s, l1, index, page, P | GLOBAL, 0);
        script_step(s, "a table with a forbidden flag", OP_GET_TYPE, 2, l1,
                    type(T_L1));
        script_poke(s, l1, index, page, P, 1u << rng_between(rng, 12, 30));
        script_step(s, "a table with a reserved bit", OP_GET_TYPE, 2, l1,
                    type(T_L1));
        script_poke(s, l1, index, page, 0, 0);
    }
    script_prepare_about(setup, s, "table_promote");
}

const struct test test_tables_flags = {
    .id = "3.2/flags",
    .exercise = "3.2",
    .title = "Each of the flags of an entry is allowed, or refused, at each "
             "level, as the table of the contract says.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_flags,
    .check = script_check,
};

/* --- 3.2/hostile ---------------------------------------------------------- */

/** One bad entry in a table that is good otherwise, at a drawn place. */
static void try_entry(struct script *s, struct rng *rng, uint32_t table,
                      enum type t, uint32_t page, uint32_t flags,
                      const char *about)
{
    unsigned index = t == T_L3 ? rng_below(rng, 3)
                               : rng_between(rng, 64, ENTRIES_XEN_L2 - 1);

    script_poke(s, table, index, page, flags, 0);
    script_step(s, about, OP_GET_BOTH, 3, table, A, type(t));
    script_poke(s, table, index, page, 0, 0);
}

/** L1 entries. */
static void hostile_l1(struct script *s, struct rng *rng)
{
    uint32_t l1 = script_a(s, 0), other = script_a(s, 1);

    script_poke(s, l1, 5, script_a(s, 9), P | RW, 0);
    script_step(s, "another L1, in use", OP_GET_BOTH, 3, other, A,
                type(T_L1));
    try_entry(s, rng, l1, T_L1, l1, P | RW, "an L1 that maps itself, "
              "writable: the guest could write any entry");
    try_entry(s, rng, l1, T_L1, other, P | RW,
              "an L1 that maps another table, writable");
    try_entry(s, rng, l1, T_L1, script_b(s, 0), P,
              "a page of another domain's");
    try_entry(s, rng, l1, T_L1, script_b(s, 1), P | RW,
              "a page of another domain's, writable");
    try_entry(s, rng, l1, T_L1, NAME(NAME_IMAGE, 0), P | RW,
              "a page of the hypervisor's");
    try_entry(s, rng, l1, T_L1, NAME(NAME_RAW, 0xB8), P | RW,
              "a device's page, without the right to devices");
    try_entry(s, rng, l1, T_L1, NAME(NAME_RAW, 0xFFFFFF), P,
              "no such frame");
}

/** Entries of upper tables. */
static void hostile_upper(struct script *s, struct rng *rng)
{
    uint32_t l3 = script_a(s, 2), slot3 = script_a(s, 3);
    uint32_t l2 = script_a(s, 4), l1 = script_a(s, 5);
    uint32_t page = script_a(s, 6);

    script_poke(s, l1, 7, page, P | RW, 0);
    script_poke(s, l2, 9, l1, P | RW, 0);
    script_step(s, "a page in use as writable", OP_GET_BOTH, 3, page, A,
                type(T_WRITABLE));
    try_entry(s, rng, l2, T_L2, l2, P | RW, "an L2 that is its own L1");
    try_entry(s, rng, l2, T_L2, page, P | RW,
              "an L1 that somebody can write to");
    try_entry(s, rng, l2, T_L2, script_b(s, 2), P | RW,
              "another domain's frame as an L1");
    try_entry(s, rng, l2, T_L2, script_a(s, 7), P | RW | PSE,
              "a page of 2 MB");
    try_entry(s, rng, l2, T_L2, NAME(NAME_RAW, 0xB8), P | RW,
              "a device as an L1");
    script_step(s, "slot 3 is empty", OP_GET_BOTH, 3, l3, A, type(T_L3));
    script_poke(s, l3, 3, slot3, RW, 0);
    script_step(s, "slot 3 is not present, and not 0", OP_GET_BOTH, 3, l3, A,
                type(T_L3));
    script_l3(s, l3, slot3);
    try_entry(s, rng, l3, T_L3, l3, P, "an L3 that is its own L2");
    try_entry(s, rng, l3, T_L3, l1, P, "an L1 that is wanted as an L2");
    try_entry(s, rng, l3, T_L3, slot3, P,
              "the L2 of slot 3 in another slot: the guest could change it "
              "where it is the hypervisor's");
    try_entry(s, rng, l3, T_L3, script_b(s, 3), P,
              "another domain's frame as an L2");
    try_entry(s, rng, l3, T_L3, NAME(NAME_IMAGE, 0), P,
              "a frame of the hypervisor's as an L2");
}

/** Slot 3's L2 is one L3's alone. */
static void hostile_slot3(struct script *s)
{
    uint32_t l3 = script_a(s, 8), second = script_a(s, 10);
    uint32_t slot3 = script_a(s, 11), plain = script_a(s, 12);

    script_l3(s, l3, slot3);
    script_l3(s, second, slot3);
    script_step(s, "an L3", OP_GET_BOTH, 3, l3, A, type(T_L3));
    script_step(s, "a second L3 with the same L2 in slot 3", OP_GET_BOTH, 3,
                second, A, type(T_L3));
    script_step(s, "an L2 in use as such", OP_GET_BOTH, 3, plain, A,
                type(T_L2));
    script_l3(s, second, plain);
    script_step(s, "an ordinary L2 in slot 3", OP_GET_BOTH, 3, second, A,
                type(T_L3));
    script_step(s, "the first L3 goes", OP_PUT_BOTH, 1, l3);
    script_l3(s, second, slot3);
    script_step(s, "now the second may have the L2", OP_GET_BOTH, 3, second,
                A, type(T_L3));
}

/** What is refused stays the guest's page, to the last word: nothing of the
 *  hypervisor's has been written there. */
static void hostile_refused(struct script *s, struct rng *rng)
{
    uint32_t slot3 = script_a(s, 22), l1 = script_a(s, 23);

    script_poke(s, slot3, rng_below(rng, 100), l1, P | RW, 0);
    script_poke(s, slot3, rng_between(rng, 300, ENTRIES_XEN_L2 - 1),
                script_b(s, 4), P | RW, 0);
    script_poke(s, slot3, rng_between(rng, ENTRIES_XEN_L2, ENTRIES - 1),
                script_a(s, 24), RW, 0);
    script_step(s, "", OP_WORK, 1, rng_between(rng, 1, 500));
    script_step(s, "an L2 for slot 3, stopped on the way", OP_GET_BOTH, 3,
                slot3, A, type(T_XEN_L2));
    script_step(s, "another domain's frame is in it: it stays as it was",
                OP_GET_BOTH, 3, slot3, A, type(T_XEN_L2));
}

static void prepare_hostile(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);

    single_entries(s, A);
    hostile_l1(s, rng);
    hostile_upper(s, rng);
    hostile_slot3(s);
    hostile_refused(s, rng);
    script_poke(s, script_a(s, 20), rng_below(rng, ENTRIES),
                NAME(NAME_RAW, 0), 0, 0x00008C00); /* a call gate, present */
    script_step(s, "descriptors with a gate among them", OP_GET_BOTH, 3,
                script_a(s, 20), A, type(T_SEG_DESC));
    script_step(s, "descriptors, all empty", OP_GET_BOTH, 3,
                script_a(s, 21), A, type(T_SEG_DESC));
    script_step(s, "are no page to be written", OP_GET_TYPE, 2,
                script_a(s, 21), type(T_WRITABLE));
    script_step(s, "they go", OP_PUT_BOTH, 1, script_a(s, 21));
    script_prepare_about(setup, s, "table_promote");
}

const struct test test_tables_hostile = {
    .id = "3.2/hostile",
    .exercise = "3.2",
    .title = "Tables that map themselves, other tables, other domains or the "
             "hypervisor, or that are of the wrong level, are refused.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_hostile,
    .check = script_check,
};

/* --- 3.2/undo ------------------------------------------------------------- */

static void try_each(struct script *s, const char *about, uint32_t table,
                     enum type t, uint32_t page, uint32_t flags,
                     uint32_t first, uint32_t step)
{
    script_step(s, about, OP_TRY_EACH, 7, table, type(t), page, flags, 0u,
                first, step);
}

static void prepare_undo(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t l1 = script_a(s, 0), second = script_a(s, 1);
    uint32_t l2 = script_a(s, 2), slot3 = script_a(s, 3);
    uint32_t l3 = script_a(s, 4);

    for (unsigned i = 0; i < 40; i++) {
        script_poke(s, l1, rng_below(rng, ENTRIES),
                    script_a(s, 8 + rng_below(rng, 20)),
                    rng_below(rng, 2) ? P | RW : P, 0);
        script_poke(s, second, rng_below(rng, ENTRIES),
                    script_a(s, 8 + rng_below(rng, 20)), P | RW, 0);
    }
    script_poke(s, l2, rng_below(rng, 200), l1, P | RW, 0);
    script_poke(s, l2, 200 + rng_below(rng, 200), second, P | RW, 0);
    script_poke(s, slot3, rng_below(rng, 200), second, P | RW, 0);
    script_l3(s, l3, slot3);
    script_poke(s, l3, 1, l2, P, 0);
    script_step(s, "a page with a reference from elsewhere", OP_GET_BOTH, 3,
                script_a(s, 8), A, type(T_WRITABLE));
    try_each(s, "an L1 with one bad entry: another domain's page", l1, T_L1,
             script_b(s, 0), P | RW, 0, 1);
    try_each(s, "an L1 with one bad entry: a forbidden flag", l1, T_L1,
             script_a(s, 8), P | GLOBAL, rng_below(rng, 8), 8);
    try_each(s, "an L2 with one bad entry: a page of 2 MB", l2, T_L2,
             script_a(s, 30), P | RW | PSE, rng_below(rng, 6), 6);
    try_each(s, "an L2 for slot 3 with one bad entry", slot3, T_XEN_L2,
             script_a(s, 8), P | RW, rng_below(rng, 8), 8);
    try_each(s, "an L3 with one bad entry", l3, T_L3, script_b(s, 1), P, 0,
             1);
    script_step(s, "without the bad entry", OP_GET_BOTH, 3, l3, A,
                type(T_L3));
    script_prepare_about(setup, s, "table_promote");
}

const struct test test_tables_undo = {
    .id = "3.2/undo",
    .exercise = "3.2",
    .title = "Wherever in a table the bad entry is, the refusal leaves every "
             "count of every frame as it was.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .budget = 200000000ull,
    .prepare = prepare_undo,
    .check = script_check,
};
