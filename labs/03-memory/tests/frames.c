/* SPDX-License-Identifier: MIT */
/**
 * @file frames.c
 * Graded tests of exercise 3.1: references, types, and the last of each.
 */
#include "labs/03-memory/tests/script.h"
#include "labs/03-memory/tests/tests.h"

#define SECTION "exercise-31-frame-types-and-counts"
#define A ((uint32_t)OWNER_A)
#define B ((uint32_t)OWNER_B)
#define NOBODY ((uint32_t)OWNER_NOBODY)

/* --- 3.1/references ------------------------------------------------------- */

/** References on a few frames, taken and put in any order. */
static void prepare_references(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    unsigned held[4] = { 0 };

    for (unsigned i = 0; i < 160; i++) {
        unsigned f = rng_below(rng, 4);
        uint32_t frame = f < 3 ? script_a(s, f) : script_b(s, 0);

        if (held[f] > 0 && rng_below(rng, 5) < 2) {
            script_step(s, "a reference that is there", OP_PUT, 1, frame);
            held[f]--;
        } else if (rng_below(rng, 4) == 0) {
            script_step(s, "the frame is another domain's", OP_GET, 2, frame,
                        f < 3 ? B : A);
        } else {
            script_step(s, "one more reference", OP_GET, 2, frame,
                        f < 3 ? A : B);
            held[f]++;
        }
    }
    script_prepare(setup, s);
}

const struct test test_frames_references = {
    .id = "3.1/references",
    .exercise = "3.1",
    .title = "frame_get() and frame_put() count one reference each, and only "
             "the owner's frame is given.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_references,
    .check = script_check,
};

/* --- 3.1/types ------------------------------------------------------------ */

/** What a test believes a frame to be used as. */
struct use {
    enum type type;
    unsigned nr;
};

/** Take a type on a frame, or try one that another use forbids. */
static void take_type(struct script *s, struct rng *rng, struct use *use,
                      uint32_t frame)
{
    static const enum type types[] = { T_WRITABLE, T_L1, T_L2, T_SEG_DESC };
    enum type wanted = types[rng_below(rng, 4)];
    bool fits = use->nr == 0 || use->type == wanted;
    const char *about = fits ? "the type is in use already, or nothing is"
                             : "the frame is in use as something else";

    if (rng_below(rng, 3) == 0 || use->nr == 0) {
        script_step(s, about, OP_GET_BOTH, 3, frame, A, type(wanted));
    } else {
        /* A type reference needs a general one: there is one already. */
        script_step(s, about, OP_GET_TYPE, 2, frame, type(wanted));
        if (fits)
            script_step(s, "a general reference beside it", OP_GET, 2,
                        frame, A);
    }
    if (fits) {
        use->type = wanted;
        use->nr++;
    }
}

static void prepare_types(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    struct use use[4] = { { T_NONE, 0 } };

    script_step(s, "any reference", OP_GET, 2, script_b(s, 0), B);
    for (unsigned i = 0; i < 150; i++) {
        unsigned f = rng_below(rng, 4);
        uint32_t frame = script_a(s, f);

        if (use[f].nr > 0 && rng_below(rng, 2)) {
            script_step(s, "a type reference and its general one",
                        OP_PUT_BOTH, 1, frame);
            use[f].nr--;
        } else {
            take_type(s, rng, &use[f], frame);
        }
    }
    script_prepare(setup, s);
}

const struct test test_frames_types = {
    .id = "3.1/types",
    .exercise = "3.1",
    .title = "A frame has one type while anybody relies on it, and may have "
             "any other afterwards.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_types,
    .check = script_check,
};

/* --- 3.1/last ------------------------------------------------------------- */

