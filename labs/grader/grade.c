/* SPDX-License-Identifier: MIT */
/**
 * @file grade.c
 * Grading a submission; contracts in grade.h, the rule of points in score.h.
 */
#include "labs/grader/grade.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/pool.h"
#include "labs/grader/trial.h"

static const char not_run[] = "not run yet";

/* --- The plan --------------------------------------------------------- */

static void add_item(struct grading *grading, const struct test *test,
                     bool whole)
{
    grading->item[grading->nr_items++] = (struct item){
        .test = test,
        .whole = whole,
        .id = must_format("%s%s", whole ? WHOLE "/" : "", test->id),
        .verdict = VERDICT_HARNESS,
        .message = must_copy(not_run),
        .seed = seed_of(&grading->g->key, grading->g->seed, grading->hash,
                        test->id, 0),
        .hidden = lab_is_hidden(&grading->g->lab, test),
        .notes = json_array(),
    };
}

/** Divide points among the items from `first` on. */
static void give_points(struct grading *grading, unsigned first,
                        unsigned points)
{
    unsigned nr = grading->nr_items - first;
    unsigned *weight = must_alloc(nr, sizeof *weight);
    unsigned *share = must_alloc(nr, sizeof *share);

    for (unsigned i = 0; i < nr; i++) {
        weight[i] = grading->item[first + i].test->weight;
        weight[i] += weight[i] == 0;
    }
    score_divide(points * POINT, weight, nr, share);
    for (unsigned i = 0; i < nr; i++)
        grading->item[first + i].points = share[i];
    free(share);
    free(weight);
}

/** Exercise by exercise, then all tests once more for the whole. */
static void plan(struct grading *grading)
{
    const struct lab *lab = &grading->g->lab;
    unsigned nr = 0, first;

    while (lab->tests[nr])
        nr++;
    grading->item = must_alloc(2 * nr, sizeof *grading->item);
    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        first = grading->nr_items;
        for (unsigned j = 0; j < nr; j++)
            if (!strcmp(lab->tests[j]->exercise, lab->exercise[i].id))
                add_item(grading, lab->tests[j], false);
        if (grading->nr_items > first)
            give_points(grading, first, lab->exercise[i].points);
    }
    first = grading->nr_items;
    for (unsigned j = 0; j < first; j++)
        add_item(grading, grading->item[j].test, true);
    give_points(grading, first, lab->whole_points);
}

static bool is_of(const struct item *item, const char *exercise)
{
    return item->whole ? !strcmp(exercise, WHOLE)
                       : !strcmp(exercise, item->test->exercise);
}

static _Noreturn void no_such_exercise(const struct lab *lab,
                                       const char *exercise)
{
    struct text list = { 0 };

    for (unsigned i = 0; i < lab->nr_exercises; i++)
        text_add(&list, "%s, ", lab->exercise[i].id);
    grader_usage("lab %u has no exercise %s; it has: %s" WHOLE, lab->number,
                 exercise, list.data);
}

static _Noreturn void no_such_test(const struct grading *grading,
                                   const char *exercise, const char *test)
{
    const struct lab *lab = &grading->g->lab;
    struct text list = { 0 };

    for (unsigned i = 0; i < lab->nr_exercises; i++)
        if (!strcmp(lab->exercise[i].id, test))
            grader_usage("%s is an exercise, not a test: EX=%s", test, test);
    for (unsigned i = 0; i < grading->nr_items; i++)
        if (!grading->item[i].whole &&
            (!exercise || is_of(&grading->item[i], exercise)))
            text_add(&list, "%s, ", grading->item[i].id);
    grader_usage("lab %u%s%s has no test %s; it has: %sand each of them "
                 "after \"" WHOLE "/\"", lab->number,
                 exercise ? ", exercise " : "", exercise ? exercise : "",
                 test, list.data);
}

void grading_start(struct grading *grading, const struct grader *g,
                   struct submission *submission, const char *exercise,
                   const char *test)
{
    unsigned of_exercise = 0, selected = 0;

    *grading = (struct grading){ .g = g, .submission = submission,
                                 .hash = submission_hash(g, submission) };
    plan(grading);
    for (unsigned i = 0; i < grading->nr_items; i++) {
        struct item *item = &grading->item[i];

        item->selected = !exercise || is_of(item, exercise);
        of_exercise += item->selected;
        item->selected &= !test || !strcmp(item->id, test);
        selected += item->selected;
    }
    if (!of_exercise)
        no_such_exercise(&g->lab, exercise);
    if (!selected)
        no_such_test(grading, exercise, test);
    grading->selection = test ? "one test" : exercise ? "one exercise" : "all";
}

/* --- The run ---------------------------------------------------------- */

/** The items of one phase, for the pool. */
struct phase {
    struct grading *grading;
    struct item **item;
    unsigned nr;
};

