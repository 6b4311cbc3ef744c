/* SPDX-License-Identifier: MIT */
/**
 * @file calls.c
 * Graded tests of exercises 3.3 to 3.5 that go the whole way: a guest in ring
 * 1 makes calls about its own page tables, and stores where it may and where
 * it may not. The hypervisor counts everything anew before each call (its
 * option `recount`), and oracles watch the tables and the translations.
 */
#include "labs/03-memory/guests/calls/calls.h"
#include "labs/03-memory/tests/model.h"
#include "labs/03-memory/tests/tests.h"

#define SECTION_3 "exercise-33-changes-pins-and-the-base"
#define SECTION_4 "exercise-34-dropping-translations"
#define SECTION_5 "exercise-35-writable-page-tables"

#define MAX_STEPS 400u

#define RO (P | 0x20u)
#define ALL (P | RW | A_D)

/* `context`: what the guest says was done by the guest. */
static const char *const oracles[] = { "rings", "page-tables",
                                       "stale-translations", "context",
                                       NULL };

struct calls {
    uint32_t nr; /* the guest's input: this, and so many steps */
    struct call_step step[MAX_STEPS];
    int expected[MAX_STEPS];
};

static void add(struct calls *c, enum call call, unsigned a, unsigned b,
                unsigned cc, unsigned d, int expected)
{
    if (c->nr == MAX_STEPS)
        return;
    c->step[c->nr] = (struct call_step){ call, a, b, cc, d };
    c->expected[c->nr++] = expected;
}

/** @param recount  Count everything anew before each call; that looks into so
 *                  many frames that the processor forgets other pages. */
static void prepare(struct setup *s, const struct calls *c, bool recount)
{
    setup_command_line(s, "console=none loglvl=error fast=0 dom0_mem=4M%s",
                       recount ? " recount" : "");
    setup_ram(s, 16);
    setup_input(s, c, 4 + c->nr * sizeof c->step[0]);
    setup_mark(s, "did", "guest:mark_did", 1);
    setup_mark(s, "done", "guest:mark_done", 1);
    setup_end(s, "done");
}

static const char *const names[] = {
    [CALL_MAP] = "update_va_mapping of its own page",
    [CALL_MAP_AS] = "update_va_mapping of another page",
    [CALL_PIN] = "mmuext_op, a pin or an unpin,",
    [CALL_ENTRY] = "mmu_update of an entry",
    [CALL_GIVE] = "memory_op, a page given back,",
    [CALL_STORE] = "a store",
    [CALL_LOAD] = "a load",
    [CALL_WRITE_ENTRY] = "a store to a page table",
    [CALL_ASSIST] = "vm_assist",
    [CALL_FOREIGN] = "update_va_mapping of a frame that is not its own",
};

static void check(struct verdict *v, const struct run *run)
{
    const struct calls *c = run_kept(run);
    struct mark mark;

    for (uint32_t i = 0; i < c->nr && !verdict_failed(v); i++) {
        const struct call_step *s = &c->step[i];

        if (!run_mark(run, "did", i, &mark) || mark.r.eax != i) {
            verdict_reached(v, run, "done", NULL);
            verdict_fail(v, NULL, "the guest's step %u is missing", i);
            return;
        }
        if ((int32_t)mark.r.edx == c->expected[i])
            continue;
        verdict_fail(v, mark.event, "the guest's step %u, %s (%u, 0x%x, "
                     "0x%x, 0x%x), %s %d, and should %s %d", i,
                     names[s->call], s->a, s->b, s->c, s->d,
                     s->call >= CALL_STORE && s->call <= CALL_WRITE_ENTRY
                         ? "has faults:" : "gave",
                     (int32_t)mark.r.edx,
                     s->call >= CALL_STORE && s->call <= CALL_WRITE_ENTRY
                         ? "have" : "have given", c->expected[i]);
    }
    verdict_reached(v, run, "done", NULL);
}

/* --- 3.3/guest ------------------------------------------------------------ */

/** A page becomes an L1 with an entry, is pinned, changed, and a page again. */
static void life_of_table(struct calls *c, struct rng *rng, unsigned table,
                          unsigned page)
{
    unsigned index = rng_below(rng, ENTRIES);

    add(c, CALL_PIN, table, 1, 0, 0, E_INVAL); /* it is mapped writable */
    add(c, CALL_MAP, table, RO, 1, 0, 0);
    add(c, CALL_PIN, table, 1, 0, 0, 0);
    add(c, CALL_MAP, table, ALL, 1, 0, E_BUSY);
    add(c, CALL_ENTRY, table, index, page, ALL, 0);
    add(c, CALL_ENTRY, table, index, table, ALL, E_BUSY);
    add(c, CALL_ENTRY, table, index, table, RO, 0);
    add(c, CALL_ENTRY, table, index, page, ALL | GLOBAL, E_INVAL);
    add(c, CALL_PIN, page, 1, 0, 0, E_INVAL);
    add(c, CALL_PIN, table, 2, 0, 0, E_INVAL);
    add(c, CALL_STORE, table, 8 * index, 0, 0, 1);
    add(c, CALL_LOAD, table, 8 * index, 0, 0, 0);
    add(c, CALL_PIN, table, 0, 0, 0, 0);
    add(c, CALL_PIN, table, 0, 0, 0, E_INVAL);
    add(c, CALL_MAP, table, ALL, 1, 0, 0);
    add(c, CALL_STORE, table, 8 * index, 0, 0, 0);
    add(c, CALL_STORE, table, 8 * index + 4, 0, 0, 0);
    add(c, CALL_FOREIGN, page, 0x100 + rng_below(rng, 64), RO, 1, E_BUSY);
    add(c, CALL_FOREIGN, page, 0x100 + rng_below(rng, 64), ALL, 1, E_BUSY);
}

