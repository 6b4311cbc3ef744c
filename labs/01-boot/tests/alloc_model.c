/* SPDX-License-Identifier: MIT */
/**
 * @file alloc_model.c
 * A frame allocator watched from outside; see alloc_model.h.
 */
#include "labs/01-boot/tests/alloc_model.h"
#include "labs/grader/driver_marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE 0xFFFFFFFFu /* INVALID_MFN */

#define FREE 0u    /* in holder[]: nobody has it */
#define OUTSIDE 1u /* not in the map, or beyond nr_frames */
#define HELD 2u    /* HELD + n: block n has it */

/* The words behind the bitmap's end, which are nobody's business. */
#define TAIL_BYTES 64u
#define TAIL_BYTE 0x5A

/** What the model knows after each call. */
struct model {
    const struct alloc_plan *plan;
    uint32_t *holder;       /**< [ALLOC_BITS] */
    uint32_t *held_by_step; /**< [blocks] the step that got block n */
    uint32_t nr_blocks;
    uint32_t nr_free;
    uint32_t *got; /**< [steps] what each allocation returned */
};

/* --- Plans ---------------------------------------------------------------- */

void plan_map(struct alloc_plan *plan, struct rng *rng, uint32_t frames)
{
    uint32_t at = rng_between(rng, 0x100, 0x300);
    unsigned nr = rng_between(rng, 2, 9);

    for (unsigned i = 0; i < nr; i++) {
        /* The first one is a single frame. */
        uint32_t length = i ? rng_between(rng, 1, 2 * frames / nr) : 1;

        /* Some ranges start on a large block's edge, most anywhere. */
        if (rng_below(rng, 4) == 0)
            at = (at + 63) & ~63u;
        plan->range[i].start = at;
        plan->range[i].end = at + length;
        at += length + rng_between(rng, 1, 700);
    }
    plan->nr_ranges = nr;
    plan->nr_frames = at - rng_below(rng, 2) * rng_below(rng, 33);
}

unsigned plan_step(struct alloc_plan *plan, uint32_t operation, uint32_t a,
                   uint32_t b)
{
    struct step *step = &plan->step[plan->nr_steps];

    if (plan->nr_steps == ALLOC_MAX_STEPS)
        return ALLOC_MAX_STEPS - 1;
    *step = (struct step){ operation, a, b };
    return plan->nr_steps++;
}

static void put(uint32_t *words, size_t *nr, uint32_t word)
{
    if (*nr < TEST_INPUT_MAX / 4)
        words[*nr] = word;
    (*nr)++;
}

void plan_prepare(struct setup *s, const struct alloc_plan *plan)
{
    uint32_t words[TEST_INPUT_MAX / 4];
    size_t nr = 0;

    put(words, &nr, plan->nr_ranges);
    for (unsigned i = 0; i < plan->nr_ranges; i++) {
        put(words, &nr, plan->range[i].start);
        put(words, &nr, plan->range[i].end);
    }
    put(words, &nr, plan->nr_frames);
    put(words, &nr, plan->nr_steps);
    for (unsigned i = 0; i < plan->nr_steps; i++) {
        put(words, &nr, plan->step[i].operation);
        put(words, &nr, plan->step[i].a);
        put(words, &nr, plan->step[i].b);
    }
    setup_input(s, words, 4 * nr);
    setup_mark(s, "step", "mark_step", 0);
    setup_mark(s, "done", "mark_done", 0);
    setup_snap(s, "done", "driver_bitmap",
               (int32_t)(4 * ((plan->nr_frames + 31) / 32)), TAIL_BYTES);
    setup_end(s, "done");
}

/* --- The model ------------------------------------------------------------ */

/** @param nr_calls  no more blocks than that are handed out. */
static void model_start(struct model *m, const struct alloc_plan *plan,
                        size_t nr_calls)
{
    memset(m, 0, sizeof *m);
    m->plan = plan;
    m->holder = malloc(ALLOC_BITS * sizeof *m->holder);
    m->held_by_step = calloc(nr_calls + 1, sizeof *m->held_by_step);
    m->got = calloc(ALLOC_MAX_STEPS, sizeof *m->got);
    for (uint32_t i = 0; i < ALLOC_BITS; i++)
        m->holder[i] = OUTSIDE;
    for (unsigned i = 0; i < plan->nr_ranges; i++)
        for (uint32_t f = plan->range[i].start; f < plan->range[i].end; f++)
            if (f < plan->nr_frames) {
                m->holder[f] = FREE;
                m->nr_free++;
            }
}

static void model_end(struct model *m)
{
    free(m->holder);
    free(m->held_by_step);
    free(m->got);
}

static bool all_free(const struct model *m, uint32_t first, uint32_t size)
{
    for (uint32_t f = first; f < first + size; f++)
        if (m->holder[f] != FREE)
            return false;
    return true;
}

