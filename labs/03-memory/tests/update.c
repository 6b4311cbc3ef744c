/* SPDX-License-Identifier: MIT */
/**
 * @file update.c
 * Graded tests of exercise 3.3: entries changed in tables that are in use,
 * pins, and a vCPU's base.
 */
#include "labs/03-memory/tests/script.h"
#include "labs/03-memory/tests/tests.h"

#define SECTION "exercise-33-changes-pins-and-the-base"
#define A ((uint32_t)OWNER_A)
#define B ((uint32_t)OWNER_B)

/* --- 3.3/entries ---------------------------------------------------------- */

/** A change that a kernel makes all day. */
static void change_any(struct script *s, struct rng *rng, uint32_t l1)
{
    static const uint32_t rights[] = { P, P | RW, P | RW | US, P | RW | A_D,
                                       0, RW };
    unsigned index = rng_below(rng, 8) * 73;
    uint32_t page = script_a(s, 8 + rng_below(rng, 6));
    uint32_t low = rights[rng_below(rng, 6)];
    uint32_t high = rng_below(rng, 2) ? NX_HIGH : 0;

    script_step(s, "a page mapped, mapped otherwise, or not any more",
                OP_UPDATE, 7, l1, index, page, low, high, A,
                rng_below(rng, 2));
}

static void prepare_entries(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t l1 = script_a(s, 0), gone = script_a(s, 20);

    script_poke(s, l1, 73, script_a(s, 8), P | RW | A_D, 0);
    script_step(s, "an L1 in use", OP_GET_BOTH, 3, l1, A, type(T_L1));
    for (unsigned i = 0; i < 120; i++)
        change_any(s, rng, l1);
    /* A page that only this mapping holds. */
    script_update(s, "mapped", l1, 5, gone, P | RW, 0);
    script_step(s, "now only the mapping holds it", OP_DISOWN, 1, gone);
    script_update(s, "the same page, read only: take before you put", l1, 5,
                  gone, P, 0);
    script_update(s, "the same page, writable again", l1, 5, gone, P | RW, 0);
    script_update(s, "the same entry again", l1, 5, gone, P | RW, 0);
    script_step(s, "", OP_LIMIT, 2, gone, 0u);
    script_update(s, "the same page with another flag, when it can take no "
                     "reference more: none is needed", l1, 5, gone,
                  P | RW | 0x200, 0);
    script_update(s, "the mapping goes, and the page with it", l1, 5, gone,
                  0, 0);
    script_prepare(setup, s);
}

const struct test test_update_entries = {
    .id = "3.3/entries",
    .exercise = "3.3",
    .title = "A changed entry holds what it names and no longer what it "
             "named, whatever came before.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_entries,
    .check = script_check,
};

/* --- 3.3/levels ----------------------------------------------------------- */

enum { L3, SLOT3, L2_X, L2_Y, L1_X, L1_Y, PAGES };

/** L3 -> two L2s -> two L1s, in use as the vCPU's base. @return an address at
 *  which a page is mapped. */
static uint32_t make_base(struct script *s, struct rng *rng)
{
    unsigned index = rng_below(rng, ENTRIES);

    script_poke(s, script_a(s, L1_X), index, script_a(s, PAGES), P | RW, 0);
    script_poke(s, script_a(s, L1_Y), rng_below(rng, ENTRIES),
                script_a(s, PAGES + 1), P | RW, 0);
    script_poke(s, script_a(s, L2_X), 3, script_a(s, L1_X), P | RW, 0);
    script_poke(s, script_a(s, L2_Y), 4, script_a(s, L1_Y), P | RW, 0);
    script_poke(s, script_a(s, L3), 0, script_a(s, L2_X), P | A_D | US, 0);
    script_l3(s, script_a(s, L3), script_a(s, SLOT3));
    script_step(s, "a vCPU's first base", OP_BASE, 1, script_a(s, L3));
    return 3u << 21 | (uint32_t)index << 12;
}

