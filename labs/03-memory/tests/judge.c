/* SPDX-License-Identifier: MIT */
/**
 * @file judge.c
 * Following a run of the driver step by step; see script.h.
 */
#include "labs/03-memory/tests/script.h"

#include <stdio.h>
#include <string.h>

#include "labs/grader/driver_marks.h"

#define DESCRIPTION_BYTES 240
#define RESULT_BYTES 80

/* Flags of frames, as in memory.h. */
#define VALIDATED 0x02u
#define PARTIAL 0x08u
#define LEAVING 0x40u

/* Work beside that of tables, which nobody is to be blamed for. */
#define WORK_SLACK 64u
#define FLAGS_AT_FAULT 0x202u

/* More than the largest tree of any test needs by far. */
#define MAX_RESTARTS 64u

/** One run, followed. */
struct judge {
    struct verdict *v;
    const struct run *run;
    const struct script *script;
    struct model m;
    struct report report; /**< at the mark in hand */
    struct mark mark;
    const struct event *before; /**< the mark before that */
    size_t seen;          /**< marks so far */
    uint32_t free_before; /**< frames_free() at the first mark */
    uint32_t budget;      /**< of OP_WORK, for the next call; or 0 */
    int limited;          /**< OP_LIMIT...: the frame, or -1 */
    uint32_t limit_count, limit_types;
    bool running;         /**< the processor sets accessed and dirty bits */
    bool amid_release;    /**< a fault comes while tables are leaving */
    bool amid;            /**< the next call comes while tables are leaving */
    bool cut;             /**< part of the next call's work is done already */
    bool noted;           /**< 3.4: flush_note() since the last flush */
    char text[DESCRIPTION_BYTES];      /**< the call */
    char after[DESCRIPTION_BYTES + 80]; /**< and which one of them it was */
};

/** The next mark, and that it is the step's. */
static bool next_mark(struct judge *j, unsigned step)
{
    j->before = j->seen > 0 ? j->mark.event : NULL;
    if (!driver_mark(j->v, j->run, "step", j->seen, &j->mark))
        return false;
    j->seen++;
    if (j->mark.r.edx != step) {
        verdict_fail(j->v, j->mark.event, "the driver's step %u came out of "
                     "turn, as step %u", j->mark.r.edx, step);
        return false;
    }
    memcpy(&j->report, j->mark.snap[0].bytes, sizeof j->report);
    return true;
}

/* --- Judging one step ----------------------------------------------------- */

static void fail_result(struct judge *j, const struct script_step *step,
                        int32_t expected)
{
    char got[RESULT_BYTES], right[RESULT_BYTES];

    script_result(step, (int32_t)j->mark.r.eax, got, sizeof got);
    script_result(step, expected, right, sizeof right);
    verdict_fail(j->v, j->mark.event, "step %u: %s returned %s, and should "
                 "have returned %s", j->mark.r.edx, j->text, got, right);
    if (step->about && step->about[0])
        verdict_state(j->v, "the step is about: %s", step->about);
}

/** Flushes of everything since the mark before. */
static unsigned full_flushes(const struct judge *j)
{
    const struct event *event = j->before;
    unsigned nr = 0;

    while ((event = run_next(j->run, event, EVENT_FLUSH)) &&
           event->icount <= j->mark.event->icount)
        nr += event->a[0] == FLUSH_CR3;
    return nr;
}

/** No translation may outlive what it was for. */
static void check_flush(struct judge *j)
{
    if (j->m.must_flush && !verdict_failed(j->v) && full_flushes(j) == 0)
        verdict_fail(j->v, j->mark.event, "step %u: %s gave a frame another "
                     "use or another owner, a mapping had been taken away "
                     "since the last flush, and nothing was flushed: through "
                     "an old translation the frame can still be written",
                     j->mark.r.edx, j->text);
    if (full_flushes(j) > 0)
        j->m.stale = false;
    j->m.must_flush = false;
}

/** The limit of OP_LIMIT goes away after the call. */
static void drop_limit(struct judge *j)
{
    if (j->limited < 0)
        return;
    j->m.frame[j->limited].count -= j->limit_count;
    j->m.frame[j->limited].type_count -= j->limit_types;
    j->limited = -1;
}

static void set_limit(struct judge *j, const struct script_step *step)
{
    struct frame_state *f;

    j->limited = model_frame(&j->m, step->arg[0]);
    f = &j->m.frame[j->limited];
    j->limit_count = step->op == OP_LIMIT
                         ? COUNT_MAX - step->arg[1] - f->count : 0;
    j->limit_types = step->op == OP_LIMIT_TYPE
                         ? COUNT_MAX - step->arg[1] - f->type_count : 0;
    f->count += j->limit_count;
    f->type_count += j->limit_types;
}

