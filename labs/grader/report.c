/* SPDX-License-Identifier: MIT */
/**
 * @file report.c
 * A grading as JSON, the form that every other one is made from, and as text
 * for people.
 *
 * - REPORT-I1: the same submission and seed give the same bytes: nothing
 *   here is a time, a path of the host, a process number or an address.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/grade.h"

/* Ignored files that people are shown; the JSON lists more. */
#define MAX_SHOWN 10

char *points_text(unsigned hundredths)
{
    char *text = must_format("%u.%02u", hundredths / POINT,
                             hundredths % POINT);
    size_t size = strlen(text);

    while (text[size - 1] == '0')
        text[--size] = 0;
    if (text[size - 1] == '.')
        text[size - 1] = 0;
    return text;
}

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
                       (unsigned long long)grading->g->seed);
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

char *report_json(const struct grading *grading)
{
    const struct grader *g = grading->g;
    const struct submission *submission = grading->submission;
    json_t *json = json_object();
    char *text, *line;

    json_object_set_new(json, "lab", json_integer(g->lab.number));
    json_object_set_new(json, "title", json_string(g->lab.title));
    json_object_set_new(json, "seed", json_integer((json_int_t)g->seed));
    json_object_set_new(json, "selection", json_string(grading->selection));
    json_object_set_new(json, "score",
                        points_json(grading_score(grading, NULL)));
    json_object_set_new(json, "max_score",
                        points_json(grading_max(grading, NULL)));
    json_object_set_new(json, "ungraded",
                        json_integer(grading_ungraded(grading)));
    json_object_set_new(json, "refused",
                        submission->refused ? json_string(submission->refused)
                                            : json_null());
    json_object_set(json, "ignored", submission->ignored);
    json_object_set_new(json, "ignored_count",
                        json_integer(submission->nr_ignored));
    json_object_set_new(json, "exercises", exercises_json(grading));
    json_object_set_new(json, "tests", tests_json(grading));
    json_object_set(json, "fingerprint", g->fingerprint);
    text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
    if (!text)
        grader_fault("the report cannot be written as JSON");
    line = must_format("%s\n", text);
    free(text);
    json_decref(json);
    return line;
}

/* --- Text ------------------------------------------------------------- */

/** Text with every line's start indented. */
static void add_indented(struct text *to, const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "\n");

        text_add(to, "          %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

/** What went wrong, and how to see it again. */
static void add_failure(struct text *to, const struct grading *grading,
                        const struct item *item, const char *submission)
{
    char *replay = replay_command(grading, item);

    if (!item->whole)
        add_indented(to, item->test->title);
    add_indented(to, item->message);
    if (item->instructions)
        text_add(to, "            replay: %s%s%s\n", replay,
                 submission ? " SUBMISSION=" : "",
                 submission ? submission : "");
    free(replay);
}

/** @param before  The message of the item above it, or NULL: what stops all
 *                 tests (a file that does not compile) is told once. */
static void add_item(struct text *to, const struct grading *grading,
                     const struct item *item, const char *before,
                     const char *submission)
{
    static const char *const words[] = { "pass", "FAIL", "host" };
    bool same = before && !strcmp(before, item->message);
    char *points = points_text(item->points);

    text_add(to, "  %s  %-34s %5s%s\n", words[item->verdict], item->id,
             points, same && *before ? "  as above" : "");
    if (item->verdict != VERDICT_PASS && !same)
        add_failure(to, grading, item, submission);
    for (size_t i = 0; i < json_array_size(item->notes); i++)
        text_add(to, "        note: %s\n",
                 json_string_value(json_array_get(item->notes, i)));
    free(points);
}

/** Heading and tests of an exercise, if any of them was selected. */
static void add_exercise(struct text *to, const struct grading *grading,
                         const char *id, const char *title,
                         const char *submission)
{
    const char *before = NULL;
    char *score, *max;

    if (!grading_max(grading, id))
        return;
    score = points_text(grading_score(grading, id));
    max = points_text(grading_max(grading, id));
    text_add(to, "\n%s  %s: %s of %s\n", id, title, score, max);
    for (unsigned i = 0; i < grading->nr_items; i++) {
        const struct item *item = &grading->item[i];

        if (!item->selected || strcmp(id, item->whole ? WHOLE
                                                      : item->test->exercise))
            continue;
        add_item(to, grading, item, before, submission);
        before = item->message;
    }
    free(max);
    free(score);
}

static void add_head(struct text *to, const struct grading *grading)
{
    const struct grader *g = grading->g;
    const struct submission *submission = grading->submission;
    size_t listed = json_array_size(submission->ignored);

    listed = listed < MAX_SHOWN ? listed : MAX_SHOWN;
    text_add(to, "Lab %u, %s; seed %llu\n", g->lab.number, g->lab.title,
             (unsigned long long)g->seed);
    if (g->mode_why)
        text_add(to, "Note: %s.\n", g->mode_why);
    if (submission->refused)
        text_add(to, "The submission is refused: %s.\n", submission->refused);
    if (submission->nr_ignored)
        text_add(to, "Ignored, because the lab does not ask for it:\n");
    for (size_t i = 0; i < listed; i++)
        text_add(to, "  %s\n", json_string_value(json_array_get(
                                   submission->ignored, i)));
    if (submission->nr_ignored > listed)
        text_add(to, "  and %zu more\n", submission->nr_ignored - listed);
}

char *report_text(const struct grading *grading, const char *submission)
{
    const struct lab *lab = &grading->g->lab;
    struct text text = { 0 };
    char *score = points_text(grading_score(grading, NULL));
    char *max = points_text(grading_max(grading, NULL));

    add_head(&text, grading);
    for (unsigned i = 0; i < lab->nr_exercises; i++)
        add_exercise(&text, grading, lab->exercise[i].id,
                     lab->exercise[i].title, submission);
    add_exercise(&text, grading, WHOLE, "The whole lab together", submission);
    if (grading_ungraded(grading))
        text_add(&text, "\n%u tests stayed without a verdict because of the "
                 "host.", grading_ungraded(grading));
    text_add(&text, "\nScore: %s/%s\n", score, max);
    free(max);
    free(score);
    return text.data;
}
