/* SPDX-License-Identifier: MIT */
/**
 * @file memory_map.c
 * Graded tests of exercise 1.1. A driver calls memory_map_build() with
 * hand-offs drawn from the seed; map_model.c computes each answer on the
 * host. The last test boots the whole hypervisor on an odd machine.
 */
#include "labs/01-boot/tests/map_model.h"
#include "labs/01-boot/tests/tests.h"

#define MB 0x100000ull
#define GB 0x40000000ull
#define SECTION "exercise-11-the-memory-map"

typedef void draw_case(struct map_case *, struct rng *);

static void draw(struct setup *s, struct rng *rng, unsigned nr,
                 draw_case *one)
{
    struct map_cases *cases = setup_keep(s, sizeof *cases);

    for (unsigned i = 0; i < nr; i++)
        one(case_add(cases, rng), rng);
    map_prepare(s, cases);
}

/** What every PC says first: RAM up to the EBDA, then the BIOS. */
static void pc_start(struct map_case *c, struct rng *rng)
{
    uint64_t ebda = 0x9F000 + 0x400 * rng_below(rng, 4);

    case_range(c, 0, ebda, RAM);
    case_range(c, ebda, 0xA0000 - ebda, 2);
    case_range(c, 0xF0000, 0x10000, 2);
}

static uint64_t pages(struct rng *rng, uint32_t low, uint32_t high)
{
    return (uint64_t)rng_between(rng, low, high) << 12;
}

/** A place within a page: its edges, a byte beside them, or anywhere. */
static uint32_t within_page(struct rng *rng)
{
    static const uint32_t edge[] = { 0, 1, 0xFFF };
    unsigned i = rng_below(rng, 6);

    return i < 3 ? edge[i] : rng_below(rng, 4096);
}

/* --- 1.1/holes ------------------------------------------------------------ */

static void holes(struct map_case *c, struct rng *rng)
{
    uint64_t at = MB;
    unsigned nr = rng_between(rng, 2, 14);

    pc_start(c, rng);
    for (unsigned i = 0; i < nr; i++) {
        uint64_t length = pages(rng, 1, 3000);

        case_range(c, at, length, RAM);
        /* One in three touches the next: they become one range. */
        at += length + (rng_below(rng, 3) ? pages(rng, 1, 500) : 0);
    }
    case_shuffle(c, rng);
}

static void prepare_holes(struct setup *s, struct rng *rng)
{
    draw(s, rng, 14, holes);
}

const struct test test_map_holes = {
    .id = "1.1/holes",
    .exercise = "1.1",
    .title = "Ranges of RAM in any order become ascending ranges with every "
             "hole left out, and ranges that touch become one.",
    .section = SECTION,
    .driver = "memory_map",
    .prepare = prepare_holes,
    .check = map_check,
};

/* --- 1.1/odd-ends --------------------------------------------------------- */

static void odd_ends(struct map_case *c, struct rng *rng)
{
    uint64_t at = 4 * MB + within_page(rng);
    unsigned nr = rng_between(rng, 2, 12);

    pc_start(c, rng);
    for (unsigned i = 0; i < nr; i++) {
        /* Some are less than a frame, or just miss a second one. */
        uint64_t length = rng_below(rng, 3) ? pages(rng, 0, 300) : 0;

        length += within_page(rng);
        case_range(c, at, length, rng_below(rng, 4) ? RAM : 2);
        at += length + 4096 + rng_below(rng, 8192);
    }
    case_shuffle(c, rng);
}

static void prepare_odd_ends(struct setup *s, struct rng *rng)
{
    draw(s, rng, 16, odd_ends);
}

const struct test test_map_odd_ends = {
    .id = "1.1/odd-ends",
    .exercise = "1.1",
    .title = "A frame of which only a part is RAM is not usable: a range's "
             "start is rounded up and its end down.",
    .section = SECTION,
    .driver = "memory_map",
    .prepare = prepare_odd_ends,
    .check = map_check,
};

/* --- 1.1/conflicts -------------------------------------------------------- */

/** Any value but 1; real ones are more likely. */
static uint32_t bad_type(struct rng *rng)
{
    static const uint32_t type[] = { 0, 2, 3, 4, 5, 12, 0xFFFFFFFF };

    return type[rng_below(rng, sizeof type / sizeof type[0])];
}