static void check_free(struct judge *j)
{
    uint32_t expected = j->free_before + j->m.nr_free;

    if (verdict_failed(j->v) || j->report.frames_free == expected)
        return;
    verdict_fail(j->v, j->mark.event, "after %s: frames_free() says %u, and "
                 "should say %u", j->after, j->report.frames_free, expected);
}

/** Who looks into a frame stops looking: there are few windows. */
static void check_windows(struct judge *j)
{
    if (!verdict_failed(j->v) && j->report.windows > 0)
        verdict_fail(j->v, j->mark.event, "after %s: a window of "
                     "window_map() was not given back by window_unmap()",
                     j->after);
}

/** Everything that a quiet state must be. */
static void check_state(struct judge *j, const struct script_step *step)
{
    check_windows(j);
    script_compare(j->v, j->mark.event, &j->m, &j->report, j->after, step);
    check_free(j);
}

/** Who stops has used up what there was: else a guest would have to make its
 *  call again and again, an entry at a time. */
static void check_used_up(struct judge *j, uint32_t budget)
{
    if (!verdict_failed(j->v) && j->report.work < budget)
        verdict_fail(j->v, j->mark.event, "after %s: it stopped with %u of %u "
                     "entries of work left, before work_exhausted() said so",
                     j->after, budget - j->report.work, budget);
}

/** The last type reference on a table that is too much for one go: until
 *  tables_finish() is done the type is in use, by the table itself. */
static void check_leaving(struct judge *j, const struct script_step *step,
                          uint32_t budget)
{
    int frame = model_frame(&j->m, step->arg[0]);
    const struct frame_report *r = &j->report.frame[frame];

    j->m.work = 0;
    (void)script_expect(&j->m, step);
    if (!(r->flags & LEAVING) && budget < j->m.work)
        verdict_fail(j->v, j->mark.event, "after %s: %s is not PAGE_LEAVING: "
                     "there was too much below it for one go, and "
                     "table_release() was to do it in pieces", j->after,
                     frame_name(frame));
    else if ((r->flags & LEAVING) && r->partial == 0)
        verdict_fail(j->v, j->mark.event, "after %s: %s is PAGE_LEAVING, and "
                     "none of its entries holds anything any more: "
                     "table_demote() had done it all", j->after,
                     frame_name(frame));
    else if ((r->flags & LEAVING) &&
             (r->type_count != 1 || (r->flags & VALIDATED)))
        verdict_fail(j->v, j->mark.event, "after %s: %s is PAGE_LEAVING, its "
                     "type count is %u and PAGE_VALIDATED is %s; they should "
                     "be 1 and clear until the last entry is given back",
                     j->after, frame_name(frame), r->type_count,
                     r->flags & VALIDATED ? "set" : "clear");
    if (r->flags & LEAVING)
        check_used_up(j, budget);
    if (!verdict_failed(j->v))
        script_recount(j->v, j->mark.event, &j->m, &j->report, j->after);
}

/** An L1 is promoted in one go: 512 entries are little work. */
static void check_whole_l1s(struct judge *j)
{
    for (unsigned i = 0; i < NR_FRAMES && !verdict_failed(j->v); i++)
        if (j->report.frame[i].type == T_L1 &&
            (j->report.frame[i].flags & PARTIAL))
            verdict_fail(j->v, j->mark.event, "after %s: %s, an L1, was left "
                         "half promoted (its first %u entries); an L1 is "
                         "promoted in one go", j->after, frame_name((int)i),
                         j->report.frame[i].partial);
}

/** A promotion that stops on its way has the guest run in between: what
 *  remembers the frame's last use must be gone by then. */
static void check_flush_first(struct judge *j, const struct script_step *step)
{
    int frame = model_frame(&j->m, step->arg[0]);
    enum type last = frame < 0 ? T_NONE : j->m.frame[frame].type;
    enum type next = j->report.frame[frame < 0 ? 0 : frame].type;

    if (step->op <= OP_PUT_BOTH && last != T_NONE && last != next)
        j->m.must_flush |= j->m.stale;
    check_flush(j);
}

/** A call that was stopped on its way: no result yet, and every count as the
 *  half-made tables say. @return false: it was not stopped. */
