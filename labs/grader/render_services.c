/* SPDX-License-Identifier: MIT */
/**
 * @file render_services.c
 * A report as Gradescope, Autolab and PrairieLearn want it. The keys that
 * each of them publishes are in labs/grader/schemas/, with source and date;
 * the tests hold every form against its schema.
 */
#include <stdlib.h>
#include <string.h>

#include "labs/grader/render.h"

static void set_text(json_t *json, const char *key, char *text)
{
    json_object_set_new(json, key, json_string(text));
    free(text);
}

/* --- Gradescope --------------------------------------------------------- */

/** A hidden test shows itself when grades are published: before, its name
 *  alone would tell what to look for. */
static json_t *gradescope_test(const json_t *test)
{
    json_t *json = json_object();

    json_object_set_new(json, "number",
                        json_string(report_string(test, "id")));
    json_object_set_new(json, "name",
                        json_string(report_string(test, "title")));
    json_object_set_new(json, "score",
                        json_real(report_number(test, "score")));
    json_object_set_new(json, "max_score",
                        json_real(report_number(test, "max_score")));
    if (!report_is_harness(test))
        json_object_set_new(json, "status",
                            json_string(report_passed(test) ? "passed"
                                                            : "failed"));
    set_text(json, "output", report_message(test));
    if (report_true(test, "hidden"))
        json_object_set_new(json, "visibility",
                            json_string("after_published"));
    return json;
}

char *render_gradescope(const json_t *report,
                        const struct render_options *options)
{
    const json_t *tests = json_object_get(report, "tests");
    json_t *json = json_object(), *list = json_array();
    json_t *extra = json_object();

    (void)options;
    json_object_set_new(json, "score",
                        json_real(report_number(report, "score")));
    set_text(json, "output", report_summary(report));
    json_object_set_new(json, "output_format", json_string("text"));
    json_object_set_new(json, "test_output_format", json_string("text"));
    json_object_set_new(json, "test_name_format", json_string("text"));
    for (size_t i = 0; i < json_array_size(tests); i++)
        json_array_append_new(list,
                              gradescope_test(json_array_get(tests, i)));
    json_object_set_new(json, "tests", list);
    json_object_set(extra, "submission",
                    json_object_get(report, "submission"));
    json_object_set(extra, "ungraded", json_object_get(report, "ungraded"));
    json_object_set(extra, "fingerprint",
                    json_object_get(report, "fingerprint"));
    json_object_set_new(json, "extra_data", extra);
    return report_lines(json, JSON_INDENT(2));
}

/* --- PrairieLearn -------------------------------------------------------- */

static json_t *prairielearn_test(const json_t *test)
{
    json_t *json = json_object();

    json_object_set_new(json, "name", json_string(report_string(test, "id")));
    json_object_set_new(json, "description",
                        json_string(report_string(test, "title")));
    json_object_set_new(json, "points",
                        json_real(report_number(test, "score")));
    json_object_set_new(json, "max_points",
                        json_real(report_number(test, "max_score")));
    set_text(json, "output", report_message(test));
    return json;
}

/** What the host spoilt is not graded at all: it must not cost an attempt. */
char *render_prairielearn(const json_t *report,
                          const struct render_options *options)
{
    const json_t *tests = json_object_get(report, "tests");
    double max = report_number(report, "max_score");
    bool gradable = report_number(report, "ungraded") == 0 && max > 0;
    json_t *json = json_object(), *list = json_array();

    (void)options;
    json_object_set_new(json, "gradable", json_boolean(gradable));
    if (gradable)
        json_object_set_new(json, "score",
                            json_real(report_number(report, "score") / max));
    set_text(json, "output", report_summary(report));
    for (size_t i = 0; i < json_array_size(tests); i++)
        json_array_append_new(list,
                              prairielearn_test(json_array_get(tests, i)));
    json_object_set_new(json, "tests", list);
    return report_lines(json, JSON_INDENT(2));
}

/* --- Autolab ------------------------------------------------------------- */

/** The name that a problem has in the assessment. */
static char *problem_name(const json_t *exercise)
{
    return must_format("Exercise %s", report_string(exercise, "id"));
}

/** One stage an exercise: what its tests are called, and whether they
 *  passed. */
static json_t *autolab_stage(const json_t *report, const char *exercise)
{
    const json_t *tests = json_object_get(report, "tests");
    json_t *stage = json_object();

    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        json_t *one = json_object();

        if (strcmp(report_string(test, "exercise"), exercise)) {
            json_decref(one);
            continue;
        }
        json_object_set_new(one, "passed",
                            json_boolean(report_passed(test)));
        set_text(one, "hint", report_message(test));
        json_object_set_new(stage, report_string(test, "id"), one);
    }
    return stage;
}

/** Second to last line: for Autolab's own page of results. */
static char *autolab_feedback(const json_t *report)
{
    const json_t *exercises = json_object_get(report, "exercises");
    json_t *json = json_object(), *stages = json_array();

    json_object_set_new(json, "_presentation", json_string("semantic"));
    for (size_t i = 0; i < json_array_size(exercises); i++) {
        const json_t *exercise = json_array_get(exercises, i);
        char *name = problem_name(exercise);

        json_array_append_new(stages, json_string(name));
        json_object_set_new(json, name, autolab_stage(
            report, report_string(exercise, "id")));
        free(name);
    }
    json_object_set_new(json, "stages", stages);
    return report_lines(json, JSON_COMPACT);
}

/** Last line: the points. It has no word that a colon follows but in quotes,
 *  because Autolab puts quotes around such a word before it parses. */
static char *autolab_scores(const json_t *report)
{
    const json_t *exercises = json_object_get(report, "exercises");
    json_t *json = json_object(), *scores = json_object();

    for (size_t i = 0; i < json_array_size(exercises); i++) {
        const json_t *exercise = json_array_get(exercises, i);
        char *name = problem_name(exercise);

        json_object_set_new(scores, name,
                            json_real(report_number(exercise, "score")));
        free(name);
    }
    json_object_set_new(json, "scores", scores);
    return report_lines(json, JSON_COMPACT);
}

char *render_autolab(const json_t *report,
                     const struct render_options *options)
{
    struct render_options people = { .student = true };
    char *text = render_text(report, &people);
    char *feedback = autolab_feedback(report);
    char *scores = autolab_scores(report);
    char *all = must_format("%s%s%s", text, feedback, scores);

    (void)options;
    free(scores);
    free(feedback);
    free(text);
    return all;
}
