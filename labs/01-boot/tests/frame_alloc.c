/* SPDX-License-Identifier: MIT */
/**
 * @file frame_alloc.c
 * Graded tests of exercise 1.4. A driver gives the allocator a map drawn from
 * the seed and performs a drawn list of calls; alloc_model.c follows them on
 * the host.
 */
#include "labs/01-boot/tests/alloc_model.h"
#include "labs/01-boot/tests/tests.h"

#define SECTION "exercise-14-the-frame-allocator"

/* A bitmap searched bit by bit is slow, and not wrong. */
#define BUDGET 200000000ull

#define ANYWHERE 0xFFFFFFFFu

/* --- 1.4/once ------------------------------------------------------------- */

/** Blocks that a plan believes to be held: step and order. */
struct held {
    unsigned nr;
    struct {
        unsigned step;
        uint32_t order;
    } block[ALLOC_MAX_STEPS];
};

static void hold(struct held *held, unsigned step, uint32_t order)
{
    held->block[held->nr].step = step;
    held->block[held->nr].order = order;
    held->nr++;
}

/** Free one of the held blocks. */
static void free_any(struct alloc_plan *plan, struct held *held,
                     struct rng *rng)
{
    unsigned i = rng_below(rng, held->nr);

    plan_step(plan, OP_FREE_STEP, held->block[i].step, held->block[i].order);
    held->block[i] = held->block[--held->nr];
}

/** Calls in any order, with more blocks held as time goes by. */
static void mix(struct alloc_plan *plan, struct rng *rng, unsigned nr_steps,
                uint32_t max_order)
{
    struct held held = { 0 };

    for (unsigned i = 0; i < nr_steps; i++) {
        uint32_t order = rng_below(rng, 3) ? 0 : rng_below(rng, max_order + 1);

        if (held.nr > 0 && rng_below(rng, 5) < 2)
            free_any(plan, &held, rng);
        else
            hold(&held, plan_step(plan, OP_ALLOC, order, 0), order);
    }
}

static void prepare_once(struct setup *s, struct rng *rng)
{
    struct alloc_plan *plan = setup_keep(s, sizeof *plan);

    plan_map(plan, rng, 700);
    mix(plan, rng, 1000, 3);
    plan_step(plan, OP_DRAIN, 0, 0);
    plan_prepare(s, plan);
}

const struct test test_alloc_once = {
    .id = "1.4/once",
    .exercise = "1.4",
    .title = "Over a thousand calls in a drawn order no frame has two "
             "holders, and none outside the memory map has one.",
    .section = SECTION,
    .driver = "frame_alloc",
    .budget = BUDGET,
    .prepare = prepare_once,
    .check = plan_check,
};

/* --- 1.4/orders ----------------------------------------------------------- */

/** One more range, behind the others, with three or four of the largest
 *  blocks in it, of which two would be one that is larger than allowed. */
static void add_large_range(struct alloc_plan *plan, struct rng *rng)
{
    uint32_t start = plan->range[plan->nr_ranges - 1].end +
                     rng_between(rng, 40, 700);
    uint32_t end = start + rng_between(rng, 0x1000, 0x13FF);

    plan->range[plan->nr_ranges].start = start;
    plan->range[plan->nr_ranges].end = end;
    plan->nr_ranges++;
    plan->nr_frames = end;
}

static void prepare_orders(struct setup *s, struct rng *rng)
{
    struct alloc_plan *plan = setup_keep(s, sizeof *plan);
    uint32_t large = 2u << MAX_ORDER; /* frames: too many */

    plan_map(plan, rng, 2500);
    add_large_range(plan, rng);
    plan_step(plan, OP_ALLOC, MAX_ORDER + 1, 0);
    plan_step(plan, OP_ALLOC, MAX_ORDER, 0);
    mix(plan, rng, 300, MAX_ORDER);
    /* From the largest blocks down to single frames, to the last one. */
    for (int order = MAX_ORDER; order >= 0; order--)
        plan_step(plan, OP_DRAIN, order, 0);
    plan_step(plan, OP_FREE,
              (plan->range[plan->nr_ranges - 1].start + large - 1) / large *
              large, MAX_ORDER + 1);
    plan_prepare(s, plan);
}