static void prepare_levels(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);

    make_base(s, rng);
    script_step(s, "an L2 pinned, so that it can be changed", OP_PIN, 3, A,
                script_a(s, L2_X), type(T_L2));
    script_update(s, "an entry that is not present yet", script_a(s, L2_X), 9,
                  script_a(s, L1_Y), RW, 0);
    script_update(s, "and now is: only that differs", script_a(s, L2_X), 9,
                  script_a(s, L1_Y), P | RW, 0);
    script_step(s, "and unpinned", OP_UNPIN, 2, A, script_a(s, L2_X));
    for (unsigned i = 0; i < 40; i++) {
        bool other = rng_below(rng, 2);

        switch (rng_below(rng, 4)) {
        case 0:
            script_update(s, "an L3 entry of the base", script_a(s, L3),
                          rng_below(rng, 3),
                          script_a(s, other ? L2_X : L2_Y),
                          rng_below(rng, 3) ? P | RW : 0, 0);
            break;
        case 1:
            script_step(s, "an L2 pinned, so that it can be changed", OP_PIN,
                        3, A, script_a(s, L2_X), type(T_L2));
            script_update(s, "an L2 entry", script_a(s, L2_X),
                          3 + rng_below(rng, 4),
                          script_a(s, other ? L1_X : L1_Y),
                          rng_below(rng, 3) ? P | RW : 0, 0);
            script_step(s, "and unpinned", OP_UNPIN, 2, A,
                        script_a(s, L2_X));
            break;
        case 2:
            script_update(s, "an entry of slot 3's L2, the guest's part",
                          script_a(s, SLOT3),
                          rng_below(rng, 2) ? 0 : ENTRIES_XEN_L2 - 1,
                          script_a(s, other ? L1_X : L1_Y),
                          rng_below(rng, 3) ? P | RW : 0, 0);
            break;
        default:
            script_update(s, "a page of a table where an L1 should be",
                          script_a(s, SLOT3), rng_below(rng, 100),
                          script_a(s, other ? PAGES + 4 : L2_Y), P | PSE, 0);
        }
    }
    script_prepare(setup, s);
}

const struct test test_update_levels = {
    .id = "3.3/levels",
    .exercise = "3.3",
    .title = "Entries of upper tables promote and demote what is below, and "
             "the processor's copy of a base follows its L3.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_levels,
    .check = script_check,
};

/* --- 3.3/pins ------------------------------------------------------------- */

static void prepare_pins(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t l1 = script_a(s, 0), l2 = script_a(s, 1);
    uint32_t page = script_a(s, 2), bad = script_a(s, 3);

    script_poke(s, l1, rng_below(rng, ENTRIES), page, P | RW, 0);
    script_poke(s, l2, rng_below(rng, ENTRIES), l1, P | RW, 0);
    script_step(s, "not pinned", OP_UNPIN, 2, A, l1);
    for (unsigned i = 0; i < 6; i++) {
        script_step(s, "a pin", OP_PIN, 3, A, l1, type(T_L1));
        script_step(s, "a second pin of the same", OP_PIN, 3, A, l1,
                    type(T_L1));
        script_step(s, "a pin as something else", OP_PIN, 3, A, l1,
                    type(T_L2));
        script_step(s, "a pin of what leads there", OP_PIN, 3, A, l2,
                    type(T_L2));
        script_step(s, "what is below stays a table", OP_UNPIN, 2, A, l1);
        if (rng_below(rng, 2))
            script_step(s, "it has no pin any more", OP_UNPIN, 2, A, l1);
        script_step(s, "nothing is a table any more", OP_UNPIN, 2, A, l2);
        script_step(s, "so this page may be written", OP_GET_BOTH, 3, l1, A,
                    type(T_WRITABLE));
        script_step(s, "and is no table now", OP_PIN, 3, A, l1, type(T_L1));
        script_step(s, "until it is put", OP_PUT_BOTH, 1, l1);
    }
    script_step(s, "", OP_WORK, 1, rng_between(rng, 1, 500));
    script_step(s, "a pin of so much that it is not done yet", OP_PIN, 3, A,
                l2, type(T_L2));
    script_step(s, "the same call again", OP_PIN, 3, A, l2, type(T_L2));
    script_step(s, "nothing is a table any more", OP_UNPIN, 2, A, l2);
    script_poke(s, bad, rng_below(rng, ENTRIES), script_b(s, 0), P, 0);
    script_step(s, "a pin of a table with another domain's page: the error is "
                "that of its validation", OP_PIN, 3, A, bad, type(T_L1));
    script_step(s, "a pin whose table loses its owner", OP_PIN, 3, A, l1,
                type(T_L1));
    script_step(s, "the table stays, by its pin", OP_DISOWN, 1, l1);
    script_step(s, "and goes with it", OP_UNPIN, 2, A, l1);
    script_prepare(setup, s);
}