/** A free block below a limit, or NONE. */
static uint32_t free_block(const struct model *m, uint32_t order,
                           uint32_t limit)
{
    uint32_t size;

    if (order > MAX_ORDER)
        return NONE;
    size = 1u << order;
    if (limit > m->plan->nr_frames)
        limit = m->plan->nr_frames;
    for (uint32_t f = 0; f + size <= limit; f += size)
        if (all_free(m, f, size))
            return f;
    return NONE;
}

/* --- Judging an allocation ------------------------------------------------ */

/** The first frame of a block that cannot be handed out, and why. */
static void blame_frame(struct verdict *v, const struct model *m,
                        const struct mark *at, uint32_t first, uint32_t size)
{
    for (uint32_t f = first; f < first + size; f++) {
        uint32_t holder = m->holder[f];

        if (holder == OUTSIDE && f < m->plan->nr_frames)
            verdict_fail(v, at->event,
                         "step %u: frame 0x%x was handed out, and it is not "
                         "in the memory map",
                         at->r.ecx, f);
        else if (holder == OUTSIDE)
            verdict_fail(v, at->event,
                         "step %u: frame 0x%x was handed out, and nr_frames "
                         "is 0x%x",
                         at->r.ecx, f, m->plan->nr_frames);
        else if (holder >= HELD)
            verdict_fail(v, at->event,
                         "step %u: frame 0x%x was handed out a second time: "
                         "step %u has it and did not give it back",
                         at->r.ecx, f, m->held_by_step[holder - HELD]);
        else
            continue;
        verdict_state(v, "the block: [0x%x, 0x%x)", first, first + size);
        return;
    }
}

/** The allocator said that there is none. */
static void check_none(struct verdict *v, const struct model *m,
                       const struct mark *at, uint32_t order, uint32_t limit)
{
    uint32_t free = free_block(m, order, limit);

    if (free == NONE)
        return;
    verdict_fail(v, at->event,
                 "step %u: no block of order %u below frame 0x%x was found, "
                 "but [0x%x, 0x%x) is free",
                 at->r.ecx, order, limit, free, free + (1u << order));
    verdict_state(v, "free frames in all: %u", m->nr_free);
}

/** The allocator handed out a block. */
static void check_block(struct verdict *v, struct model *m,
                        const struct mark *at, uint32_t order, uint32_t limit)
{
    uint32_t first = at->r.eax;
    uint32_t size = 1u << (order & 31);

    if (order > MAX_ORDER)
        verdict_fail(v, at->event,
                     "step %u: a block of order %u was handed out, and "
                     "FRAME_MAX_ORDER is %u",
                     at->r.ecx, order, MAX_ORDER);
    else if (first % size != 0)
        verdict_fail(v, at->event,
                     "step %u: a block of order %u starts at frame 0x%x, "
                     "which is not a multiple of %u",
                     at->r.ecx, order, first, size);
    else if (first >= limit || limit - first < size)
        verdict_fail(v, at->event,
                     "step %u: the block [0x%x, 0x%x) is not wholly below "
                     "frame 0x%x, %s",
                     at->r.ecx, first, first + size, limit,
                     limit == m->plan->nr_frames ? "which is nr_frames"
                                                 : "the first not allowed");
    else if (first >= ALLOC_BITS || ALLOC_BITS - first < size)
        verdict_fail(v, at->event,
                     "step %u: frame 0x%x was handed out, and nr_frames is "
                     "0x%x",
                     at->r.ecx, first, m->plan->nr_frames);
    else if (!all_free(m, first, size))
        blame_frame(v, m, at, first, size);
    if (verdict_failed(v))
        return;
    for (uint32_t f = first; f < first + size; f++)
        m->holder[f] = HELD + m->nr_blocks;
    m->held_by_step[m->nr_blocks++] = at->r.ecx;
    m->nr_free -= size;
}

static void check_alloc(struct verdict *v, struct model *m,
                        const struct mark *at, uint32_t order, uint32_t limit)
{
    m->got[at->r.ecx] = at->r.eax;
    if (at->r.eax == NONE)
        check_none(v, m, at, order, limit);
    else
        check_block(v, m, at, order, limit);
}

/* --- Judging a free ------------------------------------------------------- */

enum may { MUST_REFUSE, MUST_TAKE, MAY };

/**
 * Whether a block must be taken back. The contract is silent about a block
 * put together from several that were handed out: either answer will do.
 */
