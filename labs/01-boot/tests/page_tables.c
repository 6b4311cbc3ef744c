/* SPDX-License-Identifier: MIT */
/**
 * @file page_tables.c
 * Graded tests of exercise 1.2: a driver calls page_tables_build() with
 * sections drawn from the seed, and tables_model.c walks what it built. What
 * the real image's tables look like is asked in image.c.
 */
#include "labs/01-boot/tests/tables_model.h"
#include "labs/01-boot/tests/tests.h"

#define SECTION "exercise-12-page-tables"

#define MB2 0x200000u
#define GB1 0x40000000u

/** The driver's rights for one section: never both. */
static unsigned any_rights(struct rng *rng)
{
    return rng_below(rng, 3);
}

/* --- 1.2/pages ------------------------------------------------------------ */

/** Sections all over the address space. */
static void scattered(struct tables_case *c, struct rng *rng)
{
    uint32_t at = rng_below(rng, 0x4000) * PAGE;
    unsigned nr = rng_between(rng, 2, 9);

    for (unsigned i = 0; i < nr; i++) {
        uint32_t nr_pages = rng_between(rng, 1, 60);

        tables_section(c, rng, at, nr_pages, any_rights(rng));
        at += (nr_pages + rng_between(rng, 1, 0x15000)) * PAGE;
    }
    rng_shuffle(rng, c->section, c->nr, sizeof c->section[0]);
}

static void prepare_pages(struct setup *s, struct rng *rng)
{
    struct tables_cases *cases = setup_keep(s, sizeof *cases);

    for (unsigned i = 0; i < 8; i++) {
        struct tables_case *c = tables_add(cases);

        scattered(c, rng);
        tables_pool(cases, c, rng, rng_below(rng, 3));
    }
    tables_prepare(s, cases);
}

const struct test test_tables_pages = {
    .id = "1.2/pages",
    .exercise = "1.2",
    .title = "The tables map every page of every section to its frame, and "
             "no other page.",
    .section = SECTION,
    .driver = "page_tables",
    .prepare = prepare_pages,
    .check = tables_check,
};

/* --- 1.2/rights ----------------------------------------------------------- */

/** Sections of all rights next to each other, under one L2 entry or two. */
static void neighbours(struct tables_case *c, struct rng *rng)
{
    uint32_t at = rng_below(rng, 0x7F0) * MB2 + rng_below(rng, 512) * PAGE;
    unsigned rights = any_rights(rng);

    for (unsigned i = 0; i < 24; i++) {
        uint32_t nr_pages = rng_between(rng, 1, 30);

        tables_section(c, rng, at, nr_pages, rights);
        at += nr_pages * PAGE;
        rights = (rights + rng_between(rng, 1, 2)) % 3;
    }
    rng_shuffle(rng, c->section, c->nr, sizeof c->section[0]);
}

static void prepare_rights(struct setup *s, struct rng *rng)
{
    struct tables_cases *cases = setup_keep(s, sizeof *cases);

    for (unsigned i = 0; i < 6; i++) {
        struct tables_case *c = tables_add(cases);

        neighbours(c, rng);
        tables_pool(cases, c, rng, 0);
    }
    tables_prepare(s, cases);
}

const struct test test_tables_rights = {
    .id = "1.2/rights",
    .exercise = "1.2",
    .title = "Each page has exactly its section's rights, whatever its "
             "neighbours under the same L2 entry have, and none is for "
             "ring 3.",
    .section = SECTION,
    .driver = "page_tables",
    .prepare = prepare_rights,
    .check = tables_check,
};

/* --- 1.2/edges ------------------------------------------------------------ */