static void conflicts(struct map_case *c, struct rng *rng)
{
    uint64_t ram = pages(rng, 2000, 9000);
    unsigned nr = rng_between(rng, 3, 12);

    pc_start(c, rng);
    case_range(c, MB, ram, RAM);
    if (rng_below(rng, 2)) /* and once more, shifted: RAM over RAM */
        case_range(c, MB + pages(rng, 1, 1000), ram, RAM);
    for (unsigned i = 0; i < nr; i++) {
        uint64_t start = MB + (rng_below(rng, (uint32_t)ram) & ~0xFFFu);
        uint64_t end = start + pages(rng, 0, rng_below(rng, 2) ? 1 : 500);

        start += within_page(rng);
        end += within_page(rng);
        if (start < end)
            case_range(c, start, end - start, bad_type(rng));
    }
    case_shuffle(c, rng);
}

static void prepare_conflicts(struct setup *s, struct rng *rng)
{
    draw(s, rng, 16, conflicts);
}

const struct test test_map_conflicts = {
    .id = "1.1/conflicts",
    .exercise = "1.1",
    .title = "Where ranges overlap, a byte is usable only if no range calls "
             "it anything but RAM, whatever their order.",
    .section = SECTION,
    .driver = "memory_map",
    .prepare = prepare_conflicts,
    .check = map_check,
};

/* --- 1.1/modules ---------------------------------------------------------- */

static void one_module(struct map_case *c, struct rng *rng, uint64_t ram)
{
    uint32_t start = 0x200000 + (rng_below(rng, (uint32_t)ram) & ~0xFFFu);
    uint32_t bytes = rng_below(rng, 0x40000);

    start += within_page(rng);
    switch (rng_below(rng, 6)) {
    case 0:
        bytes = rng_below(rng, 3); /* empty, or nearly */
        break;
    case 1:
        bytes = 0x1000 - (start & 0xFFF); /* ends on a frame's edge */
        break;
    case 2:
        bytes = 0x1001 - (start & 0xFFF); /* one byte into the next frame */
        break;
    }
    case_module(c, start, start + bytes);
}

static void modules(struct map_case *c, struct rng *rng)
{
    uint64_t ram = pages(rng, 2000, 9000);
    uint64_t hole = pages(rng, 600, 1900);
    unsigned nr = rng_between(rng, 1, 12);

    pc_start(c, rng);
    case_range(c, MB, hole, RAM);
    case_range(c, MB + hole + pages(rng, 1, 4), ram, RAM);
    for (unsigned i = 0; i < nr; i++)
        one_module(c, rng, hole + ram);
    case_module(c, 0x300801, 0x300801); /* nothing, in the middle of a page */
    case_shuffle(c, rng);
}

static void prepare_modules(struct setup *s, struct rng *rng)
{
    draw(s, rng, 16, modules);
}

const struct test test_map_modules = {
    .id = "1.1/modules",
    .exercise = "1.1",
    .title = "No frame that holds a byte of a module or of the image is "
             "usable, and every frame between them is.",
    .section = SECTION,
    .driver = "memory_map",
    .prepare = prepare_modules,
    .check = map_check,
};

/* --- 1.1/extremes --------------------------------------------------------- */

/** One range at the limits of its numbers, RAM or not. */
static void extreme_range(struct map_case *c, struct rng *rng, uint32_t type)
{
    uint64_t small = rng_between(rng, 1, 0x20000);

    switch (rng_below(rng, 9)) {
    case 0: /* wraps to just above 0 */
        case_range(c, 0 - small, 2 * small, type);
        break;
    case 1: /* ends at 2^64 exactly */
        case_range(c, 0 - small, small, type);
        break;
    case 2: /* across the end of the 32-bit world */
        case_range(c, 4 * GB - small, 2 * small, type);
        break;
    case 3: /* across MAX_FRAMES */
        case_range(c, 16 * GB - small, 3 * small, type);
        break;
    case 4: /* beyond everything: frame numbers that do not fit 32 bits */
        case_range(c, (1ull << 44) + 256 * MB + small, small + 4 * MB, type);
        break;
    case 5: /* nothing, in the middle of a page */
        case_range(c, pages(rng, 0x400, 0x600) + 0x800, 0, type);
        break;
    case 6:
        case_range(c, 5 * GB + small, GB, type);
        break;
    case 7: /* ends where frame numbers no longer fit 32 bits */
        case_range(c, 288 * MB + small, 1ull << 44, type);
        break;
    default: /* starts in RAM and never ends */
        case_range(c, 8 * MB + small, UINT64_MAX, type);
    }
}