const struct test test_alloc_orders = {
    .id = "1.4/orders",
    .exercise = "1.4",
    .title = "A block of order n is 2^n free frames aligned to their number, "
             "for every order up to 10, and it is found if there is one.",
    .section = SECTION,
    .driver = "frame_alloc",
    .budget = BUDGET,
    .prepare = prepare_orders,
    .check = plan_check,
};

/* --- 1.4/limits ----------------------------------------------------------- */

/** The map has one frame more than the bitmap, whose last word has some frames
 *  of the last range. */
static void end_in_a_word(struct alloc_plan *plan, struct rng *rng)
{
    uint32_t start = plan->range[plan->nr_ranges - 1].start;
    uint32_t end = ((start + 40) | 31) - rng_below(rng, 20);

    plan->range[plan->nr_ranges - 1].end = end;
    plan->nr_frames = end - 1;
}

static void prepare_limits(struct setup *s, struct rng *rng)
{
    struct alloc_plan *plan = setup_keep(s, sizeof *plan);

    plan_map(plan, rng, 1500);
    end_in_a_word(plan, rng);
    /* A limit below frames that are free, and in the same word. */
    for (uint32_t i = 1; i < 4; i++)
        plan_step(plan, OP_BELOW, 0, plan->nr_frames - i);
    for (unsigned i = 0; i < 400; i++) {
        unsigned r = rng_below(rng, plan->nr_ranges);
        uint32_t order = rng_below(rng, 4);
        /* Near the edges of ranges, where off-by-ones live. */
        uint32_t limit = (rng_below(rng, 2) ? plan->range[r].start
                                            : plan->range[r].end) +
                         rng_below(rng, 12) - 4;

        if (rng_below(rng, 4) == 0)
            limit = rng_below(rng, plan->nr_frames + 100);
        plan_step(plan, OP_BELOW, order, limit);
    }
    for (uint32_t limit = 0; limit < 3; limit++)
        plan_step(plan, OP_BELOW, 0, limit);
    plan_step(plan, OP_BELOW, 0, plan->range[0].start);
    plan_step(plan, OP_BELOW, 0, plan->nr_frames);
    plan_step(plan, OP_BELOW, 0, ANYWHERE);
    plan_prepare(s, plan);
}

const struct test test_alloc_limits = {
    .id = "1.4/limits",
    .exercise = "1.4",
    .title = "frame_alloc_below() hands out only blocks that end at or "
             "before the limit, and finds one there if there is one.",
    .section = SECTION,
    .driver = "frame_alloc",
    .budget = BUDGET,
    .prepare = prepare_limits,
    .check = plan_check,
};

/* --- 1.4/exhaustion ------------------------------------------------------- */

/** The last frame of all is the only one in its word of the bitmap. */
static void end_on_one_bit(struct alloc_plan *plan)
{
    uint32_t *end = &plan->range[plan->nr_ranges - 1].end;

    *end = (*end | 31) + 2;
    plan->nr_frames = *end;
}

static void prepare_exhaustion(struct setup *s, struct rng *rng)
{
    struct alloc_plan *plan = setup_keep(s, sizeof *plan);
    unsigned first[40];

    plan_map(plan, rng, 1200);
    end_on_one_bit(plan);
    for (unsigned i = 0; i < 40; i++)
        first[i] = plan_step(plan, OP_ALLOC, 0, 0);
    plan_step(plan, OP_DRAIN, 0, 0);
    plan_step(plan, OP_ALLOC, 0, 0);
    plan_step(plan, OP_ALLOC, 1, 0);
    /* What comes back, highest or lowest first, is found again: twice. */
    for (unsigned round = 0; round < 2; round++) {
        rng_shuffle(rng, first, 40, sizeof first[0]);
        for (unsigned i = 0; i < 40; i++)
            plan_step(plan, OP_FREE_STEP, first[i], 0);
        for (unsigned i = 0; i < 40; i++)
            first[i] = plan_step(plan, OP_ALLOC, 0, 0);
        plan_step(plan, OP_ALLOC, 0, 0);
    }
    plan_prepare(s, plan);
}