const struct test test_update_pins = {
    .id = "3.3/pins",
    .exercise = "3.3",
    .title = "A pin keeps a table a table until it is dropped; there is one, "
             "and dropping it takes nothing from others.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_pins,
    .check = script_check,
};

/* --- 3.3/base ------------------------------------------------------------- */

static void prepare_base(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t second = script_a(s, 20), xen = script_a(s, 21);
    uint32_t third = script_a(s, 23);
    uint32_t va = make_base(s, rng);
    unsigned l1_index = va >> 12 & (ENTRIES - 1);

    script_l3(s, second, xen);
    script_poke(s, second, rng_below(rng, 3), script_a(s, L2_Y), P, 0);
    script_step(s, "another base: the old one is no table any more", OP_BASE,
                1, second);
    script_step(s, "its frame may be written", OP_GET_BOTH, 3,
                script_a(s, L3), A, type(T_WRITABLE));
    script_step(s, "and cannot be a base now", OP_BASE, 1, script_a(s, L3));
    script_step(s, "until it is put", OP_PUT_BOTH, 1, script_a(s, L3));
    script_step(s, "a pin on the base", OP_PIN, 3, A, second, type(T_L3));
    script_step(s, "without it the base stays a table", OP_UNPIN, 2, A,
                second);
    script_step(s, "its owner lets go: the vCPU still runs on it", OP_DISOWN,
                1, second);
    script_step(s, "the same base again", OP_BASE, 1, second);
    script_step(s, "another domain's", OP_BASE, 1, script_b(s, 0));
    script_step(s, "no L3: slot 3 is empty", OP_BASE, 1, script_a(s, 22));
    script_step(s, "no such frame", OP_BASE, 1, NAME(NAME_RAW, 0xFFFFFF));
    script_step(s, "the first base; the second one goes for good", OP_BASE, 1,
                script_a(s, L3));
    script_step(s, "the vCPU runs", OP_RUN, 0);
    script_step(s, "a page is used", OP_LOAD, 2, va, (uint32_t)MUST_WORK);
    script_update(s, "it is mapped no more; a processor may remember it",
                  script_a(s, L1_X), l1_index, script_a(s, PAGES), 0, 0);
    script_step(s, "the same base again: whoever loads CR3 wants all "
                   "translations dropped", OP_BASE, 1, script_a(s, L3));
    script_step(s, "the page is not there", OP_LOAD, 2, va,
                (uint32_t)MUST_FAULT);
    script_update(s, "it is mapped again", script_a(s, L1_X), l1_index,
                  script_a(s, PAGES), P | RW, 0);
    script_step(s, "its LDT is found", OP_LDT, 1, script_a(s, 25));
    script_step(s, "another domain's: refused, and the LDT stays", OP_BASE, 1,
                script_b(s, 0));
    script_step(s, "a page is used", OP_LOAD, 2, va, (uint32_t)MUST_WORK);
    script_l3(s, third, script_a(s, 24));
    script_step(s, "a base without that page; the LDT's addresses mean "
                   "nothing any more", OP_BASE, 1, third);
    script_step(s, "the page is not there", OP_LOAD, 2, va,
                (uint32_t)MUST_FAULT);
    script_prepare(setup, s);
}

