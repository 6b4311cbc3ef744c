/* SPDX-License-Identifier: MIT */
/**
 * @file timer.c
 * Graded test of exercise 3.2 with a timer: a guest's own interrupt comes at
 * ROUNDS moments, spread over the whole of a validation and a demotion.
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

#define ROUNDS 160u

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
    in->nr_rounds = ROUNDS;
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
    for (unsigned i = 0; i < ROUNDS; i++)
        in->moment[i] = (i * 65536 + rng_below(rng, 65536)) / ROUNDS;
    rng_shuffle(rng, in->moment, ROUNDS, sizeof in->moment[0]);
    setup_command_line(s, "console=none loglvl=error fast=0 dom0_mem=4M");
    setup_ram(s, 16);
    setup_input(s, in, sizeof *in);
    setup_mark(s, "state", "guest:mark_state", 1);
    setup_snap(s, "state", "eax", 0, NR_PAGES * sizeof(struct info));
    setup_mark(s, "did", "guest:mark_did", 1);
    setup_mark(s, "done", "guest:mark_done", 1);
    setup_end(s, "done");
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

static const char *const places[] = {
    [PLACE_START] = "before the first round",
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
    unsigned place = STATE_PLACE(mark->r.edx);
    char name[32];

    if (verdict_failed(v) ||
        (info[page].count == count && info[page].type_count == types))
        return;
    verdict_fail(v, mark->event, "round %u, %s: %s has the counts %u and, of "
                 "its type, %u, and should have %u and %u",
                 STATE_ROUND(mark->r.edx), places[place],
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
    const struct run *run;
    const struct timer_input *in;
    struct info start[NR_PAGES];
    struct held start_held[NR_PAGES];
    unsigned nr_making, nr_leaving; /**< events amid a pin, an unpin */
};

static void look(struct watch *w, const struct mark *mark)
{
    struct info info[NR_PAGES];
    struct held held[NR_PAGES];
    bool l2_in_use;

    memcpy(info, mark->snap[0].bytes, sizeof info);
    recount(w->in, info, STATE_EVENTS(mark->r.edx), held);
    if (STATE_PLACE(mark->r.edx) == PLACE_START) {
        memcpy(w->start, info, sizeof info);
        memcpy(w->start_held, held, sizeof held);
    }
    for (unsigned i = 0; i < NR_PAGES; i++)
        compare(w->v, mark, info, i,
                w->start[i].count + held[i].count - w->start_held[i].count,
                w->start[i].type_count + held[i].types -
                    w->start_held[i].types);
    w->nr_making += (info[PAGE_L2].flags & PARTIAL) != 0;
    w->nr_leaving += (info[PAGE_L2].flags & LEAVING) != 0 &&
                     STATE_PLACE(mark->r.edx) == PLACE_EVENT;
    l2_in_use = info[PAGE_L2].type_count > 0 || info[PAGE_L2].flags & LEAVING;
    if (STATE_PLACE(mark->r.edx) == PLACE_END && l2_in_use)
        verdict_fail(w->v, mark->event, "at the end the L2 is still in use");
    if (STATE_PLACE(mark->r.edx) == PLACE_PINNED &&
        !(info[PAGE_L2].flags & VALIDATED))
        verdict_fail(w->v, mark->event, "round %u: the L2 was pinned, and is "
                     "not PAGE_VALIDATED", STATE_ROUND(mark->r.edx));
}

static void check(struct verdict *v, const struct run *run)
{
    static struct watch watch;
    struct watch *w = &watch;
    struct mark mark;

    *w = (struct watch){ .v = v, .run = run, .in = run_kept(run) };
    verdict_blame(v, "table_promote");
    if (!verdict_reached(v, run, "state", NULL))
        return;
    for (size_t i = 0; i < run_nr_marks(run, "state"); i++)
        if (!verdict_failed(v) && run_mark(run, "state", i, &mark))
            look(w, &mark);
    for (unsigned i = 0; i < ROUNDS && !verdict_failed(v); i++) {
        if (!run_mark(run, "did", i, &mark)) {
            if (verdict_reached(v, run, "done", &mark))
                verdict_fail(v, mark.event, "the guest's round %u is missing: "
                             "a call before it failed (%d)", i,
                             (int32_t)mark.r.eax);
        } else if (mark.r.eax != i || mark.r.edx != 0) {
            verdict_fail(v, mark.event, "round %u: a call of the guest's "
                         "failed (%d), and would not have without the timer",
                         i, (int32_t)mark.r.edx);
        }
    }
    if (!verdict_reached(v, run, "done", NULL) || verdict_failed(v))
        return;
    if (w->nr_making == 0 || w->nr_leaving == 0)
        verdict_fail(v, NULL, "in %u rounds the timer's event never came amid "
                     "a %s: the work did not stop when its share was used up",
                     ROUNDS, w->nr_making == 0 ? "promotion" : "demotion");
}

const struct test test_tables_timer = {
    .id = "3.2/timer",
    .exercise = "3.2",
    .title = "Whenever a timer interrupt comes, before, during or after a "
             "promotion or a demotion, all counts are right in its handler, "
             "and in the end it is as if it had not come.",
    .section = "exercise-32-promotion-and-demotion",
    .guest = "timer",
    .budget = 200000000ull,
    .oracles = oracles,
    .prepare = prepare,
    .check = check,
};