const struct test test_alloc_exhaustion = {
    .id = "1.4/exhaustion",
    .exercise = "1.4",
    .title = "Every frame of the map is handed out before the allocator says "
             "that there is none, and what is freed is found again.",
    .section = SECTION,
    .driver = "frame_alloc",
    .budget = BUDGET,
    .prepare = prepare_exhaustion,
    .check = plan_check,
};

/* --- 1.4/small ------------------------------------------------------------ */

static void prepare_small(struct setup *s, struct rng *rng)
{
    struct alloc_plan *plan = setup_keep(s, sizeof *plan);
    uint32_t start = rng_between(rng, 1, 8);
    uint32_t end = rng_between(rng, 14, 31);

    plan->nr_ranges = 1;
    plan->range[0].start = start;
    plan->range[0].end = end;
    plan->nr_frames = end + rng_below(rng, 2);
    for (unsigned round = 0; round < 3; round++) {
        plan_step(plan, OP_DRAIN, 0, 0);
        plan_step(plan, OP_ALLOC, 0, 0);
        for (uint32_t f = start; f < end; f++)
            plan_step(plan, OP_FREE, f, 0);
        plan_step(plan, OP_ALLOC, 2, 0);
    }
    plan_prepare(s, plan);
}

const struct test test_alloc_small = {
    .id = "1.4/small",
    .exercise = "1.4",
    .title = "An allocator whose frames are all in one word of its bitmap is "
             "emptied and filled again, three times.",
    .section = SECTION,
    .driver = "frame_alloc",
    .budget = BUDGET,
    .prepare = prepare_small,
    .check = plan_check,
};

/* --- 1.4/fragments -------------------------------------------------------- */

static void prepare_fragments(struct setup *s, struct rng *rng)
{
    struct alloc_plan *plan = setup_keep(s, sizeof *plan);
    uint32_t start = rng_between(rng, 0x40, 0x90) << 3;
    uint32_t size = rng_between(rng, 20, 30) << 3;
    uint32_t odd = rng_below(rng, 2);

    plan->nr_ranges = 1;
    plan->range[0].start = start;
    plan->range[0].end = start + size;
    plan->nr_frames = start + size;
    plan_step(plan, OP_DRAIN, 0, 0);
    /* Every second frame: much is free, and nothing larger than a frame. */
    for (uint32_t f = odd; f < size; f += 2)
        plan_step(plan, OP_FREE, start + f, 0);
    plan_step(plan, OP_ALLOC, 1, 0);
    plan_step(plan, OP_BELOW, 1, start + size / 2);
    /* The others come back, in pairs of pairs of pairs. */
    for (uint32_t f = 0; f < size; f += 8) {
        for (uint32_t i = 1 - odd; i < 8; i += 2)
            plan_step(plan, OP_FREE, start + f + i, 0);
        if (rng_below(rng, 3) == 0)
            plan_step(plan, OP_ALLOC, 3, 0);
        if (rng_below(rng, 5) == 0)
            plan_step(plan, OP_ALLOC, 1, 0);
    }
    for (int order = 5; order >= 0; order--)
        plan_step(plan, OP_DRAIN, order, 0);
    plan_prepare(s, plan);
}

const struct test test_alloc_fragments = {
    .id = "1.4/fragments",
    .exercise = "1.4",
    .title = "Frames that come back one by one are handed out as larger "
             "blocks when, and only when, all of a block is free.",
    .section = SECTION,
    .driver = "frame_alloc",
    .budget = BUDGET,
    .prepare = prepare_fragments,
    .check = plan_check,
};

/* --- 1.4/refuses ---------------------------------------------------------- */