/** A page whose last reference is a mapping: it goes with the table. */
static void last_is_mapping(struct script *s, struct rng *rng, unsigned n)
{
    uint32_t l1 = script_a(s, n), page = script_a(s, n + 1);

    script_poke(s, l1, rng_below(rng, ENTRIES), page, P | RW, 0);
    script_step(s, "a table with one page", OP_GET_BOTH, 3, l1, A,
                type(T_L1));
    script_step(s, "the page stays: it is mapped", OP_DISOWN, 1, page);
    script_step(s, "the page is still there, for whoever maps it", OP_GET, 2,
                page, A);
    script_step(s, "and may go", OP_PUT, 1, page);
    script_step(s, "the last type reference of the table", OP_PUT_BOTH, 1,
                l1);
    script_step(s, "the page is free, and nobody's", OP_GET, 2, page, A);
    script_step(s, "the page is free, and nobody's", OP_GET, 2, page,
                NOBODY);
}

/** A table with so much below it that it goes in pieces. */
static void last_in_pieces(struct script *s, struct rng *rng)
{
    uint32_t l2 = script_a(s, 30);

    for (unsigned i = 0; i < 4; i++) {
        script_poke(s, script_a(s, 31 + i), rng_below(rng, ENTRIES),
                    script_a(s, 36 + i), P | RW, 0);
        script_poke(s, l2, 100 * i + rng_below(rng, 100),
                    script_a(s, 31 + i), P | RW, 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        script_step(s, "a table with four below it", OP_GET_BOTH, 3, l2, A,
                    type(T_L2));
        script_step(s, "one more type reference", OP_GET_TYPE, 2, l2,
                    type(T_L2));
        script_step(s, "which is not the last", OP_PUT_TYPE, 1, l2);
        script_step(s, "", OP_WORK, 1, rng_between(rng, 100, 900));
        script_step(s, "the last, with little work left", OP_PUT_BOTH, 1, l2);
        script_step(s, "", OP_AMID, 0);
        script_step(s, "it is leaving: nobody can have it", OP_GET_BOTH, 3,
                    l2, A, type(T_L2));
        script_step(s, "", OP_AMID, 0);
        script_step(s, "it is leaving: nobody can have it", OP_GET_BOTH, 3,
                    l2, A, type(T_WRITABLE));
        script_step(s, "when it is done, nothing is a table", OP_GET_BOTH, 3,
                    script_a(s, 31), A, type(T_WRITABLE));
        script_step(s, "any more", OP_PUT_BOTH, 1, script_a(s, 31));
    }
}

/** Tables whose references came another way: by the builder of the first
 *  domain, by a pin; and a page that was no table before. */
static void last_of_others(struct script *s, struct rng *rng)
{
    uint32_t l1 = script_a(s, 41), page = script_a(s, 42);
    uint32_t other = script_a(s, 43);

    script_poke(s, l1, rng_below(rng, ENTRIES), page, P | RW, 0);
    script_step(s, "a table that was there at the guest's start", OP_ADOPT, 2,
                l1, type(T_L1));
    script_step(s, "one more reference", OP_GET_BOTH, 3, l1, A, type(T_L1));
    script_step(s, "not the last", OP_PUT_BOTH, 1, l1);
    script_step(s, "the last: its page is mapped no more", OP_PUT_BOTH, 1,
                l1);
    script_step(s, "a pinned table", OP_PIN, 3, A, l1, type(T_L1));
    script_step(s, "one more reference on it", OP_GET_BOTH, 3, l1, A,
                type(T_L1));
    script_step(s, "and it goes", OP_PUT_BOTH, 1, l1);
    script_step(s, "and the pin", OP_UNPIN, 2, A, l1);
    script_step(s, "an ordinary page", OP_GET_BOTH, 3, other, A,
                type(T_WRITABLE));
    script_step(s, "no more", OP_PUT_BOTH, 1, other);
    script_poke(s, other, 0, page, P | RW, 0);
    script_step(s, "the same page as a table, all of it", OP_GET_BOTH, 3,
                other, A, type(T_L1));
    script_step(s, "which goes", OP_PUT_BOTH, 1, other);
}

static void prepare_last(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t page = script_a(s, 0);

    script_step(s, "one more reference", OP_GET, 2, page, A);
    script_step(s, "not the last one", OP_DISOWN, 1, page);
    script_step(s, "with a type", OP_GET_BOTH, 3, page, A, type(T_WRITABLE));
    script_step(s, "not the last one", OP_PUT, 1, page);
    script_step(s, "the last two, type first", OP_PUT_BOTH, 1, page);
    script_step(s, "a free frame", OP_GET_BOTH, 3, page, A,
                type(T_WRITABLE));
    for (unsigned i = 0; i < 5; i++)
        last_is_mapping(s, rng, 1 + 2 * i);
    /* What lies behind an L3's four entries, or in the hypervisor's slots,
       holds nothing, so nothing of it is given back. */
    script_poke(s, script_a(s, 22), 3, script_a(s, 23), P, 0);
    script_poke(s, script_a(s, 22), rng_between(rng, 4, ENTRIES - 1),
                script_a(s, 24), P, 0);
    script_step(s, "a page that the L3 does not hold", OP_GET_BOTH, 3,
                script_a(s, 24), A, type(T_L2));
    script_step(s, "an L3", OP_GET_BOTH, 3, script_a(s, 22), A, type(T_L3));
    script_step(s, "and it goes", OP_PUT_BOTH, 1, script_a(s, 22));
    last_in_pieces(s, rng);
    last_of_others(s, rng);
    /* A table that goes together with what it maps. */
    script_poke(s, script_a(s, 20), 0, script_a(s, 21), P | RW, 0);
    script_step(s, "a table", OP_GET_BOTH, 3, script_a(s, 20), A,
                type(T_L1));
    script_step(s, "its owner lets go", OP_DISOWN, 1, script_a(s, 20));
    script_step(s, "so does the page's", OP_DISOWN, 1, script_a(s, 21));
    script_step(s, "both are free now", OP_PUT_BOTH, 1, script_a(s, 20));
    script_prepare(setup, s);
}

const struct test test_frames_last = {
    .id = "3.1/last",
    .exercise = "3.1",
    .title = "The last reference frees a frame, the last type reference ends "
             "its use, and neither happens earlier.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_last,
    .check = script_check,
};

/* --- 3.1/flush ------------------------------------------------------------ */

/** A page that was mapped becomes a table of much work: the guest runs before
 *  that is done, and must not reach the table by what it remembers. */
static void flush_before_pieces(struct script *s, struct rng *rng)
{
    uint32_t l1 = script_a(s, 20), page = script_a(s, 21);

    script_poke(s, l1, rng_below(rng, ENTRIES), page, P | RW, 0);
    script_step(s, "a table that maps a page", OP_GET_BOTH, 3, l1, A,
                type(T_L1));
    for (unsigned i = 0; i < 4; i++)
        script_poke(s, page, 110 + 100 * i + rng_below(rng, 100),
                    script_a(s, 22 + i), P | RW, 0);
    for (unsigned i = 0; i < 3; i++) {
        script_step(s, "the mapping goes", OP_PUT_BOTH, 1, l1);
        /* At first before any table below, whose own flush would do. */
        script_step(s, "", OP_WORK, 1,
                    rng_between(rng, 1, i == 0 ? 100 : 1200));
        script_step(s, "the page becomes a table, in pieces: whoever "
                    "remembers the mapping can write to it before it is one",
                    OP_GET_BOTH, 3, page, A, type(T_L2));
        script_step(s, "and is one", OP_GET_BOTH, 3, page, A, type(T_L2));
        script_step(s, "which goes", OP_PUT_BOTH, 1, page);
        script_step(s, "the page is mapped again", OP_GET_BOTH, 3, l1, A,
                    type(T_L1));
    }
    script_step(s, "", OP_WORK, 1, rng_between(rng, 1, 400));
    script_step(s, "an L2 for slot 3, in pieces", OP_GET_BOTH, 3,
                script_a(s, 26), A, type(T_XEN_L2));
    script_step(s, "goes on where it was", OP_GET_BOTH, 3, script_a(s, 26), A,
                type(T_XEN_L2));
}

static void prepare_flush(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);

    script_step(s, "any reference", OP_GET, 2, script_a(s, 40), A);
    for (unsigned i = 0; i < 8; i++) {
        uint32_t l1 = script_a(s, 2 * i), page = script_a(s, 2 * i + 1);
        enum type next = i == 0 ? T_SEG_DESC : rng_below(rng, 2) ? T_L1 : T_L2;

        script_poke(s, l1, rng_below(rng, ENTRIES), page, P | RW | US, 0);
        script_step(s, "a table that maps a page", OP_GET_BOTH, 3, l1, A,
                    type(T_L1));
        script_step(s, "the mapping goes", OP_PUT_BOTH, 1, l1);
        script_step(s, "the page becomes a table: whoever remembers the "
                    "mapping could write to it",
                    OP_GET_BOTH, 3, page, A, type(next));
        script_step(s, "and is none again", OP_PUT_BOTH, 1, page);
        script_step(s, "one more use", OP_GET_BOTH, 3, page, A, type(next));
    }
    flush_before_pieces(s, rng);
    script_prepare(setup, s);
}

