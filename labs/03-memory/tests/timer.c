/* SPDX-License-Identifier: MIT */
/**
 * @file timer.c
 * Graded test of exercise 3.2 with a timer: a guest's own interrupt comes at
 * every boundary between two instructions of a pin and an unpin, each time in
 * a run of its own.
 *
 * The hypervisor takes no interrupt in ring 0: one that comes during a
 * validation has it stop at the next good place. Wherever that is, the guest's
 * handler finds a table that is half made, makes calls of its own, and the
 * validation goes on. So at each of the guest's marks every count is recounted
 * here, from what the tables hold at that moment, whole and half made ones.
 */
#include <stdio.h>
#include <string.h>

#include "labs/03-memory/guests/timer/timer.h"
#include "labs/03-memory/tests/model.h"
#include "labs/03-memory/tests/tests.h"
#include "layout.h"

/* What the guest's timer has to go, and more, in ticks of 20 ns. */
#define JUMP (ALARM_NS / 20 + 1000000)
/* A whole pin and unpin take a tenth of it. */
#define BUDGET 10000000u
/* The reference has 90 that differ; who looks for interrupts at each entry of
 * each table, which is allowed, some two thousand. */
#define MOST_BOUNDARIES 3000u

/* Flags of struct page_info. */
#define PINNED 0x01u
#define VALIDATED 0x02u
#define PARTIAL 0x08u
#define LEAVING 0x40u

/** struct page_info of memory.h, as it is in the machine. */
struct info {
    uint32_t owner, count, type_count;
    uint8_t type, flags;
    uint16_t partial;
    uint32_t next, prev;
};

/** References that this test's tables hold on a frame. */
struct held {
    uint32_t count, types;
};

static const char *const oracles[] = { "rings", "page-tables",
                                       "stale-translations",
                                       "time-to-respond", "context", NULL };

/* --- The guest's input ---------------------------------------------------- */

static void add(struct timer_input *in, unsigned table, unsigned index,
                unsigned page, unsigned flags)
{
    in->entry[in->nr_entries++] =
        (struct timer_entry){ table, index, page, flags };
}

static void prepare(struct setup *s, struct rng *rng)
{
    struct timer_input *in = setup_keep(s, sizeof *in);

    in->frame_table = FRAME_TABLE_START;
    for (unsigned i = 0; i < NR_L1; i++) {
        /* Each once, in a drawn place; the second one twice. */
        add(in, PAGE_L2, 50 * i + rng_below(rng, 50), PAGE_L1 + i,
            P | RW | A_D);
        for (unsigned e = 0; e < 6; e++)
            add(in, PAGE_L1 + i, 80 * e + rng_below(rng, 80),
                PAGE_DATA + rng_below(rng, NR_DATA),
                rng_below(rng, 2) ? P | RW | A_D : P | 0x20u);
    }
    add(in, PAGE_L2, 460 + rng_below(rng, 50), PAGE_L1 + 1, P | RW | A_D);
    setup_command_line(s, "console=none loglvl=error fast=0 dom0_mem=4M");
    setup_ram(s, 16);
    setup_input(s, in, sizeof *in);
    setup_mark(s, "state", "guest:mark_state", 1);
    setup_snap(s, "state", "eax", 0, NR_PAGES * sizeof(struct info));
    setup_snap(s, "state", "guest:own_entry_set", 0, 4);
    setup_mark(s, "from", "guest:mark_from", 1);
    setup_mark(s, "to", "guest:mark_to", 1);
    setup_mark(s, "done", "guest:mark_done", 1);
    setup_end(s, "done");
    setup_interleave(s, "from", "to", JUMP, BUDGET, MOST_BOUNDARIES);
}

/* --- The recount ---------------------------------------------------------- */

/** The entries of a table that hold references now. */
static unsigned entries_held(const struct info *info)
{
    if (info->type != T_L1 && info->type != T_L2)
        return 0;
    if (info->flags & VALIDATED)
        return ENTRIES;
    return info->flags & (PARTIAL | LEAVING) ? info->partial : 0;
}

static void hold(struct held *held, bool type)
{
    held->count++;
    held->types += type;
}

/** Who holds what, as these tables say themselves. */
static void recount(const struct timer_input *in, const struct info *info,
                    bool own_entry, struct held *held)
{
    memset(held, 0, NR_PAGES * sizeof *held);
    for (unsigned i = 0; i < in->nr_entries; i++) {
        const struct timer_entry *e = &in->entry[i];

        if (e->index < entries_held(&info[e->table]))
            hold(&held[e->page], e->table == PAGE_L2 || (e->flags & RW));
    }
    if (own_entry)
        hold(&held[PAGE_DATA], true);
    for (unsigned i = 0; i < NR_PAGES; i++) {
        if (info[i].flags & PINNED)
            hold(&held[i], true);
        if (info[i].flags & (PARTIAL | LEAVING))
            hold(&held[i], true); /* the frame's own: partial.c */
    }
}

static const char *page_name(unsigned page, char *text, size_t bytes)
{
    if (page == PAGE_L2)
        return "the L2";
    snprintf(text, bytes, "%s %u", page >= PAGE_OWN ? "the handler's L1"
                                   : page >= PAGE_DATA ? "page" : "L1",
             page >= PAGE_OWN ? 0 : page >= PAGE_DATA ? page - PAGE_DATA
                                                      : page - PAGE_L1);
    return text;
}