static bool check_interrupted(struct judge *j, const struct script_step *step)
{
    uint32_t budget = j->budget;
    char got[RESULT_BYTES];

    j->budget = 0;
    if (budget == 0)
        return false;
    if (step->op == OP_PUT_TYPE || step->op == OP_PUT_BOTH) {
        check_leaving(j, step, budget);
        return true;
    }
    if (step->op == OP_FAULT) {
        j->amid_release = true;
        return false;
    }
    if ((int32_t)j->mark.r.eax != E_RESTART) {
        script_result(step, (int32_t)j->mark.r.eax, got, sizeof got);
        verdict_fail(j->v, j->mark.event, "step %u: %s returned %s. It had "
                     "%u entries of work left, needs more, and should have "
                     "stopped with -ERESTART; it counted %u by work_add()",
                     j->mark.r.edx, j->text, got, budget, j->report.work);
        return true;
    }
    if (step->op == OP_DEMOTE) {
        check_leaving(j, step, budget);
        return true;
    }
    j->cut = true;
    check_flush_first(j, step);
    check_used_up(j, budget);
    check_whole_l1s(j);
    script_recount(j->v, j->mark.event, &j->m, &j->report, j->after);
    return true;
}

/** A base: what the processor walks is the L3's four entries, masked. */
static void check_base(struct judge *j)
{
    if (j->m.base < 0)
        return;
    for (unsigned i = 0; i < 4 && !verdict_failed(j->v); i++) {
        uint64_t entry = j->m.content[j->m.base][i], got;
        uint64_t expected = entry & P ? (entry & FRAME_BITS) | P : 0;

        memcpy(&got, &j->report.pdpt[2 * i], sizeof got);
        if (got != expected)
            verdict_fail(j->v, j->mark.event, "after %s: the processor's "
                         "copy of the base %s has 0x%llx in slot %u, and "
                         "should have 0x%llx", j->after,
                         frame_name(j->m.base), (unsigned long long)got, i,
                         (unsigned long long)expected);
    }
}

/** The entry that a step was about, as the driver found it afterwards. */
static void check_slot(struct judge *j, const struct script_step *step,
                       int table, unsigned index)
{
    uint64_t mask = j->running ? ~(uint64_t)A_D : ~0ull;
    uint64_t got, expected = j->m.content[table][index];
    bool own = j->m.frame[table].type == T_XEN_L2 && index >= ENTRIES_XEN_L2;

    memcpy(&got, j->report.slot, sizeof got);
    if (verdict_failed(j->v) || own || ((got ^ expected) & mask) == 0)
        return;
    verdict_fail(j->v, j->mark.event, "step %u: after %s the entry is "
                 "0x%016llx, and should be 0x%016llx", j->mark.r.edx, j->text,
                 (unsigned long long)got, (unsigned long long)expected);
    if (step->about[0])
        verdict_state(j->v, "the step is about: %s", step->about);
}

static void check_access(struct judge *j, const struct script_step *step)
{
    enum access access = (enum access)step->arg[1];
    bool faulted = j->mark.r.eax != 0;

    if (access == MAY_DO_EITHER || faulted == (access == MUST_FAULT))
        return;
    verdict_fail(j->v, j->mark.event, "step %u: %s %s", j->mark.r.edx,
                 j->text, faulted
                 ? "faults, and the tables allow it"
                 : "works, and the tables have not allowed it for a while: "
                   "the processor still uses an old translation");
    if (step->about[0])
        verdict_state(j->v, "the step is about: %s", step->about);
}

/** flush_before_reuse() flushes when there is something to flush, only. */
static void check_flush_calls(struct judge *j, const struct script_step *step)
{
    unsigned nr = full_flushes(j);

    if (step->op == OP_NOTE && nr > 0)
        verdict_fail(j->v, j->mark.event, "step %u: flush_note() flushed, and "
                     "is to note that a flush is due", j->mark.r.edx);
    j->noted |= step->op == OP_NOTE;
    if (step->op == OP_FLUSH_ALL && nr == 0)
        verdict_fail(j->v, j->mark.event, "step %u: flush_all() flushed "
                     "nothing", j->mark.r.edx);
    if (step->op == OP_BEFORE_REUSE && (nr > 0) != j->noted)
        verdict_fail(j->v, j->mark.event, "step %u: flush_before_reuse() %s",
                     j->mark.r.edx, j->noted
                     ? "flushed nothing, and a right was taken away since "
                       "the last flush of everything"
                     : "flushed, and no right was taken away since the last "
                       "flush of everything: what it costs was for nothing");
    if (step->op == OP_FLUSH_PAGE && nr > 0)
        verdict_fail(j->v, j->mark.event, "step %u: flush_page() flushed "
                     "everything", j->mark.r.edx);
    if (nr > 0)
        j->noted = false;
}

/** What a step is about, when the state behind it shows that it went wrong:
 *  a result that is wrong says it itself. */