static void edges(struct tables_case *c, struct rng *rng, unsigned which)
{
    uint32_t half = rng_between(rng, 1, 30);

    switch (which) {
    case 0: /* page 0, and the last one */
        tables_section(c, rng, 0, half, 1);
        tables_section(c, rng, 0u - half * PAGE, half, 2);
        break;
    case 1: /* across every L3 entry's end */
        for (uint32_t i = 1; i < 4; i++)
            tables_section(c, rng, i * GB1 - half * PAGE, 2 * half, i % 3);
        break;
    case 2: /* whole L1 tables, their neighbours untouched */
        tables_section(c, rng, rng_between(rng, 1, 0x700) * MB2, 1024, 0);
        break;
    case 3: /* nothing at all, and sections without bytes */
        for (unsigned i = 0; i < half % 4; i++)
            tables_section(c, rng, i * GB1, 0, any_rights(rng));
        break;
    default: /* the last frames below 4 GB, seen low; and twice the same */
        tables_section(c, rng, rng_below(rng, 0x100) * PAGE, 8, 0);
        c->section[0].maddr = 0u - 8 * PAGE;
        tables_section(c, rng, 3 * GB1 + half * PAGE, 8, 1);
        c->section[1].maddr = c->section[0].maddr;
    }
}

static void prepare_edges(struct setup *s, struct rng *rng)
{
    struct tables_cases *cases = setup_keep(s, sizeof *cases);

    for (unsigned i = 0; i < 10; i++) {
        struct tables_case *c = tables_add(cases);

        edges(c, rng, i % 5);
        tables_pool(cases, c, rng, rng_below(rng, 2));
    }
    tables_prepare(s, cases);
}

const struct test test_tables_edges = {
    .id = "1.2/edges",
    .exercise = "1.2",
    .title = "Sections at 0, at the top, across the ends of L1 and L2 tables "
             "and of no size are mapped exactly, from a pool just large "
             "enough.",
    .section = SECTION,
    .driver = "page_tables",
    .hostile = true,
    .prepare = prepare_edges,
    .check = tables_check,
};

/* --- 1.2/refuses ---------------------------------------------------------- */

/** Make a good list of sections bad in one way. */
static int spoil(struct tables_case *c, struct rng *rng, unsigned way)
{
    struct section *one = &c->section[rng_below(rng, c->nr)];

    c->refuse = true;
    if (way == 0) {
        one->writable = one->executable = true;
        c->why = "a section is both writable and executable";
        return rng_below(rng, 2);
    }
    if (way == 1) {
        /* One page again, first or last, perhaps with other rights. */
        uint32_t page = one->vaddr +
                        rng_below(rng, 2) * (one->bytes - PAGE);

        tables_section(c, rng, page, 1, any_rights(rng));
        c->why = "two sections claim the same page";
        return rng_below(rng, 2);
    }
    c->why = "the pool is too small for the tables";
    return rng_below(rng, 2) ? -1 : -(int)rng_between(rng, 1, tables_needed(c));
}

/** The last page of all is the first of its gigabyte, and the pool ends just
 *  before that page's L2 table. */
static int lone_page(struct tables_case *c, struct rng *rng)
{
    uint32_t high = rng_between(rng, 1, 3) * GB1;

    tables_section(c, rng, rng_below(rng, 0x1000) * PAGE, 3, 0);
    tables_section(c, rng, high + rng_below(rng, 0x1000) * PAGE, 1, 1);
    c->refuse = true;
    c->why = "the pool has no frame for the last page's L2 table";
    return -2;
}

static void prepare_refuses(struct setup *s, struct rng *rng)
{
    struct tables_cases *cases = setup_keep(s, sizeof *cases);

    for (unsigned i = 0; i < 12; i++) {
        struct tables_case *c = tables_add(cases);
        int spare = 0;

        if (i == 6) {
            tables_pool(cases, c, rng, lone_page(c, rng));
            continue;
        }
        scattered(c, rng);
        if (i % 4 < 3)
            spare = spoil(c, rng, i % 4);
        if (i == 10) /* one of the small pools has no frame at all */
            spare = -(int)tables_needed(c);
        tables_pool(cases, c, rng, spare);
    }
    tables_prepare(s, cases);
}

const struct test test_tables_refuses = {
    .id = "1.2/refuses",
    .exercise = "1.2",
    .title = "A section both writable and executable, a page claimed twice "
             "and a pool too small end in 0, with no store outside the pool.",
    .section = SECTION,
    .driver = "page_tables",
    .hostile = true,
    .prepare = prepare_refuses,
    .check = tables_check,
};