static exercise_set set_of(const struct lab *lab, const struct item *item)
{
    if (item->whole)
        return (1u << lab->nr_exercises) - 1;
    return 1u << (lab_exercise(lab, item->test->exercise) - lab->exercise);
}

/** How bad a result is: a failure says more than a fault of the host, which
 *  may have hidden one. */
static unsigned badness(const json_t *result)
{
    const char *word = json_string_value(json_object_get(result, "verdict"));

    return !strcmp(word, verdict_word(VERDICT_FAIL))   ? 2
           : !strcmp(word, verdict_word(VERDICT_PASS)) ? 0
                                                       : 1;
}

/** All seeds of an item until one fails; the first of the worst counts. */
static json_t *try_seeds(const struct grading *grading,
                         const struct item *item)
{
    struct grader g = *grading->g;
    unsigned nr = g.nr_seeds ? g.nr_seeds : 1, ran = 0;
    json_t *worst = NULL;

    for (unsigned i = 0; i < nr && (!worst || badness(worst) < 2); i++) {
        json_t *result;

        g.seed = seed_of(&g.key, grading->g->seed, grading->hash,
                         item->test->id, i);
        result = trial(&g, grading->submission, set_of(&g.lab, item),
                       item->test, grading->keep);
        ran += json_object_get(result, "ran") != NULL;
        json_object_set_new(result, "seed", json_integer((json_int_t)g.seed));
        if (!worst || badness(result) > badness(worst)) {
            json_decref(worst);
            worst = json_incref(result);
        }
        json_decref(result);
    }
    json_object_set_new(worst, "ran", json_integer(ran));
    return worst;
}

static void do_item(void *context, unsigned index, struct text *out)
{
    struct phase *phase = context;
    struct grading *grading = phase->grading;
    const struct item *item = phase->item[index];
    json_t *result = try_seeds(grading, item);
    char *text = json_dumps(result, JSON_COMPACT);

    if (!text)
        grader_fault("the result of %s cannot be written", item->id);
    text_add(out, "%s", text);
    free(text);
    json_decref(result);
}

static void set_verdict(struct item *item, enum verdict_kind kind,
                        const char *message)
{
    free(item->message);
    item->message = must_copy(message);
    item->verdict = kind;
    item->done = true;
}

/** A complete report under the final name, whatever happens next. */
static void write_report(const struct grading *grading)
{
    char *text;

    if (!grading->report_path)
        return;
    text = report_json(grading);
    if (!make_parent(grading->report_path) ||
        !file_write_result(grading->report_path, text, strlen(text)))
        grader_fault("the report %s cannot be written: %s",
                     grading->report_path, strerror(errno));
    free(text);
}

static void item_done(void *context, unsigned index, const char *result,
                      size_t size)
{
    struct phase *phase = context;
    struct item *item = phase->item[index];
    json_t *from = result ? json_loadb(result, size, 0, NULL) : NULL;
    const char *word = json_string_value(json_object_get(from, "verdict"));
    const char *message = json_string_value(json_object_get(from, "message"));
    enum verdict_kind kind = VERDICT_PASS;

    if (!word || !message) {
        item->lost = true;
    } else {
        while (kind != VERDICT_HARNESS && strcmp(word, verdict_word(kind)))
            kind++;
        set_verdict(item, kind, message);
        item->instructions = (uint64_t)json_integer_value(
            json_object_get(from, "instructions"));
        item->seed = (uint64_t)json_integer_value(
            json_object_get(from, "seed"));
        json_array_extend(item->notes, json_object_get(from, "notes"));
        phase->grading->nr_runs += (unsigned)json_integer_value(
            json_object_get(from, "ran"));
    }
    json_decref(from);
    write_report(phase->grading);
}

/** A process of ours that ended without a result: on the reference as well? */
static void try_reference(void *context, unsigned index, struct text *out)
{
    struct phase *phase = context;

    text_add(out, "%s", trial_reference(phase->grading->g,
                                        phase->item[index]->test)
                            ? "runs"
                            : "does not");
}

static void reference_tried(void *context, unsigned index, const char *result,
                            size_t size)
{
    struct phase *phase = context;
    bool runs = size && !strcmp(result, "runs");

    set_verdict(phase->item[index], runs ? VERDICT_FAIL : VERDICT_HARNESS,
                runs ? "the grader's own process broke on this submission; "
                       "on the reference it does not"
                     : "the grader's own process ended before it had a "
                       "verdict: the host's fault");
    write_report(phase->grading);
}

/** Items whose process was lost get their verdict from the reference. */
static void settle_lost(struct phase *phase)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < phase->nr; i++)
        if (phase->item[i]->lost)
            phase->item[nr++] = phase->item[i];
    pool_run(nr, phase->grading->g->jobs, try_reference, reference_tried,
             phase);
}