const struct test test_update_base = {
    .id = "3.3/base",
    .exercise = "3.3",
    .title = "A base is held by its vCPU, whoever else lets go of it, and "
             "one that is refused changes nothing.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_base,
    .check = script_check,
};

/* --- 3.3/hostile ---------------------------------------------------------- */

static void hostile_slots(struct script *s, struct rng *rng)
{
    for (unsigned i = 0; i < 6; i++) {
        unsigned index = i == 0 ? ENTRIES_XEN_L2
                       : i == 1 ? ENTRIES - 1
                                : rng_between(rng, ENTRIES_XEN_L2,
                                              ENTRIES - 1);

        script_update(s, "a slot of the hypervisor's", script_a(s, SLOT3),
                      index, script_a(s, L1_X), rng_below(rng, 2) ? P | RW : 0,
                      0);
    }
    for (unsigned i = 3; i < 9; i++)
        script_update(s, "slot 3 of an L3, or one beyond its four entries",
                      script_a(s, L3), i == 8 ? ENTRIES - 1 : i,
                      script_a(s, i & 1 ? SLOT3 : L2_Y), i & 2 ? P : 0, 0);
    script_update(s, "slot 3's L2 in another slot", script_a(s, L3), 1,
                  script_a(s, SLOT3), P, 0);
}

static void prepare_hostile(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    uint32_t l1 = script_a(s, L1_X), page = script_a(s, PAGES + 2);
    unsigned index = rng_below(rng, 200);

    make_base(s, rng);
    hostile_slots(s, rng);
    script_update(s, "a page", l1, index, page, P | RW, 0);
    script_update(s, "the same page with a reserved bit: no short cut may "
                     "miss it", l1, index, page, P | RW,
                  1u << rng_between(rng, 12, 30));
    script_update(s, "the same page, global", l1, index, page,
                  P | RW | GLOBAL, 0);
    script_update(s, "the same page with bit 7", l1, index, page,
                  P | RW | PSE, 0);
    script_update(s, "the table itself, read only", l1, index, l1, P, 0);
    script_update(s, "the table itself, made writable", l1, index, l1, P | RW,
                  0);
    script_update(s, "another domain's page", l1, index, script_b(s, 0), P,
                  0);
    script_step(s, "another domain's page, asked for as that domain's",
                OP_UPDATE, 7, l1, index, script_b(s, 0), P | RW, 0u, B, 0u);
    script_step(s, "an own page, asked for as another domain's", OP_UPDATE, 7,
                l1, index, page, P | RW, 0u, B, 0u);
    script_step(s, "the accessed bits of an entry that is refused", OP_UPDATE,
                7, l1, index, NAME(NAME_IMAGE, 0), P, 0u, A, 1u);
    script_update(s, "not present: whatever is in it", l1, index,
                  script_b(s, 1), 0xFFE, 0xFFFu);
    script_update(s, "an L1 at the place of an L2", script_a(s, L3), 0, l1, P,
                  0);
    script_update(s, "an L3 at the place of an L2", script_a(s, L3), 0,
                  script_a(s, L3), P, 0);
    script_step(s, "a pin", OP_PIN, 3, A, script_a(s, L3), type(T_L3));
    for (uint32_t owner = A; owner <= B; owner++) {
        script_step(s, "a pin of another domain's", OP_PIN, 3, owner,
                    owner == A ? script_b(s, 2) : page, type(T_L1));
        script_step(s, "an unpin of another domain's", OP_UNPIN, 2, owner,
                    owner == A ? script_b(s, 2) : script_a(s, L3));
        script_step(s, "a pin of no frame", OP_PIN, 3, owner,
                    NAME(NAME_RAW, 0xFFFFFF), type(T_L1));
        script_step(s, "an unpin of no frame", OP_UNPIN, 2, owner,
                    NAME(NAME_RAW, 0x400000));
    }
    script_prepare(setup, s);
}

const struct test test_update_hostile = {
    .id = "3.3/hostile",
    .exercise = "3.3",
    .title = "Changes of the hypervisor's slots, of others' frames, and with "
             "flags that are not allowed are refused, and change nothing.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_hostile,
    .check = script_check,
};