#define NR_PLACES (PLACE_END + 1u)
static const char *const places[NR_PLACES] = {
    [PLACE_START] = "before the pin",
    [PLACE_EVENT] = "in the timer's handler",
    [PLACE_PINNED] = "after the pin",
    [PLACE_UNPINNED] = "after the unpin",
    [PLACE_END] = "at the end",
};

/** One frame's counts against what they were at the start. */
static void compare(struct verdict *v, const struct mark *mark,
                    const struct info *info, unsigned page, uint32_t count,
                    uint32_t types)
{
    unsigned place = mark->r.edx % NR_PLACES;
    char name[32];

    if (verdict_failed(v) ||
        (info[page].count == count && info[page].type_count == types))
        return;
    verdict_fail(v, mark->event, "%s: %s has the counts %u and, of its type, "
                 "%u, and should have %u and %u", places[place],
                 page_name(page, name, sizeof name), info[page].count,
                 info[page].type_count, count, types);
    for (unsigned i = PAGE_L2; i < PAGE_DATA; i++)
        if (info[i].flags & (PARTIAL | LEAVING))
            verdict_state(v, "%s is %s: its first %u entries hold something",
                          page_name(i, name, sizeof name),
                          info[i].flags & PARTIAL ? "being made"
                                                  : "being given back",
                          info[i].partial);
}

/** What a run's marks showed, one after the other. */
struct watch {
    struct verdict *v;
    const struct timer_input *in;
    struct info start[NR_PAGES];
    struct held start_held[NR_PAGES];
};

static void look(struct watch *w, const struct mark *mark)
{
    unsigned place = mark->r.edx;
    struct info info[NR_PAGES];
    struct held held[NR_PAGES];

    memcpy(info, mark->snap[0].bytes, sizeof info);
    recount(w->in, info, mark->snap[1].bytes[0] != 0, held);
    if (place == PLACE_START) {
        memcpy(w->start, info, sizeof info);
        memcpy(w->start_held, held, sizeof held);
    }
    for (unsigned i = 0; i < NR_PAGES; i++)
        compare(w->v, mark, info, i,
                w->start[i].count + held[i].count - w->start_held[i].count,
                w->start[i].type_count + held[i].types -
                    w->start_held[i].types);
    if (place == PLACE_END &&
        (info[PAGE_L2].type_count > 0 || info[PAGE_L2].flags & LEAVING))
        verdict_fail(w->v, mark->event, "at the end the L2 is still in use");
    if (place == PLACE_PINNED && !(info[PAGE_L2].flags & VALIDATED))
        verdict_fail(w->v, mark->event, "the L2 was pinned, and is not "
                     "PAGE_VALIDATED");
}

/** How often a call between two of the guest's marks was made again. */
static unsigned repetitions(const struct run *run, const struct event *from,
                            const struct event *to)
{
    const struct event *event = from;
    unsigned nr = 0;

    while ((event = run_next(run, event, EVENT_HYPERCALL_RETURN)) &&
           event < to)
        nr += event->a[2];
    return nr;
}

/** The first time that the guest showed its state at a place. */
static const struct event *state_at(const struct run *run,
                                    enum timer_place place)
{
    struct mark mark;

    for (size_t i = 0; run_mark(run, "state", i, &mark); i++)
        if (mark.r.edx == place)
            return mark.event;
    return NULL;
}

/** Without the event: is there a place in either where it could come? */
static void check_stops(struct verdict *v, const struct run *run)
{
    const struct event *start = state_at(run, PLACE_START);
    const struct event *pinned = state_at(run, PLACE_PINNED);
    const struct event *end = state_at(run, PLACE_END);
    bool pin = start && pinned && repetitions(run, start, pinned) > 0;
    bool unpin = pinned && end && repetitions(run, pinned, end) > 0;

    verdict_blame(v, pin ? "table_demote" : "table_promote");
    if (!pin || !unpin)
        verdict_fail(v, pin ? end : pinned, "a %s was never interrupted: the "
                     "work did not stop when its share was used up",
                     pin ? "demotion" : "promotion");
}

static void check(struct verdict *v, const struct run *run)
{
    static struct watch watch;
    struct mark mark;

    watch = (struct watch){ .v = v, .in = run_kept(run) };
    if (!verdict_reached(v, run, "state", NULL))
        return;
    for (size_t i = 0; i < run_nr_marks(run, "state"); i++)
        if (!verdict_failed(v) && run_mark(run, "state", i, &mark))
            look(&watch, &mark);
    if (verdict_failed(v))
        verdict_blame(v, "table_promote");
    if (verdict_failed(v) || !verdict_reached(v, run, "done", &mark))
        return;
    if (mark.r.eax != 0)
        verdict_fail(v, mark.event, "a call of the guest's failed (%d)%s",
                     (int32_t)mark.r.eax, run_jump(run)
                         ? ", and would not have without the timer"
                         : ", with no interrupt at all");
    if (!run_jump(run) && !verdict_failed(v))
        check_stops(v, run);
    else if (mark.r.edx != 1)
        verdict_fail(v, mark.event, "the timer's event came %u times, and it "
                     "was due once", mark.r.edx);
}

const struct test test_tables_timer = {
    .id = "3.2/timer",
    .exercise = "3.2",
    .title = "Between whichever two instructions of a promotion or a demotion "
             "a timer interrupt comes, all counts are right in its handler, "
             "and in the end it is as if it had not come.",
    .section = "exercise-32-promotion-and-demotion",
    .guest = "timer",
    .budget = 200000000ull,
    .oracles = oracles,
    .prepare = prepare,
    .check = check,
};
