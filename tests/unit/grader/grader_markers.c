/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Solution markers: what a starter keeps, what it loses, what is counted,
 * and how each wrong marker is named.
 */
#include <string.h>

#include "labs/grader/markers.h"
#include "unit.h"

static struct markers found;
static char *problem;
static struct text starter;

static bool cut(const char *source)
{
    free(problem);
    text_free(&starter);
    return markers_read("x.c", source, &found, &starter, &problem);
}

START_TEST(a_body_is_replaced)
{
    ck_assert(cut("int f(int a)\n"
                  "//@solution 1.2 -- (void)a; return -ENOSYS;\n"
                  "{\n    return a + 1;\n}\n"
                  "//@end\n"
                  "int g;\n"));
    ck_assert_str_eq(starter.data, "int f(int a)\n"
                                   "{\n"
                                   "    /* Exercise 1.2: your code. */\n"
                                   "    (void)a;\n"
                                   "    return -ENOSYS;\n"
                                   "}\n"
                                   "int g;\n");
    ck_assert_uint_eq(found.nr, 1);
    ck_assert_str_eq(found.marked[0].exercise, "1.2");
    ck_assert_uint_eq(found.marked[0].code_lines, 1);
    ck_assert_uint_eq(found.marked[0].line, 2);
    ck_assert_uint_eq(found.marked[0].last_line, 6);
}
END_TEST

START_TEST(an_empty_replacement_leaves_an_empty_body)
{
    ck_assert(cut("void f(void)\n//@solution 1.1 --\n{\n    g();\n}\n"
                  "//@end\n"));
    ck_assert_str_eq(starter.data, "void f(void)\n{\n"
                                   "    /* Exercise 1.1: your code. */\n}\n");
}
END_TEST

START_TEST(semicolons_in_parentheses_and_quotes_end_nothing)
{
    ck_assert(cut("//@solution 1.1 -- for (;;) g(';', \"a;\\\"b\"); return;\n"
                  "{\n}\n//@end\n"));
    ck_assert_ptr_nonnull(
        strstr(starter.data, "    for (;;) g(';', \"a;\\\"b\");\n"
                             "    return;\n"));
}
END_TEST

START_TEST(a_helper_goes_with_its_comment)
{
    ck_assert(cut("int a;\n\n"
                  "/** What the helper does.\n *\n */\n"
                  "//@solution-helper 1.1\n"
                  "static int help(void)\n{\n    return 1;\n}\n"
                  "//@end\n\n"
                  "int b;\n"));
    ck_assert_str_eq(starter.data, "int a;\n\nint b;\n");
    ck_assert(found.marked[0].helper);
}
END_TEST

START_TEST(code_after_another_comment_stays)
{
    ck_assert(cut("/* About a. */\nint a;\n//@solution-helper 1.1\nint h;\n"
                  "//@end\n"));
    ck_assert_str_eq(starter.data, "/* About a. */\nint a;\n");
}
END_TEST

START_TEST(blanks_comments_and_outer_braces_are_not_counted)
{
    ck_assert(cut("//@solution 1.1 --\n{\n"
                  "    int a; // yes\n"
                  "\n"
                  "    // no\n"
                  "    /* no\n"
                  "       no */\n"
                  "    /* no */ b(); /* yes */\n"
                  "    if (c) {\n"
                  "    }\n"
                  "}\n//@end\n"));
    ck_assert_uint_eq(found.marked[0].code_lines, 4);
}
END_TEST

START_TEST(a_file_without_markers_stays_as_it_is)
{
    ck_assert(cut("a\n\n// @end\nb\n"));
    ck_assert_str_eq(starter.data, "a\n\n// @end\nb\n");
    ck_assert_uint_eq(found.nr, 0);
}
END_TEST

static const struct {
    const char *source, *says;
} wrong[] = {
    { "a\n//@solution 1.1 --\n{\n}\n", "x.c:2: this marker is never closed" },
    { "a\n//@end\n", "x.c:2: //@end closes nothing" },
    { "//@solution 1.1 --\n{\n//@solution 1.2 --\n}\n//@end\n",
      "x.c:3: a marker opens inside another one" },
    { "//@solution 1.1 --\n{\n//@solution-helper 1.1\n}\n//@end\n",
      "x.c:3: a marker opens inside another one" },
    { "//@solution 1.1 --\n    x;\n//@end\n", "x.c:1: a marked body begins" },
    { "//@solution 1.1 --\n//@end\n", "x.c:1: a marked body begins" },
    { "//@solution 1.1 --\n{\n    x;\n//@end\n",
      "x.c:1: a marked body begins" },
    { "//@solution 1.1\n{\n}\n//@end\n", "x.c:1: the marker lacks \"--\"" },
    { "//@solution -- x\n{\n}\n//@end\n", "x.c:1: the marker names no" },
    { "//@solution-helper 1.1 -- x\n//@end\n", "x.c:1: a helper has nothing" },
    { "//@solutoin 1.1 --\n", "x.c:1: this is no marker" },
    { "//@end of it\n", "x.c:1: this is no marker" },
    { "//@solution 1.1.1.1.1.1.1.1.1 --\n", "x.c:1: the marker names no" },
};

START_TEST(a_wrong_marker_is_named_and_nothing_is_cut)
{
    ck_assert(!cut(wrong[_i].source));
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, wrong[_i].says) != NULL, "%s", problem);
    ck_assert_uint_eq(starter.size, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/markers");
    TCase *c = tcase_create("markers");

    suite_add_tcase(s, c);
    tcase_add_test(c, a_body_is_replaced);
    tcase_add_test(c, an_empty_replacement_leaves_an_empty_body);
    tcase_add_test(c, semicolons_in_parentheses_and_quotes_end_nothing);
    tcase_add_test(c, a_helper_goes_with_its_comment);
    tcase_add_test(c, code_after_another_comment_stays);
    tcase_add_test(c, blanks_comments_and_outer_braces_are_not_counted);
    tcase_add_test(c, a_file_without_markers_stays_as_it_is);
    tcase_add_loop_test(c, a_wrong_marker_is_named_and_nothing_is_cut, 0,
                        sizeof wrong / sizeof wrong[0]);
    return s;
}

UNIT_MAIN(suite())
