/* SPDX-License-Identifier: MIT */
/**
 * @file render_junit.c
 * A report as JUnit's XML: one suite an exercise, one case a test.
 *
 * - JUNIT-I1: what comes from elsewhere is escaped for attributes, and the
 *   two code points that XML forbids besides control characters (which
 *   messages do not have) become question marks.
 */
#include <stdlib.h>
#include <string.h>

#include "labs/grader/render.h"

static void add_escaped(struct text *to, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            text_add(to, "&lt;");
            break;
        case '>':
            text_add(to, "&gt;");
            break;
        case '&':
            text_add(to, "&amp;");
            break;
        case '"':
            text_add(to, "&quot;");
            break;
        case '\n':
            text_add(to, "&#10;");
            break;
        case '\t':
            text_add(to, "&#9;");
            break;
        default:
            /* U+FFFE and U+FFFF. */
            if (!strncmp(text, "\xEF\xBF\xBE", 3) ||
                !strncmp(text, "\xEF\xBF\xBF", 3)) {
                text_add(to, "?");
                text += 2;
            } else {
                text_add_bytes(to, text, 1);
            }
        }
}

static void add_attribute(struct text *to, const char *name,
                          const char *value)
{
    text_add(to, " %s=\"", name);
    add_escaped(to, value);
    text_add(to, "\"");
}

/** The first line is the attribute, the whole the body. */
static void add_trouble(struct text *to, const json_t *test)
{
    const char *kind = report_is_harness(test) ? "error" : "failure";
    char *message = report_message(test);
    char *first = must_format("%.*s", (int)strcspn(message, "\n"), message);

    text_add(to, ">\n      <%s", kind);
    add_attribute(to, "message", first);
    add_attribute(to, "type", report_string(test, "verdict"));
    text_add(to, ">");
    add_escaped(to, message);
    text_add(to, "</%s>\n    </testcase>\n", kind);
    free(first);
    free(message);
}

static void add_case(struct text *to, const json_t *test)
{
    text_add(to, "    <testcase");
    add_attribute(to, "name", report_string(test, "id"));
    add_attribute(to, "classname", report_string(test, "exercise"));
    text_add(to, " time=\"0\"");
    if (report_passed(test))
        text_add(to, "/>\n");
    else
        add_trouble(to, test);
}

/** How many tests of an exercise are failures, or errors. */
static unsigned count(const json_t *tests, const char *exercise,
                      bool harness, bool all)
{
    unsigned nr = 0;

    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);

        if (strcmp(report_string(test, "exercise"), exercise))
            continue;
        nr += all || (!report_passed(test) &&
                      report_is_harness(test) == harness);
    }
    return nr;
}

static void add_suite(struct text *to, const json_t *report,
                      const json_t *exercise)
{
    const json_t *tests = json_object_get(report, "tests");
    const char *id = report_string(exercise, "id");
    char *points = points_text(report_points(exercise, "score"));

    text_add(to, "  <testsuite");
    add_attribute(to, "name", id);
    text_add(to, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"0\" "
             "time=\"0\">\n", count(tests, id, false, true),
             count(tests, id, false, false), count(tests, id, true, false));
    text_add(to, "    <properties>\n      <property name=\"score\" "
             "value=\"%s\"/>\n    </properties>\n", points);
    for (size_t i = 0; i < json_array_size(tests); i++)
        if (!strcmp(report_string(json_array_get(tests, i), "exercise"), id))
            add_case(to, json_array_get(tests, i));
    text_add(to, "  </testsuite>\n");
    free(points);
}

char *render_junit(const json_t *report,
                   const struct render_options *options)
{
    const json_t *exercises = json_object_get(report, "exercises");
    struct text text = { 0 };

    (void)options;
    text_add(&text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<testsuites");
    add_attribute(&text, "name", report_string(report, "title"));
    text_add(&text, ">\n");
    for (size_t i = 0; i < json_array_size(exercises); i++)
        add_suite(&text, report, json_array_get(exercises, i));
    text_add(&text, "</testsuites>\n");
    return text.data;
}