const struct test test_frames_flush = {
    .id = "3.1/flush",
    .exercise = "3.1",
    .title = "A frame that was mapped is not used as a table before old "
             "translations are dropped.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_flush,
    .check = script_check,
};

/* --- 3.1/numbers ---------------------------------------------------------- */

/** A number that a guest made up, with each call that takes one. */
static void try_number(struct script *s, uint32_t name, const char *about)
{
    for (uint32_t owner = A; owner <= NOBODY; owner++) {
        script_step(s, about, OP_GET, 2, name, owner);
        script_step(s, about, OP_GET_BOTH, 3, name, owner,
                    type(T_WRITABLE));
        script_step(s, about, OP_GET_BOTH, 3, name, owner, type(T_L1));
    }
}

static void prepare_numbers(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t freed = script_a(s, 1);

    script_step(s, "any reference", OP_GET, 2, script_a(s, 0), A);
    script_step(s, "a frame that is given back", OP_DISOWN, 1, freed);
    try_number(s, freed, "a free frame");
    try_number(s, NAME(NAME_RAW, 0xFFFFFF), "no frame has that number");
    try_number(s, NAME(NAME_RAW, 0x4000), "one more than the last frame");
    try_number(s, NAME(NAME_RAW, 0x400000), "beyond the frame table");
    try_number(s, NAME(NAME_RAW, rng_between(rng, 0x400001, 0xFFFFFE)),
               "no frame has that number");
    try_number(s, NAME(NAME_RAW, rng_between(rng, 0xA0, 0xFF)),
               "a device's frame has no owner");
    try_number(s, NAME(NAME_IMAGE, 0), "a frame of the hypervisor's");
    try_number(s, NAME(NAME_RAW, 0), "frame 0 is nobody's");
    try_number(s, script_a(s, 2), "a frame of A's is A's alone");
    script_step(s, "another domain's", OP_GET_BOTH, 3, script_b(s, 0), A,
                type(T_WRITABLE));
    script_step(s, "the shared page is no table", OP_GET_BOTH, 3,
                NAME(NAME_SHARED, 0), A, type(T_L1));
    script_step(s, "the shared page can be mapped", OP_GET_BOTH, 3,
                NAME(NAME_SHARED, 0), A, type(T_WRITABLE));
    script_prepare(setup, s);
}