/** One frame_free() that is most likely wrong; the model knows. */
static void bad_free(struct alloc_plan *plan, struct rng *rng,
                     const struct held *held)
{
    static const uint32_t order[] = { 1, 2, 3, 10, 11, 31, 32, 0xFFFFFFFF };
    static const uint32_t frame[] = { 0, 1, 0x80000000, 0xFFFFFC00,
                                      0xFFFFFFFE, 0xFFFFFFFF, 0x100000 };
    unsigned r = rng_below(rng, plan->nr_ranges);
    unsigned i = rng_below(rng, held->nr);

    switch (rng_below(rng, 6)) {
    case 0: /* twice, or never held */
        plan_step(plan, OP_FREE_STEP, held->block[i].step,
                  held->block[i].order);
        plan_step(plan, OP_FREE_STEP, held->block[i].step,
                  held->block[i].order);
        break;
    case 1: /* larger than it was */
        plan_step(plan, OP_FREE_STEP, held->block[i].step,
                  order[rng_below(rng, 8)]);
        break;
    case 2: /* in a hole, or across a range's end */
        plan_step(plan, OP_FREE, plan->range[r].end - rng_below(rng, 2),
                  rng_below(rng, 3));
        break;
    case 3:
        plan_step(plan, OP_FREE, plan->range[r].start - 1,
                  rng_below(rng, 3));
        break;
    case 4: /* nowhere */
        plan_step(plan, OP_FREE, frame[rng_below(rng, 7)],
                  rng_below(rng, 4) ? 0 : order[rng_below(rng, 8)]);
        break;
    default:
        plan_step(plan, OP_FREE, plan->nr_frames + rng_below(rng, 64), 0);
    }
}

/** A block whose parts come back one by one, and in between the whole of it:
 *  its first frame is held then, and others are not. */
static void part_by_part(struct alloc_plan *plan, struct rng *rng)
{
    uint32_t order = rng_between(rng, 1, 4);
    uint32_t part = rng_below(rng, order);
    uint32_t nr = 1u << (order - part);
    unsigned block = plan_step(plan, OP_ALLOC, order, 0);

    for (uint32_t i = nr; i-- > 0;) {
        plan_step(plan, FREE_BEHIND(i << part), block, part);
        plan_step(plan, OP_FREE_STEP, block, order);
        plan_step(plan, FREE_BEHIND(i << part), block, part);
    }
}

/** The bitmap ends in the middle of an aligned pair of frames, both of which
 *  are in the last range but one. */
static void end_on_odd_frame(struct alloc_plan *plan, struct rng *rng)
{
    uint32_t start = plan->range[plan->nr_ranges - 2].start;
    uint32_t *end = &plan->range[plan->nr_ranges - 2].end;

    plan->nr_frames = (start + 1 + rng_below(rng, 32)) | 1;
    if (*end <= plan->nr_frames)
        *end = plan->nr_frames + 1;
}

static void prepare_refuses(struct setup *s, struct rng *rng)
{
    struct alloc_plan *plan = setup_keep(s, sizeof *plan);
    struct held held = { 0 };

    plan_map(plan, rng, 1500);
    /* The map goes on behind what the allocator looks after: with the rest
     * of one range, and with another. */
    add_large_range(plan, rng);
    end_on_odd_frame(plan, rng);
    for (unsigned i = 0; i < 120; i++) {
        uint32_t order = rng_below(rng, 4);

        hold(&held, plan_step(plan, OP_ALLOC, order, 0), order);
    }
    for (unsigned i = 0; i < 8; i++)
        part_by_part(plan, rng);
    for (unsigned i = 0; i < 300; i++)
        bad_free(plan, rng, &held);
    for (uint32_t order = 9; order < 40; order += 5)
        plan_step(plan, OP_ALLOC, order, 0);
    plan_step(plan, OP_ALLOC, 0xFFFFFFFF, 0);
    plan_step(plan, OP_DRAIN, 0, 0);
    plan_step(plan, OP_FREE, plan->nr_frames - 1, 1);
    plan_prepare(s, plan);
}

const struct test test_alloc_refuses = {
    .id = "1.4/refuses",
    .exercise = "1.4",
    .title = "A block that is free, not aligned, not in the map, beyond the "
             "bitmap or of no order is refused, and nothing changes.",
    .section = SECTION,
    .driver = "frame_alloc",
    .budget = BUDGET,
    .hostile = true,
    .prepare = prepare_refuses,
    .check = plan_check,
};
