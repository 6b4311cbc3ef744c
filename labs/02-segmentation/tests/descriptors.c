/* SPDX-License-Identifier: MIT */
/**
 * @file descriptors.c
 * Graded tests of exercise 2.4: descriptors and selectors of all kinds, given
 * to the functions by a driver.
 *
 * What is right is not compared with one answer. A descriptor that is taken
 * must reach nothing of the hypervisor's; nothing of it but DPL and limit may
 * have changed; and the limit may have been cut no further than necessary.
 */
#include "labs/02-segmentation/tests/descriptor_model.h"
#include "labs/02-segmentation/tests/tests.h"
#include "labs/grader/driver_marks.h"

#define SECTION "exercise-24-descriptors-and-selectors"
#define MAX_CASES 200u
#define EINVAL_RESULT (-22)

struct cases {
    unsigned nr, nr_selectors;
    uint32_t descriptor[MAX_CASES][2];
    uint32_t selector[MAX_CASES];
};

static void add(struct cases *c, const struct fields *f)
{
    if (c->nr < MAX_CASES)
        fields_write(f, &c->descriptor[c->nr][0], &c->descriptor[c->nr][1]);
    c->nr++;
}

static void prepare(struct setup *s, const struct cases *c)
{
    uint32_t words[3 * MAX_CASES + 2];
    size_t nr = 0;

    words[nr++] = c->nr;
    for (unsigned i = 0; i < c->nr; i++) {
        words[nr++] = c->descriptor[i][0];
        words[nr++] = c->descriptor[i][1];
    }
    words[nr++] = c->nr_selectors;
    for (unsigned i = 0; i < c->nr_selectors; i++)
        words[nr++] = c->selector[i];
    setup_input(s, words, 4 * nr);
    setup_mark(s, "checked", "mark_checked", 0);
    setup_mark(s, "selector", "mark_selector", 0);
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

/* --- Judging -------------------------------------------------------------- */

/** Must a descriptor be refused, taken, or is it mended? */
static bool must_refuse(const struct fields *f, const char **why)
{
    if (!f->present)
        return false;
    *why = "it is a gate, a TSS or an LDT";
    if (!f->s)
        return true;
    *why = "it begins in the last page below the hypervisor, or later";
    if (f->base >= HYPERVISOR - 4096)
        return true;
    *why = "it reaches too far, and its limit counts bytes";
    return !f->g && !is_safe(f);
}

static const char *kind_of(const struct fields *f)
{
    if (!f->s)
        return "system";
    if (f->type & 8)
        return "code";
    return f->type & 4 ? "expand-down data" : "data";
}

/** The addresses that it reaches: what a limit means is seen there. */
static void describe_reach(struct verdict *v, const struct fields *f)
{
    uint64_t first, last;

    if (!f->s || !f->present)
        return;
    reach_of(f, &first, &last);
    if (first > last)
        verdict_state(v, "  it reaches nothing");
    else if (last - first >= 0xFFFFFFFFu)
        verdict_state(v, "  it reaches every address");
    else
        verdict_state(v, "  it reaches 0x%08x to 0x%08x%s", (uint32_t)first,
                      (uint32_t)last, first >> 32 == last >> 32 ? ""
                      : ", past 0xffffffff and around");
}

static void describe(struct verdict *v, const char *what, uint32_t lo,
                     uint32_t hi)
{
    struct fields f = fields_of(lo, hi);

    verdict_state(v, "%s: %08x %08x: %s, %s, DPL %u, base 0x%08x, limit "
                  "0x%05x %s", what, lo, hi, kind_of(&f),
                  f.present ? "present" : "not present", f.dpl, f.base,
                  f.raw_limit, f.g ? "pages" : "bytes");
    describe_reach(v, &f);
}

/** A limit that was changed and need not have been, or not that far. */
static bool cut_too_far(const struct fields *from, const struct fields *to)
{
    struct fields more = *to;

    if (from->raw_limit == to->raw_limit)
        return false;
    if (is_safe(from))
        return true;
    more.raw_limit += expands_down(to) ? (uint32_t)-1 : 1;
    return is_safe(&more);
}

/** What is wrong with a descriptor that was taken, or NULL. */
static const char *wrong_with(const struct fields *from,
                              const struct fields *to)
{
    struct fields rest = *to;

    rest.dpl = from->dpl;
    rest.raw_limit = from->raw_limit;
    if (!from->present)
        return from->raw_limit == to->raw_limit && from->dpl == to->dpl
                   ? NULL : "it is not present, so nothing need be mended";
    if (to->dpl != (from->dpl ? from->dpl : 1))
        return from->dpl ? "its DPL was changed, and it was not 0"
                         : "its DPL is not 1: a guest's kernel has ring 1";
    if (!is_safe(to))
        return "it reaches the hypervisor";
    if (cut_too_far(from, to))
        return "its limit was cut further than it must be";
    return rest.present && rest.s && rest.base == from->base &&
                   rest.type == from->type && rest.d == from->d &&
                   rest.l == from->l && rest.avl == from->avl &&
                   rest.g == from->g
               ? NULL : "another field than DPL and limit was changed";
}

static void judge(struct verdict *v, const struct mark *mark,
                  const uint32_t *given)
{
    struct fields from = fields_of(given[0], given[1]);
    struct fields to = fields_of(mark->r.edx, mark->r.ecx);
    bool taken = mark->r.eax == 0;
    const char *why = "", *wrong;

    if (must_refuse(&from, &why) == taken) {
        verdict_fail(v, mark->event, "a descriptor was %s, and should be "
                     "%s%s", taken ? "taken" : "refused",
                     taken ? "refused: " : "taken",
                     taken ? why : is_safe(&from) ? ""
                     : ": its limit counts pages, so it can be cut");
    } else if (!taken && (int32_t)mark->r.eax != EINVAL_RESULT) {
        verdict_fail(v, mark->event, "a descriptor was refused with %d, and "
                     "should be with -EINVAL (-22)", (int32_t)mark->r.eax);
    } else if (!taken && (mark->r.edx != given[0] ||
                          mark->r.ecx != given[1])) {
        verdict_fail(v, mark->event, "a descriptor that is refused was "
                     "changed");
    } else if (taken && (wrong = wrong_with(&from, &to))) {
        verdict_fail(v, mark->event, "a descriptor was taken as it is now, "
                     "and %s", wrong);
    }
    describe(v, "given", given[0], given[1]);
    if (taken)
        describe(v, "now", mark->r.edx, mark->r.ecx);
    verdict_blame(v, "descriptor_check");
}

static void judge_selector(struct verdict *v, const struct mark *mark,
                           uint32_t selector)
{
    uint32_t fixed = selector & 3 ? selector : selector | 1;
    bool target = (selector & ~3u) != 0 &&
                  ((selector & 4) || selector == 0xE019 ||
                   selector >> 3 < 7168);

    if (mark->r.ecx != selector)
        verdict_fail(v, mark->event, "the driver asked about 0x%04x, not "
                     "0x%04x", mark->r.ecx, selector);
    verdict_blame(v, mark->r.eax != fixed ? "selector_fix"
                                          : "selector_may_be_gate_target");
    if (mark->r.eax != fixed)
        verdict_fail(v, mark->event, "selector_fix(0x%04x) is 0x%04x, and "
                     "should be 0x%04x", selector, mark->r.eax, fixed);
    else if ((mark->r.edx & 0xFF) != target)
        verdict_fail(v, mark->event, "selector_may_be_gate_target(0x%04x) is "
                     "%s, and should be %s", selector,
                     mark->r.edx & 0xFF ? "true" : "false",
                     target ? "true" : "false");
}

static void check(struct verdict *v, const struct run *run)
{
    const struct cases *c = run_kept(run);
    struct mark mark;

    for (unsigned i = 0; i < c->nr && !verdict_failed(v); i++)
        if (driver_mark(v, run, "checked", i, &mark))
            judge(v, &mark, c->descriptor[i]);
    for (unsigned i = 0; i < c->nr_selectors && !verdict_failed(v); i++)
        if (driver_mark(v, run, "selector", i, &mark))
            judge_selector(v, &mark, c->selector[i]);
    driver_done(v, run, "checked", c->nr);
    driver_done(v, run, "selector", c->nr_selectors);
}

/* --- 2.4/taken ------------------------------------------------------------ */

/** Code or data as guests have it. */
static struct fields ordinary(struct rng *rng)
{
    return (struct fields){
        .base = rng_below(rng, 0xF0000) << 12 | rng_below(rng, 4096),
        .raw_limit = rng_below(rng, 0x6000),
        .type = rng_below(rng, 2) ? 8 | rng_below(rng, 8)
                                  : rng_below(rng, 4),
        .s = true, .present = true, .d = rng_below(rng, 4) != 0,
        .avl = rng_below(rng, 2),
        .dpl = rng_between(rng, 1, 3),
        .g = rng_below(rng, 2),
    };
}

static void prepare_taken(struct setup *s, struct rng *rng)
{
    struct cases *c = setup_keep(s, sizeof *c);

    for (unsigned i = 0; i < 80; i++) {
        struct fields f = ordinary(rng);

        add(c, &f);
        if (i < 4) { /* one byte is a segment, too */
            f.g = false;
            f.raw_limit = 0;
            add(c, &f);
        }
        f.present = false; /* then it may be anything */
        f.s = rng_below(rng, 2);
        f.dpl = rng_below(rng, 4);
        f.raw_limit = rng_below(rng, 0x100000);
        add(c, &f);
        if (i % 10 == 0) { /* who takes everything has checked nothing */
            f.present = true;
            f.s = false;
            add(c, &f);
        }
    }
    prepare(s, c);
}

const struct test test_descriptors_taken = {
    .id = "2.4/taken",
    .exercise = "2.4",
    .title = "Descriptors that harm nobody are taken as they are, and so is "
             "whatever is not present; a gate among them is not.",
    .section = SECTION,
    .driver = "descriptors",
    .prepare = prepare_taken,
    .check = check,
};

/* --- 2.4/mended ----------------------------------------------------------- */

static void prepare_mended(struct setup *s, struct rng *rng)
{
    struct cases *c = setup_keep(s, sizeof *c);

    for (unsigned i = 0; i < 50; i++) {
        struct fields f = ordinary(rng);

        f.dpl = rng_below(rng, 2);
        add(c, &f);
        f.g = true;
        f.raw_limit = 0xFFFFF - rng_below(rng, 0x200);
        add(c, &f);
        f.base = i < 10 ? 0 : rng_below(rng, 0xF6000) << 12;
        f.raw_limit = (HYPERVISOR - f.base) / 4096 + rng_below(rng, 4) - 2;
        add(c, &f);
    }
    prepare(s, c);
}

const struct test test_descriptors_mended = {
    .id = "2.4/mended",
    .exercise = "2.4",
    .title = "DPL 0 becomes 1, and a limit in pages that reaches too far is "
             "cut to what is allowed, not further.",
    .section = SECTION,
    .driver = "descriptors",
    .prepare = prepare_mended,
    .check = check,
};

/* --- 2.4/hostile ---------------------------------------------------------- */

/** Segments that begin or end at the edge, or wrap around it. */
static void add_edges(struct cases *c, struct rng *rng)
{
    static const uint32_t bases[] = {
        0, 1, 0xFFF, HYPERVISOR - 0x2000, HYPERVISOR - 0x1001,
        HYPERVISOR - 0x1000, HYPERVISOR - 1, HYPERVISOR, HYPERVISOR + 1,
        0xFFFFF000, 0xFFFFFFFF,
    };

    for (unsigned i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        struct fields f = ordinary(rng);

        f.base = bases[i];
        f.dpl = 0; /* to be mended, but only if it is taken */
        f.g = false;
        f.raw_limit = HYPERVISOR - bases[i] - 1;
        if (f.raw_limit < 0xFFFFF)
            add(c, &f);
        f.raw_limit++;
        if (f.raw_limit <= 0xFFFFF)
            add(c, &f);
        f.raw_limit = 0xFFFFF;
        add(c, &f);
        f.g = true;
        f.dpl = rng_below(rng, 4);
        add(c, &f);
        f.raw_limit = rng_below(rng, 2);
        add(c, &f);
    }
}

/** Data that grows downwards, with 32-bit offsets: without the bit it ends at
 *  64 KB, and who knows that may let more of them through than who does not.*/
static struct fields grows_down(struct rng *rng)
{
    struct fields f = ordinary(rng);

    f.type = 4 | rng_below(rng, 4);
    f.d = true;
    return f;
}

/** Data that grows downwards, with its first byte at an edge: right behind
 *  the base, and the last three before the wrap; and with none at all. */
static void add_expand_down_edges(struct cases *c, struct rng *rng)
{
    struct fields f = grows_down(rng);
    uint32_t page = rng_between(rng, 1, 0xF6000) << 12;

    f.g = false;
    f.raw_limit = 0;
    f.base = page | rng_below(rng, 4096);
    add(c, &f);
    f.g = true;
    f.base = page; /* the first byte is 0 */
    f.raw_limit = (-page >> 12) - 1;
    add(c, &f);
    f.base = page - 1; /* 0xFFFFFFFF */
    add(c, &f);
    f.base = page - 2; /* 0xFFFFFFFE */
    add(c, &f);
    f.raw_limit = 0xFFFFF; /* no offset is above it */
    add(c, &f);
}

/** Data that grows downwards. */
static void add_expand_down(struct cases *c, struct rng *rng)
{
    add_expand_down_edges(c, rng);
    for (unsigned i = 0; i < 30; i++) {
        struct fields f = grows_down(rng);

        f.base = i < 3 ? 0 : rng_below(rng, 0xF6000) << 12;
        if (i & 1)
            f.base |= rng_below(rng, 4096);
        f.g = i % 3 != 0;
        f.raw_limit = rng_below(rng, 2) ? rng_below(rng, 0x100000)
                      : ((0u - f.base) >> 12) + rng_below(rng, 3) - 2;
        f.raw_limit &= 0xFFFFF;
        add(c, &f);
    }
}

static void prepare_hostile(struct setup *s, struct rng *rng)
{
    struct cases *c = setup_keep(s, sizeof *c);

    for (unsigned type = 0; type < 16; type++) {
        struct fields f = ordinary(rng);

        f.s = false;
        f.type = type;
        add(c, &f);
        f.dpl = 0;
        f.base = 0;
        add(c, &f);
    }
    add_edges(c, rng);
    add_expand_down(c, rng);
    prepare(s, c);
}

const struct test test_descriptors_hostile = {
    .id = "2.4/hostile",
    .exercise = "2.4",
    .title = "Gates, task states and LDTs are refused, and no segment that "
             "is taken reaches the hypervisor: at the edge, around the wrap, "
             "growing downwards.",
    .section = SECTION,
    .driver = "descriptors",
    .hostile = true,
    .prepare = prepare_hostile,
    .check = check,
};

/* --- 2.4/selectors -------------------------------------------------------- */

static void prepare_selectors(struct setup *s, struct rng *rng)
{
    static const uint32_t special[] = {
        0, 1, 2, 3, 4, 7, 8, 0xB, 0xDFF8, 0xDFFB, 0xDFFC, 0xE000, 0xE001,
        0xE008, 0xE009, 0xE00B, 0xE00C, 0xE010, 0xE018, 0xE019, 0xE01A,
        0xE01B, 0xE01D, 0xE021, 0xE02B, 0xE033, 0xE038, 0xE040, 0xFFFB,
        0xFFFC, 0xFFFF,
    };
    struct cases *c = setup_keep(s, sizeof *c);
    unsigned nr = sizeof special / sizeof special[0];

    for (unsigned i = 0; i < nr + 100; i++)
        c->selector[c->nr_selectors++] =
            i < nr ? special[i] : rng_below(rng, 0x10000);
    prepare(s, c);
}

const struct test test_descriptors_selectors = {
    .id = "2.4/selectors",
    .exercise = "2.4",
    .title = "No selector leads a gate into a segment of the hypervisor's, "
             "and none keeps RPL 0.",
    .section = SECTION,
    .driver = "descriptors",
    .hostile = true,
    .prepare = prepare_selectors,
    .check = check,
};
