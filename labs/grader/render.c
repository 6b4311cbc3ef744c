/* SPDX-License-Identifier: MIT */
/**
 * @file render.c
 * The list of forms, and what they share; contracts in render.h.
 */
#include "labs/grader/render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Ignored files that people are shown; the JSON lists more. */
#define MAX_SHOWN 10

static const struct {
    const char *name;
    render_form *form;
} forms[] = {
    { "text", render_text },
    { "json", render_json },
    { "gradescope", render_gradescope },
    { "github", render_github },
    { "github-summary", render_github_summary },
    { "github-result", render_github_result },
    { "classroom50", render_classroom50 },
    { "autolab", render_autolab },
    { "prairielearn", render_prairielearn },
    { "junit", render_junit },
};

render_form *render_find(const char *name)
{
    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (!strcmp(forms[i].name, name))
            return forms[i].form;
    return NULL;
}

const char *render_names(void)
{
    static struct text names;

    if (!names.data)
        for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++)
            text_add(&names, "%s%s", i ? ", " : "", forms[i].name);
    return names.data;
}

const char *report_string(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    return value ? value : "";
}

double report_number(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    return json_is_number(value) ? json_number_value(value) : 0;
}

unsigned report_points(const json_t *json, const char *key)
{
    return (unsigned)lround(report_number(json, key) * 100);
}

bool report_true(const json_t *json, const char *key)
{
    return json_is_true(json_object_get(json, key));
}

bool report_passed(const json_t *test)
{
    return !strcmp(report_string(test, "verdict"), "pass");
}

bool report_is_harness(const json_t *test)
{
    return !strcmp(report_string(test, "verdict"), "harness-error");
}

char *report_message(const json_t *test)
{
    if (report_true(test, "hidden") && !report_passed(test) &&
        !report_is_harness(test))
        return must_copy("It is one of the instructor's own tests; only its "
                         "verdict is shown.");
    return must_copy(report_string(test, "message"));
}

char *points_text(unsigned hundredths)
{
    char *text = must_format("%u.%02u", hundredths / 100, hundredths % 100);
    size_t size = strlen(text);

    while (text[size - 1] == '0')
        text[--size] = 0;
    if (text[size - 1] == '.')
        text[size - 1] = 0;
    return text;
}

static void add_ignored(struct text *to, const json_t *report)
{
    const json_t *ignored = json_object_get(report, "ignored");
    size_t listed = json_array_size(ignored);
    size_t all = (size_t)report_number(report, "ignored_count");

    listed = listed < MAX_SHOWN ? listed : MAX_SHOWN;
    if (all)
        text_add(to, "Ignored, because the lab does not ask for it:\n");
    for (size_t i = 0; i < listed; i++)
        text_add(to, "  %s\n", json_string_value(json_array_get(ignored, i)));
    if (all > listed)
        text_add(to, "  and %zu more\n", all - listed);
}

/** Never just "all passed": what did not run is said, too. */
static void add_ran(struct text *to, const json_t *report)
{
    const json_t *public = json_object_get(report, "public");
    const json_t *hidden = json_object_get(report, "hidden");

    text_add(to, "%.0f of %.0f public tests passed; ",
             report_number(public, "passed"), report_number(public, "ran"));
    if (report_number(hidden, "ran") > 0)
        text_add(to, "%.0f of %.0f hidden tests passed.\n",
                 report_number(hidden, "passed"),
                 report_number(hidden, "ran"));
    else
        text_add(to, "no hidden test ran.\n");
}

char *report_summary(const json_t *report)
{
    struct text text = { 0 };
    char *score = points_text(report_points(report, "score"));
    char *max = points_text(report_points(report, "max_score"));

    if (!report_true(report, "complete"))
        text_add(&text, "The grading was not completed.\n");
    if (report_number(report, "ungraded") > 0)
        text_add(&text, "%.0f tests stayed without a verdict because of the "
                 "host.\n", report_number(report, "ungraded"));
    if (*report_string(report, "refused"))
        text_add(&text, "The submission is refused: %s.\n",
                 report_string(report, "refused"));
    if (report_true(report, "weaker_sandbox"))
        text_add(&text, "Note: %s.\n", report_string(report, "sandbox"));
    add_ignored(&text, report);
    add_ran(&text, report);
    text_add(&text, "Score: %s/%s\n", score, max);
    free(max);
    free(score);
    return text.data;
}

char *report_lines(json_t *json, size_t flags)
{
    char *text = json_dumps(json, flags | JSON_REAL_PRECISION(10));
    char *line;

    if (!text)
        grader_fault("a report cannot be written as JSON");
    line = must_format("%s\n", text);
    free(text);
    json_decref(json);
    return line;
}

char *render_json(const json_t *report, const struct render_options *options)
{
    (void)options;
    return report_lines(json_incref((json_t *)report), JSON_INDENT(2));
}