const struct test test_frames_numbers = {
    .id = "3.1/numbers",
    .exercise = "3.1",
    .title = "Frame numbers that a guest made up lead nowhere: beyond the "
             "table, free, a device's, the hypervisor's, another domain's.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_numbers,
    .check = script_check,
};

/* --- 3.1/limits ----------------------------------------------------------- */

/** Validations that fail: of descriptors; and of an L1 with a share of work
 *  before the bad entry, so that the undo is done in pieces. */
static void refused_types(struct script *s, struct rng *rng)
{
    uint32_t gates = script_a(s, 20), l1 = script_a(s, 21);

    script_poke(s, gates, rng_below(rng, ENTRIES), NAME(NAME_RAW, 0), 0,
                0x00008C00); /* a call gate, present */
    script_step(s, "descriptors with a gate among them", OP_GET_BOTH, 3,
                gates, A, type(T_SEG_DESC));
    for (unsigned i = 0; i < 340; i++)
        script_poke(s, l1, i, script_a(s, 22 + rng_below(rng, 8)),
                    i & 7 ? P : P | RW, 0);
    script_poke(s, l1, rng_between(rng, 340, ENTRIES - 1), script_b(s, 1), P,
                0);
    script_step(s, "an L1 with many pages, and then another domain's",
                OP_GET_BOTH, 3, l1, A, type(T_L1));
    script_step(s, "all of it is as it was", OP_GET_BOTH, 3, script_a(s, 22),
                A, type(T_L1));
}

