/* SPDX-License-Identifier: MIT */
/**
 * @file render_github.c
 * A report for GitHub Actions: annotations (workflow commands on the standard
 * output), the job's summary (Markdown), the result that the actions
 * classroom-resources/autograding-* pass on, and Classroom 50's result file.
 *
 * - GITHUB-I1: a message is one workflow command: its line ends and percent
 *   signs are escaped, so nothing in it can begin another command.
 * - GITHUB-I2: in Markdown a message stands in a fence that is longer than
 *   any run of its own back quotes.
 */
#include <stdlib.h>
#include <string.h>

#include "labs/grader/render.h"

/* --- Where in the student's source -------------------------------------- */

/** A place that a message names. */
struct place {
    const char *file; /**< `size` characters; NULL: none is named */
    int size;
    unsigned long line;
};

/** "src/...:12" at the start of a text. */
static bool take_place(const char *text, struct place *place)
{
    size_t size = strcspn(text, ": \n()");
    char *end;
    unsigned long line;

    if (strncmp(text, "src/", 4) || text[size] != ':')
        return false;
    line = strtoul(text + size + 1, &end, 10);
    if (end == text + size + 1 || !line)
        return false;
    *place = (struct place){ text, (int)size, line };
    return true;
}

/** The last place that a message names: the student's own line follows the
 *  supplied code that it called. Of a compiler's complaints the first. */
static struct place place_of(const char *message)
{
    struct place place = { 0 }, next;
    bool compiler = strstr(message, "does not compile") != NULL;

    for (const char *at = message; (at = strstr(at, "src/")); at++)
        if (take_place(at, &next) && (!place.file || !compiler))
            place = next;
    return place;
}

/* --- Annotations -------------------------------------------------------- */

/** Add a workflow command's text; a property's has two characters more. */
static void add_escaped(struct text *to, const char *text, bool property)
{
    for (; *text; text++)
        if (*text == '%' || *text == '\r' || *text == '\n' ||
            (property && (*text == ':' || *text == ',')))
            text_add(to, "%%%02X", (unsigned)*text);
        else
            text_add(to, "%c", *text);
}

static void add_annotation(struct text *to, const json_t *test,
                           const char *message)
{
    struct place place = place_of(message);

    text_add(to, "::%s ", report_is_harness(test) ? "warning" : "error");
    if (place.file)
        text_add(to, "file=%.*s,line=%lu,", place.size, place.file,
                 place.line);
    text_add(to, "title=");
    add_escaped(to, report_string(test, "id"), true);
    text_add(to, "::");
    if (!report_true(test, "hidden"))
        add_escaped(to, report_string(test, "title"), false);
    text_add(to, "%%0A");
    add_escaped(to, message, false);
    text_add(to, "\n");
}

/** Does it say what the test before it said? The service shows few
 *  annotations, and a file that does not compile fails all its tests. */
static bool is_repeated(const json_t *tests, size_t index)
{
    return index && !strcmp(
        report_string(json_array_get(tests, index), "message"),
        report_string(json_array_get(tests, index - 1), "message"));
}

char *render_github(const json_t *report,
                    const struct render_options *options)
{
    const json_t *tests = json_object_get(report, "tests");
    char *summary = report_summary(report);
    struct text text = { 0 };

    (void)options;
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        char *message = report_message(test);

        if (!report_passed(test) && !is_repeated(tests, i))
            add_annotation(&text, test, message);
        free(message);
    }
    text_add(&text, "::notice title=Ringfence lab %.0f::",
             report_number(report, "lab"));
    summary[strlen(summary) - 1] = 0;
    add_escaped(&text, summary, false);
    text_add(&text, "\n");
    free(summary);
    return text.data;
}

/* --- The job's summary -------------------------------------------------- */

/** A fence of back quotes, longer than any run of them in the text. */
static char *fence_of(const char *text)
{
    size_t longest = 2, run;
    struct text fence = { 0 };

    for (; *text; text += run ? run : 1) {
        run = strspn(text, "`");
        longest = run > longest ? run : longest;
    }
    for (size_t i = 0; i <= longest; i++)
        text_add(&fence, "`");
    return fence.data;
}

static void add_fenced(struct text *to, const char *text)
{
    char *fence = fence_of(text);

    text_add(to, "%s\n%s%s%s\n", fence, text,
             *text && text[strlen(text) - 1] == '\n' ? "" : "\n", fence);
    free(fence);
}

static void add_table(struct text *to, const json_t *report)
{
    const json_t *exercises = json_object_get(report, "exercises");

    text_add(to, "| exercise | | points | of |\n|---|---|---|---|\n");
    for (size_t i = 0; i < json_array_size(exercises); i++) {
        const json_t *exercise = json_array_get(exercises, i);
        char *score = points_text(report_points(exercise, "score"));
        char *max = points_text(report_points(exercise, "max_score"));

        text_add(to, "| %s | %s | %s | %s |\n", report_string(exercise, "id"),
                 report_string(exercise, "title"), score, max);
        free(max);
        free(score);
    }
}