static void prepare_update(struct setup *s, struct rng *rng)
{
    struct calls *c = setup_keep(s, sizeof *c);

    for (unsigned i = 0; i < 3; i++)
        life_of_table(c, rng, rng_below(rng, 8), 8 + rng_below(rng, 8));
    prepare(s, c, true);
}

const struct test test_update_guest = {
    .id = "3.3/guest",
    .exercise = "3.3",
    .title = "A guest's own calls make tables, change them and end them, and "
             "none of its pages is ever a table and writable at once.",
    .section = SECTION_3,
    .guest = "calls",
    .budget = 200000000ull,
    .hostile = true,
    .oracles = oracles,
    .prepare = prepare_update,
    .check = check,
};

/* --- 3.4/guest ------------------------------------------------------------ */

static void prepare_flush(struct setup *s, struct rng *rng)
{
    struct calls *c = setup_keep(s, sizeof *c);

    for (unsigned page = 0; page < 12; page++) {
        add(c, CALL_STORE, page, 64, 0, 0, 0);
        if (rng_below(rng, 2)) { /* it becomes a table */
            add(c, CALL_MAP, page, rng_below(rng, 2) ? RO : 0, 0, 0, 0);
            add(c, CALL_ENTRY, page, 8, page, 0, 0);
            add(c, CALL_PIN, page, 1, 0, 0, 0);
            add(c, CALL_STORE, page, 64, 0, 0, 1);
        } else { /* it becomes somebody else's */
            add(c, CALL_MAP, page, 0, 0, 0, 0);
            add(c, CALL_GIVE, page, 0, 0, 0, 1);
            add(c, CALL_LOAD, page, 64, 0, 0, 1);
            add(c, CALL_STORE, page, 64, 0, 0, 1);
        }
    }
    prepare(s, c, false);
}

const struct test test_flush_guest = {
    .id = "3.4/guest",
    .exercise = "3.4",
    .title = "A guest that asks for no flush cannot use what it has given "
             "away, nor write to what has become a table.",
    .section = SECTION_4,
    .guest = "calls",
    .budget = 200000000ull,
    .hostile = true,
    .oracles = oracles,
    .prepare = prepare_flush,
    .check = check,
};

/* --- 3.5/guest ------------------------------------------------------------ */

/** Entries of `table` come and go. Whether one of them lets `other` be written
 *  is seen by pinning that: a store that was skipped is found out. */
static void write_entries(struct calls *c, struct rng *rng, unsigned table,
                          unsigned other)
{
    bool lets[4] = { false };
    unsigned first = rng_below(rng, ENTRIES - 4);

    for (unsigned i = 0; i < 20; i++) {
        bool itself = rng_below(rng, 3) == 0;
        uint32_t flags = rng_below(rng, 2) ? ALL : RO;
        unsigned n = rng_below(rng, 4);
        bool any = false;

        add(c, CALL_WRITE_ENTRY, table, first + n, itself ? table : other,
            flags, itself && flags == ALL);
        lets[n] = !itself && flags == ALL;
        for (n = 0; n < 4; n++)
            any |= lets[n];
        add(c, CALL_PIN, other, 1, 0, 0, any ? E_INVAL : 0);
        if (!any)
            add(c, CALL_PIN, other, 0, 0, 0, 0);
    }
}

static void prepare_writable(struct setup *s, struct rng *rng)
{
    struct calls *c = setup_keep(s, sizeof *c);
    unsigned table = rng_below(rng, 8), other = 8 + rng_below(rng, 4);
    unsigned index = rng_below(rng, ENTRIES);

    add(c, CALL_MAP, table, RO, 1, 0, 0);
    add(c, CALL_MAP, other, RO, 1, 0, 0);
    add(c, CALL_PIN, table, 1, 0, 0, 0);
    add(c, CALL_WRITE_ENTRY, table, index, other, ALL, 1); /* no assist yet */
    add(c, CALL_ASSIST, 1, 0, 0, 0, 0);
    write_entries(c, rng, table, other);
    add(c, CALL_PIN, table, 0, 0, 0, 0);
    add(c, CALL_STORE, table, 8 * index, 0, 0, 1); /* no table: just RO */
    prepare(s, c, true);
}

const struct test test_writable_guest = {
    .id = "3.5/guest",
    .exercise = "3.5",
    .title = "A kernel in ring 1 writes its page table by instructions, and "
             "gets no further than by calls.",
    .section = SECTION_5,
    .guest = "calls",
    .budget = 200000000ull,
    .hostile = true,
    .oracles = oracles,
    .prepare = prepare_writable,
    .check = check,
};