static void prepare_limits(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t page = script_a(s, 0), table = script_a(s, 1);
    uint32_t slot3 = script_a(s, 2), other = script_a(s, 3);
    uint32_t bad = script_a(s, 4), own = script_a(s, 5);

    script_step(s, "a page in use", OP_GET_BOTH, 3, page, A,
                type(T_WRITABLE));
    script_step(s, "a table in use", OP_GET_BOTH, 3, table, A, type(T_L1));
    script_step(s, "an L2 for slot 3", OP_GET_BOTH, 3, slot3, A,
                type(T_XEN_L2));
    script_step(s, "which is never shared", OP_GET_BOTH, 3, slot3, A,
                type(T_XEN_L2));
    for (unsigned i = 0; i < 4; i++) {
        uint32_t frame = i & 1 ? page : table;
        enum type t = i & 1 ? T_WRITABLE : T_L1;

        script_step(s, "", OP_LIMIT, 2, frame, 0u);
        script_step(s, "its count is FRAME_COUNT_MAX", OP_GET, 2, frame, A);
        script_step(s, "", OP_LIMIT, 2, frame, 0u);
        script_step(s, "its count is FRAME_COUNT_MAX", OP_GET_BOTH, 3, frame,
                    A, type(t));
        script_step(s, "", OP_LIMIT_TYPE, 2, frame, 0u);
        script_step(s, "its type count is FRAME_COUNT_MAX", OP_GET_BOTH, 3,
                    frame, A, type(t));
        script_step(s, "", OP_LIMIT_TYPE, 2, frame, 0u);
        script_step(s, "its type count is FRAME_COUNT_MAX", OP_GET_TYPE, 2,
                    frame, type(t));
        script_step(s, "", OP_LIMIT, 2, frame, 1u);
        script_step(s, "its count may become FRAME_COUNT_MAX", OP_GET, 2,
                    frame, A);
        script_step(s, "", OP_LIMIT_TYPE, 2, frame, 1u);
        script_step(s, "its type count may become FRAME_COUNT_MAX",
                    OP_GET_TYPE, 2, frame, type(t));
    }
    for (unsigned i = 0; i < 6; i++)
        script_poke(s, bad, rng_below(rng, 500), script_a(s, 10 + i % 4),
                    P | RW, 0);
    script_poke(s, bad, rng_between(rng, 500, ENTRIES - 1), script_b(s, 0), P,
                0);
    script_step(s, "validation fails: another domain's page is in it",
                OP_GET_BOTH, 3, bad, A, type(T_L1));
    script_step(s, "a page that was named before the bad one is in no use",
                OP_GET_BOTH, 3, script_a(s, 10), A, type(T_L2));
    script_step(s, "so it is still an ordinary page", OP_GET_BOTH, 3, bad, A,
                type(T_WRITABLE));
    refused_types(s, rng);
    script_poke(s, own, rng_below(rng, ENTRIES), own, P | RW, 0);
    script_step(s, "a table that maps itself, writable: it is one while its "
                "entries are read", OP_GET_BOTH, 3, own, A, type(T_L1));
    script_step(s, "far from any limit", OP_GET_BOTH, 3, other, A,
                type(T_WRITABLE));
    script_prepare(setup, s);
}

const struct test test_frames_limits = {
    .id = "3.1/limits",
    .exercise = "3.1",
    .title = "A count at its limit is not raised, an L2 for slot 3 is not "
             "shared, and a refusal changes nothing.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_limits,
    .check = script_check,
};