static enum may may_free(const struct model *m, uint32_t first,
                         uint32_t order, const char **why)
{
    uint32_t size = 1u << (order & 31);
    enum may may = MUST_TAKE;

    *why = "every frame of it is held";
    if (order > MAX_ORDER) {
        *why = "there is no such order";
        return MUST_REFUSE;
    }
    if (first % size != 0) {
        *why = "it is not aligned to its size";
        return MUST_REFUSE;
    }
    if (first >= m->plan->nr_frames || m->plan->nr_frames - first < size) {
        *why = "it is not wholly below nr_frames";
        return MUST_REFUSE;
    }
    for (uint32_t f = first; f < first + size; f++) {
        if (m->holder[f] < HELD) {
            *why = m->holder[f] == FREE ? "a frame of it is free already"
                                        : "a frame of it is not in the map";
            return MUST_REFUSE;
        }
        if (m->holder[f] != m->holder[first])
            may = MAY;
    }
    return may;
}

static void check_free(struct verdict *v, struct model *m,
                       const struct mark *at, uint32_t first, uint32_t order)
{
    bool taken = at->r.eax != 0;
    const char *why;
    enum may may = may_free(m, first, order, &why);

    if (may != MAY && taken != (may == MUST_TAKE)) {
        verdict_fail(v, at->event,
                     "step %u: frame_free(0x%x, %u) returned %s; but %s",
                     at->r.ecx, first, order, taken ? "true" : "false", why);
        return;
    }
    if (!taken)
        return;
    for (uint32_t f = first; f < first + (1u << order); f++)
        m->holder[f] = FREE;
    m->nr_free += 1u << order;
}

/* --- Following a run ------------------------------------------------------ */

static void check_count(struct verdict *v, const struct model *m,
                        const struct mark *at, const char *after)
{
    if (verdict_failed(v) || at->r.edx == m->nr_free)
        return;
    verdict_fail(v, at->event,
                 "%s: frames_free() says %u, and %u frames are free", after,
                 at->r.edx, m->nr_free);
}

/** A step in words, when it has been followed. */
static void describe_step(const struct model *m, const struct step *step,
                          const struct mark *at, char *text, size_t bytes)
{
    uint32_t first = step->a;

    switch (step->operation & 0xFF) {
    case OP_ALLOC:
    case OP_DRAIN:
    case OP_BELOW:
        snprintf(text, bytes, "step %u, a block of order %u, %s", at->r.ecx,
                 step->a, at->r.eax == NONE ? "and none was found" : "found");
        return;
    case OP_FREE_STEP:
        first = m->got[step->a] + (step->operation >> 8);
    }
    snprintf(text, bytes, "step %u, frame_free(0x%x, %u), which returned %s",
             at->r.ecx, first, step->b, at->r.eax ? "true" : "false");
}

static void follow(struct verdict *v, struct model *m, const struct mark *at,
                   const struct step *step)
{
    switch (step->operation & 0xFF) {
    case OP_ALLOC:
    case OP_DRAIN:
        verdict_blame(v, "frame_alloc_below");
        check_alloc(v, m, at, step->a, m->plan->nr_frames);
        break;
    case OP_BELOW:
        verdict_blame(v, "frame_alloc_below");
        check_alloc(v, m, at, step->a, step->b);
        break;
    case OP_FREE_STEP:
        verdict_blame(v, "frame_free");
        check_free(v, m, at, m->got[step->a] + (step->operation >> 8),
                   step->b);
        break;
    default:
        verdict_blame(v, "frame_free");
        check_free(v, m, at, step->a, step->b);
    }
}

static void check_tail(struct verdict *v, const struct run *run)
{
    struct mark done;

    run_mark(run, DRIVER_DONE, 0, &done);
    for (uint32_t i = 0; i < done.snap[0].valid; i++)
        if (done.snap[0].bytes[i] != TAIL_BYTE) {
            verdict_fail(v, done.event,
                         "a byte behind the bitmap was written: byte %u "
                         "after BITMAP_WORDS(nr_frames) words is 0x%02x and "
                         "was 0x%02x",
                         i, done.snap[0].bytes[i], TAIL_BYTE);
            return;
        }
}

void plan_check(struct verdict *v, const struct run *run)
{
    const struct alloc_plan *plan = run_kept(run);
    struct model m;
    struct mark at;
    size_t seen = 0;

    model_start(&m, plan, run_nr_marks(run, "step"));
    verdict_blame(v, "frame_alloc_init");
    if (driver_mark(v, run, "step", seen++, &at))
        check_count(v, &m, &at, "after frame_alloc_init()");
    for (unsigned i = 0; i < plan->nr_steps && !verdict_failed(v);) {
        char after[100];

        if (!driver_mark(v, run, "step", seen++, &at))
            break;
        if (at.r.ecx != i) {
            verdict_fail(v, at.event,
                         "the driver's step %u came out of turn, as step %u",
                         at.r.ecx, i);
            break;
        }
        follow(v, &m, &at, &plan->step[i]);
        describe_step(&m, &plan->step[i], &at, after, sizeof after);
        check_count(v, &m, &at, after);
        if (plan->step[i].operation != OP_DRAIN || at.r.eax == NONE)
            i++;
    }
    if (driver_done(v, run, "step", seen))
        check_tail(v, run);
    model_end(&m);
}