static void extremes(struct map_case *c, struct rng *rng)
{
    pc_start(c, rng);
    case_range(c, MB, pages(rng, 0x600, 0x3000), RAM);
    for (unsigned i = 0; i < 8; i++)
        extreme_range(c, rng, rng_below(rng, 3) ? RAM : bad_type(rng));
    /* Modules that lie: their end before their start, or in the sky. */
    case_module(c, 0x400000 + rng_below(rng, 0x1000), 0x3F0000);
    case_module(c, 0xFFFFE000 + rng_below(rng, 0x1000), 0xFFFFFFFF);
    case_shuffle(c, rng);
}

/** RAM, and something on every byte of it. */
static void nothing_usable(struct map_case *c, struct rng *rng)
{
    uint64_t ram = pages(rng, 16, 4000);
    uint64_t cut = rng_between(rng, 1, 0xFFFF);

    pc_start(c, rng);
    case_range(c, 4 * MB, ram, RAM);
    case_range(c, 4 * MB - 1, cut, bad_type(rng));
    case_range(c, 4 * MB + cut - 1, ram, bad_type(rng));
    case_range(c, 64 * MB + 1, 8190, RAM); /* no whole frame */
    case_shuffle(c, rng);
}

/** RAM across MAX_FRAMES, and something on the last byte before it. */
static void last_byte_taken(struct map_case *c, struct rng *rng)
{
    pc_start(c, rng);
    case_range(c, MB, pages(rng, 0x600, 0x3000), RAM);
    case_range(c, 16 * GB - pages(rng, 2, 9), pages(rng, 10, 20), RAM);
    case_range(c, 16 * GB - 1, rng_between(rng, 1, 0x3000), bad_type(rng));
    case_shuffle(c, rng);
}

/** RAM of which the last frame before MAX_FRAMES is the first. */
static void last_frame_alone(struct map_case *c, struct rng *rng)
{
    pc_start(c, rng);
    case_range(c, MB, pages(rng, 0x600, 0x3000), RAM);
    case_range(c, 16 * GB - 0x1000 - rng_below(rng, 0xFFF), 64 * MB, RAM);
    case_range(c, 16 * GB - 0x2000, 0x1000, bad_type(rng));
    case_shuffle(c, rng);
}

static void prepare_extremes(struct setup *s, struct rng *rng)
{
    struct map_cases *cases = setup_keep(s, sizeof *cases);
    void (*one[24])(struct map_case *, struct rng *) = {
        nothing_usable, last_byte_taken, last_frame_alone
    };

    for (unsigned i = 3; i < 24; i++)
        one[i] = extremes;
    rng_shuffle(rng, one, 24, sizeof one[0]);
    for (unsigned i = 0; i < 24; i++)
        one[i](case_add(cases, rng), rng);
    map_prepare(s, cases);
}

const struct test test_map_extremes = {
    .id = "1.1/extremes",
    .exercise = "1.1",
    .title = "Ranges that wrap, are empty, or lie above 4 GB, 16 GB or 16 TB "
             "lead to no frame that is not RAM, and to none lost.",
    .section = SECTION,
    .driver = "memory_map",
    .hostile = true,
    .prepare = prepare_extremes,
    .check = map_check,
};

/* --- 1.1/most ------------------------------------------------------------- */

/** As many ranges and modules as fit, so that the map has as many holes. */
static void most(struct map_case *c, struct rng *rng)
{
    uint32_t at = 0x400000;
    unsigned nr_ram = rng_between(rng, 1, 30);

    for (unsigned i = 0; i < nr_ram; i++)
        case_range(c, 2 * MB + i * 16 * MB, pages(rng, 0x400, 0xFFF), RAM);
    while (c->nr_ranges < CASE_MAX_RANGES)
        case_range(c, pages(rng, 0x200, 0x1000 * nr_ram),
                   rng_between(rng, 1, 0x3000), bad_type(rng));
    while (c->nr_modules < CASE_MAX_MODULES) {
        uint32_t bytes = rng_between(rng, 1, 0x5000);

        case_module(c, at, at + bytes);
        at += bytes + rng_between(rng, 0x1000, 0x6000);
    }
    case_shuffle(c, rng);
}

static void prepare_most(struct setup *s, struct rng *rng)
{
    draw(s, rng, 5, most);
}

const struct test test_map_most = {
    .id = "1.1/most",
    .exercise = "1.1",
    .title = "64 ranges and 128 modules, as many as a hand-off can have, "
             "still give the exact map.",
    .section = SECTION,
    .driver = "memory_map",
    .hostile = true,
    .prepare = prepare_most,
    .check = map_check,
};