char *render_github_summary(const json_t *report,
                            const struct render_options *options)
{
    const json_t *tests = json_object_get(report, "tests");
    char *summary = report_summary(report);
    struct text text = { 0 };

    (void)options;
    text_add(&text, "## Lab %.0f, %s\n\n", report_number(report, "lab"),
             report_string(report, "title"));
    add_table(&text, report);
    text_add(&text, "\n");
    add_fenced(&text, summary);
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        char *message = report_message(test);

        if (!report_passed(test)) {
            text_add(&text, "\n### %s\n\n", report_string(test, "id"));
            if (!report_true(test, "hidden"))
                text_add(&text, "%s\n\n", report_string(test, "title"));
            if (is_repeated(tests, i))
                text_add(&text, "As above.\n");
            else
                add_fenced(&text, message);
        }
        free(message);
    }
    free(summary);
    return text.data;
}

/* --- The graders' result ------------------------------------------------ */

static json_t *result_test(const json_t *test)
{
    char *message = report_message(test);
    struct place place = place_of(message);
    json_t *json = json_object();

    json_object_set_new(json, "name", json_string(report_string(test, "id")));
    json_object_set_new(json, "status",
                        json_string(report_passed(test)       ? "pass"
                                    : report_is_harness(test) ? "error"
                                                              : "fail"));
    json_object_set_new(json, "score",
                        json_real(report_number(test, "score")));
    json_object_set_new(json, "message", json_string(message));
    json_object_set_new(json, "test_code",
                        json_string(report_string(test, "replay")));
    json_object_set_new(json, "filename",
                        place.file ? json_stringn(place.file,
                                                  (size_t)place.size)
                                   : json_string(""));
    json_object_set_new(json, "line_no",
                        json_integer((json_int_t)place.line));
    json_object_set_new(json, "duration", json_integer(0));
    free(message);
    return json;
}

char *render_github_result(const json_t *report,
                           const struct render_options *options)
{
    const json_t *tests = json_object_get(report, "tests");
    json_t *json = json_object(), *list = json_array();
    const char *status = "pass";

    (void)options;
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);

        if (!report_passed(test) && !report_is_harness(test))
            status = "fail";
        json_array_append_new(list, result_test(test));
    }
    if (report_number(report, "ungraded") > 0)
        status = "error";
    json_object_set_new(json, "version", json_integer(1));
    json_object_set_new(json, "status", json_string(status));
    json_object_set_new(json, "max_score",
                        json_real(report_number(report, "max_score")));
    json_object_set_new(json, "tests", list);
    return report_lines(json, JSON_INDENT(2));
}

/* --- Classroom 50 ------------------------------------------------------- */

/** Its points are whole numbers, so an exercise is one of its tests: parts of
 *  points are lost, in the direction of the lower score. */
static json_t *classroom50_test(const json_t *exercise)
{
    unsigned score = report_points(exercise, "score");
    unsigned max = report_points(exercise, "max_score");
    json_t *json = json_object();

    json_object_set_new(json, "test-name",
                        json_string(report_string(exercise, "id")));
    json_object_set_new(json, "passed", json_boolean(score == max));
    json_object_set_new(json, "score", json_integer(score / 100));
    json_object_set_new(json, "max-score", json_integer((max + 99) / 100));
    return json;
}

/** What the service says in the environment, handed back. */
static void add_given(json_t *json, const char *key, const char *variable)
{
    const char *value = getenv(variable);

    json_object_set_new(json, key, json_string(value ? value : ""));
}

char *render_classroom50(const json_t *report,
                         const struct render_options *options)
{
    const json_t *exercises = json_object_get(report, "exercises");
    json_t *json = json_object(), *list = json_array();
    json_int_t score = 0, max = 0;

    (void)options;
    for (size_t i = 0; i < json_array_size(exercises); i++) {
        json_t *test = classroom50_test(json_array_get(exercises, i));

        score += json_integer_value(json_object_get(test, "score"));
        max += json_integer_value(json_object_get(test, "max-score"));
        json_array_append_new(list, test);
    }
    json_object_set_new(json, "schema", json_string("classroom50/result/v1"));
    add_given(json, "classroom", "CLASSROOM");
    add_given(json, "assignment", "ASSIGNMENT");
    add_given(json, "submission", "SUBMISSION_TAG");
    add_given(json, "commit", "COMMIT_URL");
    add_given(json, "release", "RELEASE_URL");
    add_given(json, "review", "REVIEW_URL");
    add_given(json, "datetime", "SUBMISSION_DATETIME");
    json_object_set_new(json, "score", json_integer(score));
    json_object_set_new(json, "max-score", json_integer(max));
    json_object_set_new(json, "tests", list);
    return report_lines(json, JSON_INDENT(2));
}