static void check_state_after(struct judge *j, const struct script_step *step)
{
    bool failed = verdict_failed(j->v);

    check_state(j, step);
    if (!failed && step->about && step->about[0])
        verdict_state(j->v, "the step is about: %s", step->about);
}

/** What is counted is what lets interrupts in: too little, and they wait;
 *  too much, and every call is cut to pieces. */
static void check_work(struct judge *j, const struct script_step *step,
                       int32_t result)
{
    uint32_t got = j->report.work, least = j->m.work;
    bool whole = !j->cut && result >= 0; /* and nothing was undone */

    j->cut = false;
    if (verdict_failed(j->v) || !whole || step->op >= OP_RUN ||
        step->op == OP_ADOPT ||
        (got >= least && got <= 2 * least + WORK_SLACK))
        return;
    verdict_fail(j->v, j->mark.event, "step %u: %s counted %u by work_add(). "
                 "For the entries that it looked at, 1 each, and ENTRY_WORK "
                 "each one that is present, it should have been %s %u",
                 j->mark.r.edx, j->text, got,
                 got < least ? "at least" : "at most",
                 got < least ? least : 2 * least);
}

static void judge_call(struct judge *j, const struct script_step *step)
{
    int32_t expected;

    j->m.work = 0;
    expected = script_expect(&j->m, step);
    j->running |= step->op == OP_RUN;
    drop_limit(j);
    if ((int32_t)j->mark.r.eax != expected)
        fail_result(j, step, expected);
    if (j->report.restarts > MAX_RESTARTS)
        verdict_fail(j->v, j->mark.event, "step %u: %s asked %u times to be "
                     "made again, with a whole share of work each time: it "
                     "stops before that is used up", j->mark.r.edx, j->text,
                     j->report.restarts);
    check_flush(j);
    check_flush_calls(j, step);
    if (step->op == OP_UPDATE)
        check_slot(j, step, model_frame(&j->m, step->arg[0]), step->arg[1]);
    check_state_after(j, step);
    check_base(j);
    check_work(j, step, expected);
}

/** One register after the instruction. */
static void check_register(struct judge *j, const struct script_step *step,
                           const char *name, uint32_t got, uint32_t expected)
{
    if (verdict_failed(j->v) || got == expected)
        return;
    verdict_fail(j->v, j->mark.event, "step %u: after writable_fault() %s is "
                 "0x%x, not 0x%x", j->mark.r.edx, name, got, expected);
    verdict_state(j->v, "the step is about: %s", step->about);
}

/** A fault that was met: arguments 8 to 15 say what should come of it. */
static void judge_fault(struct judge *j, const struct script_step *step)
{
    const uint32_t *a = step->arg;
    bool done = j->mark.r.eax != 0;

    if (done != (a[8] != 0)) {
        fail_result(j, step, (int32_t)a[8]);
        return;
    }
    if (done && a[10] != 0xFFFFFFFF) {
        struct update u = { .table = model_frame(&j->m, a[9]),
                            .index = a[10], .page_owner = OWNER_A,
                            .entry = script_entry(&j->m, a + 11) };

        if (model_update(&j->m, &u) != 0)
            verdict_harness(j->v, "step %u expects what cannot be",
                            j->mark.r.edx);
    }
    check_register(j, step, "eip", j->report.eip, a[0] + (done ? a[14] : 0));
    check_register(j, step, "eax", j->report.eax, a[15]);
    check_register(j, step, "ebx", j->report.ebx, a[5]);
    check_register(j, step, "ecx", j->report.ecx, a[6]);
    check_register(j, step, "edx", j->report.edx, a[7]);
    if (!done)
        check_register(j, step, "eflags", j->report.eflags, FLAGS_AT_FAULT);
    check_flush(j);
    if (a[10] != 0xFFFFFFFF)
        check_slot(j, step, model_frame(&j->m, a[9]), a[10]);
    if (!j->amid_release)
        check_state_after(j, step);
    j->amid_release = false;
}

/** The step in words: which one it is, and how often it was made. */
static void describe(struct judge *j, const struct script_step *step)
{
    uint32_t more = j->report.restarts;

    script_describe(step, j->text, sizeof j->text);
    snprintf(j->after, sizeof j->after, "step %u, %s", j->mark.r.edx, j->text);
    if (more > 0)
        snprintf(j->after + strlen(j->after),
                 sizeof j->after - strlen(j->after), ", made %u times because "
                 "of -ERESTART", 1 + more);
}

