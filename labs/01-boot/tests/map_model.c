/* SPDX-License-Identifier: MIT */
/**
 * @file map_model.c
 * The memory map that a hand-off means; see map_model.h.
 */
#include "labs/01-boot/tests/map_model.h"
#include "labs/grader/driver_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Nothing from here on is looked at: MAX_FRAMES whole frames. */
#define TOP ((uint64_t)MAX_FRAMES << 12)

#define XEN_ENOMEM 12

/** Bytes [start, end), cut off at TOP. */
struct span {
    uint64_t start, end;
};

static struct span span_of(uint64_t start, uint64_t end)
{
    struct span s = { start < TOP ? start : TOP, end < TOP ? end : TOP };

    return s;
}

/**
 * What a range says, as bytes: of RAM only its whole frames, because two
 * ranges that share a frame do not make it usable. A range that wraps is a
 * lie: as RAM it counts as nothing, otherwise it reaches to the very end.
 */
static struct span range_span(const struct given_range *r)
{
    uint64_t end = r->base + r->length;
    struct span s;

    if (r->type != RAM)
        return span_of(r->base, end < r->base ? UINT64_MAX : end);
    if (end < r->base)
        end = r->base;
    s = span_of(r->base, end);
    s.start = (s.start + 0xFFF) & ~0xFFFull;
    s.end &= ~0xFFFull;
    return s;
}

static bool inside(struct span s, uint64_t byte)
{
    return byte >= s.start && byte < s.end;
}

/* --- Drawing hand-offs --------------------------------------------------- */

struct map_case *case_add(struct map_cases *cases, struct rng *rng)
{
    struct map_case *c = &cases->given[cases->nr++];

    /* Sometimes the image ends on a frame's edge, mostly within a frame. */
    c->image_end = 0x180000 + 0x1000 * rng_below(rng, 256);
    if (rng_below(rng, 4))
        c->image_end += rng_below(rng, 0x1000);
    return c;
}

void case_range(struct map_case *c, uint64_t base, uint64_t length,
                uint32_t type)
{
    struct given_range r = { .base = base, .length = length, .type = type };

    if (c->nr_ranges < CASE_MAX_RANGES)
        c->range[c->nr_ranges++] = r;
}

void case_module(struct map_case *c, uint32_t start, uint32_t end)
{
    struct given_module m = { .start = start, .end = end };

    if (c->nr_modules < CASE_MAX_MODULES)
        c->module[c->nr_modules++] = m;
}

void case_shuffle(struct map_case *c, struct rng *rng)
{
    rng_shuffle(rng, c->range, c->nr_ranges, sizeof c->range[0]);
    rng_shuffle(rng, c->module, c->nr_modules, sizeof c->module[0]);
}

/* --- The answer ----------------------------------------------------------- */