/** Run the selected items that are whole, or those that are not. */
static void run_phase(struct grading *grading, bool whole)
{
    struct phase phase = { .grading = grading };
    exercise_set set = 0;

    phase.item = must_alloc(grading->nr_items, sizeof *phase.item);
    for (unsigned i = 0; i < grading->nr_items; i++)
        if (grading->item[i].selected && grading->item[i].whole == whole)
            phase.item[phase.nr++] = &grading->item[i];
    for (unsigned i = 0; i < phase.nr; i++)
        set |= set_of(&grading->g->lab, phase.item[i]);
    submission_compile(grading->g, grading->submission, set);
    pool_run(phase.nr, grading->g->jobs, do_item, item_done, &phase);
    settle_lost(&phase);
    free(phase.item);
}

/** SCORE-I3; a whole that was asked for by itself has nothing to wait for. */
static bool whole_counts(const struct grading *grading,
                         const struct exercise **missing)
{
    struct score_own *own = must_alloc(grading->nr_items, sizeof *own);
    unsigned nr = 0;
    bool whole = true;

    for (unsigned i = 0; i < grading->nr_items; i++) {
        const struct item *item = &grading->item[i];

        if (!item->whole && item->selected)
            own[nr++] = (struct score_own){
                item->test, item->done && item->verdict == VERDICT_PASS
            };
    }
    if (nr)
        whole = score_is_whole(&grading->g->lab, own, nr, missing);
    free(own);
    return whole;
}

/** Has a test of the exercise no verdict because of the host? */
static bool is_unknown(const struct grading *grading,
                       const struct exercise *exercise)
{
    for (unsigned i = 0; i < grading->nr_items; i++) {
        const struct item *item = &grading->item[i];

        if (!item->whole && item->selected &&
            item->verdict == VERDICT_HARNESS &&
            !strcmp(item->test->exercise, exercise->id))
            return true;
    }
    return false;
}

/** The whole was not run. Where the host is why an exercise has passed
 *  nothing, it is also why the whole has no verdict. */
static void leave_out_whole(struct grading *grading,
                            const struct exercise *missing)
{
    enum verdict_kind kind = is_unknown(grading, missing) ? VERDICT_HARNESS
                                                          : VERDICT_FAIL;
    char *why = must_format("not run: the lab counts as a whole once every "
                            "exercise has passed a test of its own, and %s "
                            "has not", missing->id);

    for (unsigned i = 0; i < grading->nr_items; i++)
        if (grading->item[i].selected && grading->item[i].whole)
            set_verdict(&grading->item[i], kind, why);
    write_report(grading);
    free(why);
}

/** What the compiler said of a file that it compiled, behind the first of its
 *  exercise's tests that failed. */
static void add_warnings(struct grading *grading)
{
    const struct lab *lab = &grading->g->lab;

    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        const char *warnings = grading->submission->part[i].warnings;

        for (unsigned n = 0; warnings && n < grading->nr_items; n++) {
            struct item *item = &grading->item[n];
            struct text text = { 0 };

            if (!item->done || item->whole || item->verdict != VERDICT_FAIL ||
                !is_of(item, lab->exercise[i].id))
                continue;
            text_add(&text, "%s\n  the compiler warned:%s", item->message,
                     warnings);
            text_clean(text.data);
            free(item->message);
            item->message = text.data;
            break;
        }
    }
}

void grading_run(struct grading *grading)
{
    const struct exercise *missing = NULL;

    write_report(grading);
    run_phase(grading, false);
    if (whole_counts(grading, &missing))
        run_phase(grading, true);
    else
        leave_out_whole(grading, missing);
    add_warnings(grading);
    grading->complete = true;
    write_report(grading);
}

/* --- The sums --------------------------------------------------------- */

static bool counts(const struct item *item, const char *exercise)
{
    return item->selected && (!exercise || is_of(item, exercise));
}

unsigned grading_score(const struct grading *grading, const char *exercise)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < grading->nr_items; i++)
        if (counts(&grading->item[i], exercise) && grading->item[i].done &&
            grading->item[i].verdict == VERDICT_PASS)
            sum += grading->item[i].points;
    return sum;
}

unsigned grading_max(const struct grading *grading, const char *exercise)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < grading->nr_items; i++)
        if (counts(&grading->item[i], exercise))
            sum += grading->item[i].points;
    return sum;
}

unsigned grading_ungraded(const struct grading *grading)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < grading->nr_items; i++)
        nr += grading->item[i].selected &&
              grading->item[i].verdict == VERDICT_HARNESS;
    return nr;
}

const struct item *grading_item(const struct grading *grading, const char *id)
{
    for (unsigned i = 0; i < grading->nr_items; i++)
        if (!strcmp(grading->item[i].id, id))
            return &grading->item[i];
    return NULL;
}

void grading_free(struct grading *grading)
{
    for (unsigned i = 0; i < grading->nr_items; i++) {
        free(grading->item[i].id);
        free(grading->item[i].message);
        json_decref(grading->item[i].notes);
    }
    free(grading->item);
    free(grading->hash);
    *grading = (struct grading){ 0 };
}