static void judge_step(struct judge *j, const struct script_step *step)
{
    describe(j, step);
    /* A frame that is leaving is nobody's to have, as whatever it is. */
    if (j->amid && (int32_t)j->mark.r.eax != E_INVAL)
        fail_result(j, step, E_INVAL);
    if (!j->amid && !check_interrupted(j, step)) {
        if (step->op == OP_LOAD || step->op == OP_STORE)
            check_access(j, step);
        else if (step->op == OP_FAULT)
            judge_fault(j, step);
        else if (step->op < OP_LOAD)
            judge_call(j, step);
    }
    j->amid = false;
    if (verdict_failed(j->v))
        verdict_blame(j->v, script_symbol(j->script, step));
}

/** Each index of a table has been tried; nothing may be left of it. */
static void judge_each(struct judge *j, const struct script_step *step,
                       unsigned number)
{
    int table = model_frame(&j->m, step->arg[0]);
    enum type type = (enum type)step->arg[1];

    for (unsigned i = step->arg[5]; i < model_entries(type);
         i += step->arg[6]) {
        uint64_t old = j->m.content[table][i];
        uint64_t bad = script_entry(&j->m, step->arg + 2);
        int32_t expected;

        if (verdict_failed(j->v) || !next_mark(j, number))
            return;
        describe(j, step);
        j->m.content[table][i] = bad;
        expected = model_get_type(&j->m, table, type);
        j->m.content[table][i] = old;
        if ((int32_t)j->mark.r.eax != expected) {
            fail_result(j, step, expected);
            verdict_state(j->v, "the bad entry, 0x%016llx, is at index %u",
                          (unsigned long long)bad, i);
        }
        check_flush(j);
        check_state(j, step);
        if (verdict_failed(j->v))
            verdict_blame(j->v, "table_promote");
    }
}

/* --- The whole run -------------------------------------------------------- */

/** Code, into a frame's content. */
static void put_bytes(struct judge *j, const struct script_step *step)
{
    uint8_t *to = (uint8_t *)j->m.content[model_frame(&j->m, step->arg[0])] +
                  step->arg[1];

    memcpy(to, &step->arg[2], 4 * (size_t)(step->nr_args - 2));
}

/** Steps without a mark. @return false: the step has one. */
static bool prepare_step(struct judge *j, const struct script_step *step)
{
    switch (step->op) {
    case OP_POKE:
        j->m.content[model_frame(&j->m, step->arg[0])][step->arg[1]] =
            script_entry(&j->m, step->arg + 2);
        return true;
    case OP_BYTES:
        put_bytes(j, step);
        return false;
    case OP_WORK:
        j->budget = step->arg[0];
        return true;
    case OP_AMID:
        j->amid = true;
        return true;
    case OP_LIMIT:
    case OP_LIMIT_TYPE:
        set_limit(j, step);
        return true;
    default:
        return false;
    }
}

/** The first report tells where the frames are. */
static bool start(struct judge *j)
{
    if (!driver_mark(j->v, j->run, "step", 0, &j->mark))
        return false;
    if (j->mark.snap[0].valid < sizeof j->report) {
        verdict_fail(j->v, j->mark.event, "the driver's report is not mapped");
        return false;
    }
    memcpy(&j->report, j->mark.snap[0].bytes, sizeof j->report);
    j->free_before = j->report.frames_free;
    model_start(&j->m, j->script->privileged, &j->report);
    return true;
}

/** The run ended before this step did. */
static void say_unfinished(struct judge *j, const struct script_step *step,
                           unsigned number)
{
    script_describe(step, j->text, sizeof j->text);
    verdict_state(j->v, "it ended in step %u: %s", number, j->text);
    if (step->about && step->about[0])
        verdict_state(j->v, "the step is about: %s", step->about);
}

static void follow_step(struct judge *j, const struct script_step *step,
                        unsigned number)
{
    if (step->op == OP_TRY_EACH)
        judge_each(j, step, number);
    else if (next_mark(j, number))
        judge_step(j, step);
    else
        say_unfinished(j, step, number);
    if (verdict_failed(j->v))
        script_steps_before(j->v, j->script, number);
}

void script_check(struct verdict *v, const struct run *run)
{
    static struct judge judge;
    struct judge *j = &judge;

    *j = (struct judge){ .v = v, .run = run, .script = run_kept(run),
                         .limited = -1 };
    if (!start(j))
        return;
    for (unsigned i = 0; i < j->script->nr_steps && !verdict_failed(v); i++) {
        const struct script_step *step = &j->script->step[i];

        if (!prepare_step(j, step))
            follow_step(j, step, i);
    }
    if (driver_done(v, run, "step", j->seen))
        script_content(v, run, &j->m, &j->report);
}
