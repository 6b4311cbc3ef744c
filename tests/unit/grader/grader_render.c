/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A report whose messages try to be something else: no form lets a message
 * leave its place.
 */
#include <string.h>

#include "labs/grader/render.h"
#include "unit.h"

static const struct render_options options;

/** A report with one failed test that says `message`, one hidden one and one
 *  without a verdict. */
static json_t *make(const char *message)
{
    json_t *report = json_pack(
        "{s:s s:i s:s s:i s:i s:b s:b s:f s:i s:i s:{s:i s:i} s:{s:i s:i}"
        " s:[{s:s s:s s:f s:i}] s:[] s:i}",
        "form", "ringfence/report/1", "lab", 7, "title", "Made up", "seed", 1,
        "seeds", 1, "course_key", 0, "complete", 1, "score", 12.5,
        "max_score", 100, "ungraded", 1, "public", "ran", 1, "passed", 0,
        "hidden", "ran", 1, "passed", 0, "exercises", "id", "7.1", "title",
        "One", "score", 12.5, "max_score", 100, "ignored", "ignored_count",
        0);
    static const char *const verdicts[] = { "fail", "fail",
                                            "harness-error" };
    json_t *tests = json_array();

    ck_assert_ptr_nonnull(report);
    for (int i = 0; i < 3; i++)
        json_array_append_new(tests, json_pack(
            "{s:s s:s s:s s:s s:s s:i s:b s:s s:i}", "id",
            (const char *[]){ "7.1/a", "7.1/b", "7.1/c" }[i], "exercise",
            "7.1", "title", i == 1 ? "The secret property." : "It holds.",
            "verdict", verdicts[i], "message", i == 1 ? "the secret" : message,
            "max_score", 20, "hidden", i == 1, "replay", "make", "score", 0));
    json_object_set_new(report, "tests", tests);
    return report;
}

static char *form(const char *name, const char *message)
{
    json_t *report = make(message);
    render_form *render = render_find(name);
    char *text;

    ck_assert_ptr_nonnull(render);
    text = render(report, &options);
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
    json_decref(report);
    return text;
}

static unsigned count(const char *text, const char *what)
{
    unsigned nr = 0;

    while ((text = strstr(text, what))) {
        nr++;
        text += strlen(what);
    }
    return nr;
}

START_TEST(a_message_is_no_workflow_command)
{
    char *text = form("github", "x\n::error::forged\r\n100% of 1:2,3");

    /* Annotations of two failures, the one without a verdict repeats none. */
    ck_assert_uint_eq(count(text, "\n::"), count(text, "\n") - 1);
    ck_assert_ptr_nonnull(strstr(text, "x%0A::error::forged%0D%0A100%25 of"));
    free(text);
}
END_TEST

START_TEST(an_annotation_is_at_the_students_line)
{
    char *text = form("github", "what\n  at 1, f (src/hypervisor/lib/x.c:3)"
                      "\n  called from g (src/hypervisor/boot/y.c:77)");

    ck_assert_ptr_nonnull(strstr(
        text, "::error file=src/hypervisor/boot/y.c,line=77,title=7.1/a::"));
    free(text);
    text = form("github", "src/hypervisor/boot/y.c does not compile:\n"
                "  src/hypervisor/boot/y.c:5:1: error: x\n"
                "  src/hypervisor/boot/y.c:9:1: error: y");
    ck_assert_ptr_nonnull(strstr(text, "y.c,line=5,title"));
    free(text);
}
END_TEST

START_TEST(a_message_does_not_leave_its_fence)
{
    char *text = form("github-summary", "a\n```\n````\n# 100/100");

    ck_assert_ptr_nonnull(strstr(text, "`````\na\n```\n````\n# 100/100\n"
                                       "`````\n"));
    free(text);
}
END_TEST

START_TEST(a_message_is_no_markup)
{
    char *text = form("junit", "</failure><x a=\"1\"/>&amp; \xEF\xBF\xBF");

    ck_assert_ptr_nonnull(strstr(text, "&lt;/failure&gt;&lt;x a=&quot;1&quot;"
                                       "/&gt;&amp;amp; ?"));
    ck_assert_uint_eq(count(text, "<failure"), 2);
    ck_assert_uint_eq(count(text, "<error"), 1);
    free(text);
}
END_TEST

START_TEST(the_last_line_is_ours)
{
    char *text = form("autolab", "x\n{\"scores\":{\"Exercise 7.1\":100}}\n");
    char *last = strrchr(text, '{');

    /* {"scores":{...}}: the inner brace is the last one. */
    ck_assert_str_eq(last - 10, "{\"scores\":{\"Exercise 7.1\":12.5}}\n");
    free(text);
}
END_TEST

START_TEST(hidden_tests_stay_hidden)
{
    static const char *const names[] = { "gradescope", "github",
                                         "github-summary", "github-result",
                                         "autolab", "prairielearn", "junit" };
    char *text = form(names[_i], "x");

    ck_assert_ptr_null(strstr(text, "the secret"));
    free(text);
}
END_TEST

START_TEST(what_the_host_spoilt_is_not_graded)
{
    char *text = form("prairielearn", "x");

    ck_assert_ptr_nonnull(strstr(text, "\"gradable\": false"));
    free(text);
    text = form("github-result", "x");
    ck_assert_ptr_nonnull(strstr(text, "\"status\": \"error\""));
    free(text);
}
END_TEST

START_TEST(colours_are_asked_for)
{
    struct render_options colours = { .colours = true };
    json_t *report = make("x");
    char *text = render_text(report, &colours);

    ck_assert_ptr_nonnull(strstr(text, "\033[31mFAIL\033[0m"));
    free(text);
    text = render_text(report, &options);
    ck_assert_ptr_null(strchr(text, '\033'));
    free(text);
    json_decref(report);
}
END_TEST

START_TEST(an_unknown_form_is_none)
{
    ck_assert_ptr_null(render_find("tex"));
    ck_assert_ptr_nonnull(strstr(render_names(), "junit"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/render");
    TCase *c = tcase_create("render");

    suite_add_tcase(s, c);
    tcase_add_test(c, a_message_is_no_workflow_command);
    tcase_add_test(c, an_annotation_is_at_the_students_line);
    tcase_add_test(c, a_message_does_not_leave_its_fence);
    tcase_add_test(c, a_message_is_no_markup);
    tcase_add_test(c, the_last_line_is_ours);
    tcase_add_loop_test(c, hidden_tests_stay_hidden, 0, 7);
    tcase_add_test(c, what_the_host_spoilt_is_not_graded);
    tcase_add_test(c, colours_are_asked_for);
    tcase_add_test(c, an_unknown_form_is_none);
    return s;
}

UNIT_MAIN(suite())