/** Whether one byte of the machine may be given to anybody. */
static bool byte_usable(const struct map_case *c, uint64_t byte)
{
    bool ram = false;

    if (byte < c->image_end)
        return false; /* the first megabyte, and the image behind it */
    for (unsigned i = 0; i < c->nr_ranges; i++) {
        if (!inside(range_span(&c->range[i]), byte))
            continue;
        if (c->range[i].type != RAM)
            return false;
        ram = true;
    }
    for (unsigned i = 0; i < c->nr_modules; i++)
        if (inside(span_of(c->module[i].start, c->module[i].end), byte))
            return false;
    return ram;
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/** Every byte at which something begins or ends, ascending. */
static unsigned boundaries(const struct map_case *c, uint64_t *at)
{
    unsigned nr = 0;

    at[nr++] = 0;
    at[nr++] = c->image_end;
    at[nr++] = TOP;
    for (unsigned i = 0; i < c->nr_ranges; i++) {
        at[nr++] = range_span(&c->range[i]).start;
        at[nr++] = range_span(&c->range[i]).end;
    }
    for (unsigned i = 0; i < c->nr_modules; i++) {
        at[nr++] = c->module[i].start;
        at[nr++] = c->module[i].end;
    }
    qsort(at, nr, sizeof *at, by_size);
    return nr;
}

/** Append the whole frames among usable bytes. */
static void append(struct map_answer *to, uint64_t start, uint64_t end)
{
    uint64_t first = (start + 0xFFF) >> 12;
    uint64_t last = end >> 12;

    if (first < last)
        to->range[to->nr++] = (struct frames){ first, last };
}

void map_expect(const struct map_case *c, struct map_answer *to)
{
    uint64_t at[3 + 2 * (CASE_MAX_RANGES + CASE_MAX_MODULES)];
    unsigned nr = boundaries(c, at);
    uint64_t start = 0;
    bool open = false;

    to->nr = 0;
    for (unsigned i = 0; i < nr; i++) {
        bool usable = at[i] < TOP && byte_usable(c, at[i]);

        if (usable && !open)
            start = at[i];
        if (!usable && open)
            append(to, start, at[i]);
        open = usable;
    }
}

/* --- Explaining a frame --------------------------------------------------- */

static bool touches(struct span s, uint32_t frame)
{
    uint64_t start = (uint64_t)frame << 12;

    return s.start < start + 0x1000 && s.end > start && s.start < s.end;
}

static bool why_range(const struct map_case *c, uint32_t frame, char *text,
                      size_t bytes)
{
    for (unsigned i = 0; i < c->nr_ranges; i++) {
        const struct given_range *r = &c->range[i];

        if (r->type == RAM || !touches(range_span(r), frame))
            continue;
        snprintf(text, bytes,
                 "range %u (base 0x%" PRIx64 ", length 0x%" PRIx64
                 ", type %u, not RAM) has bytes in it",
                 i, r->base, r->length, r->type);
        return true;
    }
    return false;
}

static bool why_module(const struct map_case *c, uint32_t frame, char *text,
                       size_t bytes)
{
    for (unsigned i = 0; i < c->nr_modules; i++) {
        const struct given_module *m = &c->module[i];

        if (!touches(span_of(m->start, m->end), frame))
            continue;
        snprintf(text, bytes, "module %u [0x%x, 0x%x) has bytes in it", i,
                 m->start, m->end);
        return true;
    }
    return false;
}

const char *map_why(const struct map_case *c, uint32_t frame, char *text,
                    size_t bytes)
{
    if (frame >= MAX_FRAMES)
        snprintf(text, bytes, "it is beyond MAX_FRAMES (0x%x)", MAX_FRAMES);
    else if ((uint64_t)frame << 12 < 0x100000)
        snprintf(text, bytes, "it is in the first megabyte");
    else if ((uint64_t)frame << 12 < c->image_end)
        snprintf(text, bytes, "the image, which ends at 0x%x, is in it",
                 c->image_end);
    else if (!why_range(c, frame, text, bytes) &&
             !why_module(c, frame, text, bytes)) {
        snprintf(text, bytes, "%s",
                 byte_usable(c, (uint64_t)frame << 12)
                     ? "a range of RAM has all of it, and nothing else is "
                       "there"
                     : "no range of RAM has all of it");
    }
    return text;
}

/* --- The run -------------------------------------------------------------- */

struct words {
    uint32_t *at;
    size_t nr, room;
};

static void put(struct words *w, uint32_t word)
{
    if (w->nr < w->room)
        w->at[w->nr] = word;
    w->nr++;
}

static void put_pair(struct words *w, uint64_t pair)
{
    put(w, (uint32_t)pair);
    put(w, (uint32_t)(pair >> 32));
}

static void put_case(struct words *w, const struct map_case *c)
{
    put(w, c->image_end);
    put(w, c->nr_ranges);
    put(w, c->nr_modules);
    for (unsigned i = 0; i < c->nr_ranges; i++) {
        put_pair(w, c->range[i].base);
        put_pair(w, c->range[i].length);
        put(w, c->range[i].type);
    }
    for (unsigned i = 0; i < c->nr_modules; i++) {
        put(w, c->module[i].start);
        put(w, c->module[i].end);
    }
}

void map_prepare(struct setup *s, const struct map_cases *cases)
{
    uint32_t input[TEST_INPUT_MAX / 4];
    struct words w = { .at = input, .room = TEST_INPUT_MAX / 4 };

    put(&w, cases->nr);
    for (unsigned i = 0; i < cases->nr; i++)
        put_case(&w, &cases->given[i]);
    setup_input(s, input, 4 * w.nr);
    setup_mark(s, "map", "mark_map", 0);
    setup_snap(s, "map", "eax", 0, MAP_BYTES);
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

/* --- The comparison ------------------------------------------------------- */

static uint32_t word_at(const struct snap *snap, size_t index)
{
    uint32_t word = 0;

    if (4 * index + 4 <= snap->len)
        memcpy(&word, snap->bytes + 4 * index, 4);
    return word;
}

/** The map that the submission gave. @retval false it has no shape. */
static bool read_answer(struct verdict *v, const struct mark *m,
                        struct map_answer *to)
{
    const struct snap *snap = &m->snap[0];

    to->nr = word_at(snap, 0);
    if (to->nr > MAP_MAX) {
        verdict_fail(v, m->event,
                     "hand-off %u: the map says it has %u ranges, and "
                     "MEMORY_MAP_MAX is %u",
                     m->r.ecx, to->nr, MAP_MAX);
        return false;
    }
    for (unsigned i = 0; i < to->nr; i++) {
        to->range[i].start = word_at(snap, 1 + 2 * i);
        to->range[i].end = word_at(snap, 2 + 2 * i);
    }
    return true;
}

/** BOOT-I1: ascending, disjoint, never touching, nothing empty. */
static bool check_shape(struct verdict *v, const struct mark *m,
                        const struct map_answer *got)
{
    for (unsigned i = 0; i < got->nr; i++) {
        struct frames r = got->range[i];

        if (r.start >= r.end) {
            verdict_fail(v, m->event,
                         "hand-off %u: range %u of the map is empty: "
                         "[0x%x, 0x%x)",
                         m->r.ecx, i, r.start, r.end);
            return false;
        }
        if (i > 0 && r.start <= got->range[i - 1].end) {
            verdict_fail(v, m->event,
                         "hand-off %u: range %u of the map, [0x%x, 0x%x), "
                         "does not come after range %u, [0x%x, 0x%x), with "
                         "a gap between them",
                         m->r.ecx, i, r.start, r.end, i - 1,
                         got->range[i - 1].start, got->range[i - 1].end);
            return false;
        }
    }
    return true;
}

/** The first frame on which two maps disagree. @retval false none. */
static bool first_difference(const struct map_answer *a,
                             const struct map_answer *b, uint32_t *frame)
{
    for (unsigned i = 0; i < a->nr || i < b->nr; i++) {
        struct frames none = { UINT32_MAX, UINT32_MAX };
        struct frames x = i < a->nr ? a->range[i] : none;
        struct frames y = i < b->nr ? b->range[i] : none;

        if (x.start != y.start) {
            *frame = x.start < y.start ? x.start : y.start;
            return true;
        }
        if (x.end != y.end) {
            *frame = x.end < y.end ? x.end : y.end;
            return true;
        }
    }
    return false;
}

static bool has_frame(const struct map_answer *map, uint32_t frame)
{
    for (unsigned i = 0; i < map->nr; i++)
        if (frame >= map->range[i].start && frame < map->range[i].end)
            return true;
    return false;
}

static void state_map(struct verdict *v, const char *which,
                      const struct map_answer *map, uint32_t frame)
{
    for (unsigned i = 0; i < map->nr; i++)
        if (map->range[i].end >= frame) {
            verdict_state(v, "%s range %u of %u: [0x%x, 0x%x)", which, i,
                          map->nr, map->range[i].start, map->range[i].end);
            return;
        }
    verdict_state(v, "%s nothing at or after that frame (%u ranges)", which,
                  map->nr);
}

/** Of a frame that is left out: what of the hand-off names a place in it, and
 *  has no byte there. It may have been taken for something. */
static void state_touching(struct verdict *v, const struct map_case *c,
                           uint32_t frame)
{
    for (unsigned i = 0; i < c->nr_ranges; i++) {
        const struct given_range *r = &c->range[i];

        if (r->base >> 12 == frame && r->length == 0)
            verdict_state(v, "in it begins range %u (base 0x%" PRIx64 ", "
                          "length 0, type %u), which has no byte", i, r->base,
                          r->type);
        else if (r->base >> 12 == frame && r->base + r->length < r->base)
            verdict_state(v, "in it begins range %u (base 0x%" PRIx64 ", "
                          "length 0x%" PRIx64 ", type %u), which wraps", i,
                          r->base, r->length, r->type);
    }
    for (unsigned i = 0; i < c->nr_modules; i++) {
        const struct given_module *m = &c->module[i];

        if (m->start >= m->end &&
            (m->start >> 12 == frame || m->end >> 12 == frame))
            verdict_state(v, "module %u, from 0x%x to 0x%x, names a place in "
                          "it, and has no byte", i, m->start, m->end);
    }
}

/** 0, or -ENOMEM when no frame is usable. */
static bool check_returned(struct verdict *v, const struct mark *m,
                           const struct map_answer *expect)
{
    int32_t right = expect->nr > 0 ? 0 : -XEN_ENOMEM;
    int32_t got = (int32_t)m->r.edx;

    if (got == right)
        return true;
    verdict_fail(v, m->event,
                 "hand-off %u: memory_map_build() returned %d%s instead of "
                 "%d%s: there %s usable frame",
                 m->r.ecx, got, got == -XEN_ENOMEM ? " (-ENOMEM)" : "", right,
                 right ? " (-ENOMEM)" : "", expect->nr > 0 ? "is a" : "is no");
    return false;
}

static void compare(struct verdict *v, const struct mark *m,
                    const struct map_case *c, const struct map_answer *got,
                    const struct map_answer *expect)
{
    char why[160];
    uint32_t frame;

    if (!first_difference(got, expect, &frame))
        return;
    verdict_fail(v, m->event, "hand-off %u: the map %s frame 0x%x, but %s",
                 m->r.ecx, has_frame(got, frame) ? "has" : "leaves out",
                 frame, map_why(c, frame, why, sizeof why));
    state_map(v, "got:     ", got, frame);
    state_map(v, "expected:", expect, frame);
    if (!has_frame(got, frame))
        state_touching(v, c, frame);
}

static void check_one(struct verdict *v, const struct mark *m,
                      const struct map_case *c)
{
    struct map_answer got, expect;

    map_expect(c, &expect);
    if (check_returned(v, m, &expect) && read_answer(v, m, &got) &&
        check_shape(v, m, &got))
        compare(v, m, c, &got, &expect);
}

void map_check(struct verdict *v, const struct run *run)
{
    const struct map_cases *cases = run_kept(run);
    struct mark m;

    verdict_blame(v, "memory_map_build");
    for (unsigned i = 0; i < cases->nr && !verdict_failed(v); i++) {
        if (!driver_mark(v, run, "map", i, &m))
            break;
        if (m.r.ecx != i)
            verdict_fail(v, m.event,
                         "the driver's call %u came out of turn, as call %u",
                         m.r.ecx, i);
        else
            check_one(v, &m, &cases->given[i]);
    }
    driver_done(v, run, "map", cases->nr);
}
