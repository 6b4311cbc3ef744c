/* SPDX-License-Identifier: MIT */
/**
 * @file report.c
 * A grading as JSON, the form that every other one is made from (render.h).
 * Its keys are described in labs/grader/schemas/report.json.
 *
 * - REPORT-I1: the same submission and seed give the same bytes: nothing
 *   here is a time, a path of the host, a process number or an address.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/grade.h"
#include "labs/grader/render.h"

/** Whole numbers as such: 20, not 20.0. */
static json_t *points_json(unsigned hundredths)
{
    return hundredths % POINT ? json_real(hundredths / (double)POINT)
                              : json_integer(hundredths / POINT);
}

/** The command that repeats one item and shows its timeline. */
static char *replay_command(const struct grading *grading,
                            const struct item *item)
{
    return must_format("make grade LAB=%u TEST=%s SEED=%llu TRACE=1",
                       grading->g->lab.number, item->id,
                       (unsigned long long)item->seed);
}

static json_t *item_json(const struct grading *grading,
                         const struct item *item)
{
    json_t *json = json_object();
    char *replay = replay_command(grading, item);
    bool graded = item->verdict != VERDICT_HARNESS;

    json_object_set_new(json, "id", json_string(item->id));
    json_object_set_new(json, "exercise",
                        json_string(item->whole ? WHOLE
                                                : item->test->exercise));
    json_object_set_new(json, "title", json_string(item->test->title));
    json_object_set_new(json, "score",
                        !graded ? json_null()
                        : item->verdict == VERDICT_PASS
                            ? points_json(item->points)
                            : json_integer(0));
    json_object_set_new(json, "max_score", points_json(item->points));
    json_object_set_new(json, "verdict",
                        json_string(verdict_word(item->verdict)));
    json_object_set_new(json, "message", json_string(item->message));
    json_object_set_new(json, "instructions",
                        json_integer((json_int_t)item->instructions));
    json_object_set_new(json, "seed", json_integer((json_int_t)item->seed));
    json_object_set_new(json, "hidden", json_boolean(item->hidden));
    json_object_set_new(json, "replay", json_string(replay));
    if (json_array_size(item->notes))
        json_object_set(json, "notes", item->notes);
    free(replay);
    return json;
}

static json_t *exercise_json(const struct grading *grading, const char *id,
                             const char *title)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", json_string(id));
    json_object_set_new(json, "title", json_string(title));
    json_object_set_new(json, "score",
                        points_json(grading_score(grading, id)));
    json_object_set_new(json, "max_score",
                        points_json(grading_max(grading, id)));
    return json;
}

static json_t *exercises_json(const struct grading *grading)
{
    const struct lab *lab = &grading->g->lab;
    json_t *list = json_array();

    for (unsigned i = 0; i < lab->nr_exercises; i++)
        if (grading_max(grading, lab->exercise[i].id))
            json_array_append_new(list, exercise_json(
                grading, lab->exercise[i].id, lab->exercise[i].title));
    if (grading_max(grading, WHOLE))
        json_array_append_new(list, exercise_json(grading, WHOLE,
                                                  "The whole lab together"));
    return list;
}

static json_t *tests_json(const struct grading *grading)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < grading->nr_items; i++)
        if (grading->item[i].selected)
            json_array_append_new(list, item_json(grading,
                                                  &grading->item[i]));
    return list;
}

/** How many tests of a kind have a verdict, and how many passed: whoever
 *  reads "all passed" must be able to see what was not tried. */
static json_t *ran_json(const struct grading *grading, bool hidden)
{
    json_t *json = json_object();
    unsigned nr = 0, passed = 0;

    for (unsigned i = 0; i < grading->nr_items; i++) {
        const struct item *item = &grading->item[i];

        if (!item->selected || item->hidden != hidden)
            continue;
        nr += item->verdict != VERDICT_HARNESS;
        passed += item->verdict == VERDICT_PASS;
    }
    json_object_set_new(json, "ran", json_integer(nr));
    json_object_set_new(json, "passed", json_integer(passed));
    return json;
}

static void add_seeds(json_t *json, const struct grading *grading)
{
    const struct grader *g = grading->g;
    bool keyed = g->key.data != NULL;

    json_object_set_new(json, "seed",
                        keyed ? json_null()
                              : json_integer((json_int_t)g->seed));
    json_object_set_new(json, "seeds",
                        json_integer(g->nr_seeds ? g->nr_seeds : 1));
    json_object_set_new(json, "course_key", json_boolean(keyed));
}

static void add_submission(json_t *json, const struct grading *grading)
{
    const struct submission *submission = grading->submission;

    json_object_set_new(json, "submission", json_string(grading->hash));
    json_object_set_new(json, "refused",
                        submission->refused ? json_string(submission->refused)
                                            : json_null());
    json_object_set(json, "ignored", submission->ignored);
    json_object_set_new(json, "ignored_count",
                        json_integer(submission->nr_ignored));
}

json_t *report_make(const struct grading *grading)
{
    const struct grader *g = grading->g;
    json_t *json = json_object();

    json_object_set_new(json, "form", json_string(REPORT_FORM));
    json_object_set_new(json, "lab", json_integer(g->lab.number));
    json_object_set_new(json, "title", json_string(g->lab.title));
    add_seeds(json, grading);
    json_object_set_new(json, "selection", json_string(grading->selection));
    json_object_set_new(json, "complete", json_boolean(grading->complete));
    json_object_set_new(json, "score",
                        points_json(grading_score(grading, NULL)));
    json_object_set_new(json, "max_score",
                        points_json(grading_max(grading, NULL)));
    json_object_set_new(json, "ungraded",
                        json_integer(grading_ungraded(grading)));
    json_object_set_new(json, "public", ran_json(grading, false));
    json_object_set_new(json, "hidden", ran_json(grading, true));
    json_object_set_new(json, "sandbox",
                        json_string(g->mode_why ? g->mode_why
                                                : "bubblewrap"));
    json_object_set_new(json, "weaker_sandbox",
                        json_boolean(g->mode_why != NULL));
    add_submission(json, grading);
    json_object_set_new(json, "exercises", exercises_json(grading));
    json_object_set_new(json, "tests", tests_json(grading));
    json_object_set(json, "fingerprint", g->fingerprint);
    return json;
}

char *report_json(const struct grading *grading)
{
    return report_lines(report_make(grading), JSON_INDENT(2));
}
