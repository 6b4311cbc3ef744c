/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Points: the division is exact, and a lab is a whole only when every
 * exercise has earned something of its own.
 */
#include <string.h>

#include "labs/grader/grade.h"
#include "labs/grader/render.h"
#include "unit.h"

START_TEST(shares_add_up)
{
    unsigned weight[40] = { 0 }, share[40], sum = 0;
    unsigned nr = (unsigned)_i + 1;

    for (unsigned i = 0; i < nr; i++)
        weight[i] = 1 + i % 3;
    score_divide(2000, weight, nr, share);
    for (unsigned i = 0; i < nr; i++) {
        ck_assert_uint_gt(share[i], 0);
        sum += share[i];
    }
    ck_assert_uint_eq(sum, 2000);
}
END_TEST

START_TEST(shares_follow_weights)
{
    const unsigned weight[] = { 1, 2, 1 };
    unsigned share[3];

    score_divide(2000, weight, 3, share);
    ck_assert_uint_eq(share[0], 500);
    ck_assert_uint_eq(share[1], 1000);
    ck_assert_uint_eq(share[2], 500);
}
END_TEST

/** The made-up lab: 7.1 with two tests, 7.2 with a regression test and
 *  another one. */
static struct lab lab;

static void make_lab(void)
{
    lab = (struct lab){
        .number = 7, .title = "Made up", .handout = "labs/07/README.md",
        .whole_points = 20, .tests = all_labs[0]->tests, .nr_exercises = 2,
    };
    lab.exercise[0] = (struct exercise){ .id = "7.1", .title = "One",
                                         .points = 50, .file = "src/a.c" };
    lab.exercise[1] = (struct exercise){ .id = "7.2", .title = "Two",
                                         .points = 30, .file = "src/b.c" };
}

START_TEST(a_whole_has_something_of_every_exercise)
{
    const struct exercise *missing = NULL;
    struct score_own own[4];

    for (unsigned i = 0; i < 4; i++)
        own[i] = (struct score_own){ lab.tests[i], false };
    ck_assert(!score_is_whole(&lab, own, 4, &missing));
    ck_assert_ptr_eq(missing, &lab.exercise[0]);
    own[1].passed = true;
    ck_assert(!score_is_whole(&lab, own, 4, &missing));
    ck_assert_ptr_eq(missing, &lab.exercise[1]);
    own[2].passed = true; /* a starter passes it, too */
    ck_assert(!score_is_whole(&lab, own, 4, &missing));
    own[3].passed = true;
    ck_assert(score_is_whole(&lab, own, 4, &missing));
}
END_TEST

static struct grader grader;
static struct submission submission;
static struct grading grading;

static void start(const char *exercise, const char *test)
{
    make_lab();
    grader = (struct grader){ .lab = lab, .seed = 5,
                              .fingerprint = json_object() };
    submission_empty(&submission);
    grading_start(&grading, &grader, &submission, exercise, test);
}

static void set(const char *id, enum verdict_kind verdict)
{
    for (unsigned i = 0; i < grading.nr_items; i++)
        if (!strcmp(grading.item[i].id, id)) {
            grading.item[i].verdict = verdict;
            grading.item[i].done = true;
            return;
        }
    ck_abort_msg("no item %s", id);
}

START_TEST(a_lab_has_100_points)
{
    start(NULL, NULL);
    ck_assert_uint_eq(grading.nr_items, 8);
    ck_assert_uint_eq(grading_max(&grading, NULL), 100 * POINT);
    ck_assert_uint_eq(grading_max(&grading, "7.1"), 50 * POINT);
    ck_assert_uint_eq(grading_max(&grading, WHOLE), 20 * POINT);
    ck_assert_uint_eq(grading_score(&grading, NULL), 0);
    ck_assert_uint_eq(grading_ungraded(&grading), 8);
    for (unsigned i = 0; i < grading.nr_items; i++)
        set(grading.item[i].id, VERDICT_PASS);
    ck_assert_uint_eq(grading_score(&grading, NULL), 100 * POINT);
    ck_assert_uint_eq(grading_ungraded(&grading), 0);
}
END_TEST

START_TEST(a_harness_error_moves_no_other_score)
{
    start(NULL, NULL);
    set("7.1/first", VERDICT_PASS);
    set("7.1/second", VERDICT_HARNESS);
    set("7.2/third", VERDICT_FAIL);
    ck_assert_uint_eq(grading_score(&grading, "7.1"), 1667);
    ck_assert_uint_eq(grading_score(&grading, NULL), 1667);
}
END_TEST

START_TEST(a_selection_counts_alone)
{
    start("7.2", NULL);
    ck_assert_uint_eq(grading_max(&grading, NULL), 30 * POINT);
    start(NULL, "whole/7.1/second");
    ck_assert_uint_eq(grading_max(&grading, NULL), 800);
    start("whole", NULL);
    ck_assert_uint_eq(grading_max(&grading, NULL), 20 * POINT);
}
END_TEST

START_TEST(an_unknown_exercise_is_a_mistake)
{
    start("7.3", NULL);
}
END_TEST

START_TEST(an_unknown_test_is_a_mistake)
{
    start(NULL, "7.1/third");
}
END_TEST

START_TEST(points_are_short)
{
    char *text = points_text((unsigned[]){ 0, 100, 2000, 1250, 167, 5 }[_i]);

    ck_assert_str_eq(text, ((const char *[]){ "0", "1", "20", "12.5", "1.67",
                                              "0.05" })[_i]);
    free(text);
}
END_TEST

/* --- The report ----------------------------------------------------------- */

static json_t *report(void)
{
    char *text = report_json(&grading);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    ck_assert_ptr_nonnull(json);
    ck_assert_ptr_nonnull(strstr(text, "}\n"));
    free(text);
    return json;
}

START_TEST(the_report_has_what_it_must_have)
{
    static const char *const keys[] = {
        "id", "exercise", "title", "score", "max_score", "verdict", "message",
        "instructions", "replay",
    };
    json_t *json, *tests, *test;

    start(NULL, NULL);
    set("7.1/first", VERDICT_PASS);
    set("7.1/second", VERDICT_FAIL);
    json = report();
    ck_assert_int_eq(json_integer_value(json_object_get(json, "lab")), 7);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "seed")), 5);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "max_score")),
                     100);
    ck_assert(json_real_value(json_object_get(json, "score")) == 16.67);
    tests = json_object_get(json, "tests");
    ck_assert_uint_eq(json_array_size(tests), 8);
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_ptr_nonnull(json_object_get(json_array_get(tests, 0),
                                              keys[i]));
    test = json_array_get(tests, 1);
    ck_assert_str_eq(json_string_value(json_object_get(test, "verdict")),
                     "fail");
    ck_assert_int_eq(json_integer_value(json_object_get(test, "score")), 0);
    ck_assert_str_eq(json_string_value(json_object_get(test, "replay")),
                     "make grade LAB=7 TEST=7.1/second SEED=5 TRACE=1");
    test = json_array_get(tests, 2);
    ck_assert_str_eq(json_string_value(json_object_get(test, "verdict")),
                     "harness-error");
    ck_assert(json_is_null(json_object_get(test, "score")));
    json_decref(json);
}
END_TEST

/** The report as text, for a student or not. */
static char *as_text(bool student)
{
    struct render_options options = { .submission = "alice.zip",
                                      .student = student };
    json_t *json = report_make(&grading);
    char *text = render_text(json, &options);

    json_decref(json);
    return text;
}

START_TEST(text_and_json_agree)
{
    char *text;

    start(NULL, NULL);
    set("7.1/first", VERDICT_PASS);
    set("7.1/second", VERDICT_FAIL);
    grading.item[1].instructions = 5;
    free(grading.item[1].message);
    grading.item[1].message = must_copy("what went wrong");
    text = as_text(false);
    ck_assert_ptr_nonnull(strstr(text, "pass  7.1/first"));
    ck_assert_ptr_nonnull(strstr(text, "Score: 16.67/100"));
    ck_assert_ptr_nonnull(strstr(text, "FAIL  7.1/second"));
    ck_assert_ptr_nonnull(strstr(text, "TRACE=1 SUBMISSION=alice.zip"));
    /* What several tests say is told once. */
    ck_assert_ptr_nonnull(strstr(text, "as above"));
    /* Nobody may read this as all that there is. */
    ck_assert_ptr_nonnull(strstr(text, "no hidden test ran"));
    ck_assert_ptr_null(strstr(text, "\033"));
    free(text);
}
END_TEST

START_TEST(a_student_sees_only_a_hidden_tests_verdict)
{
    char *text;

    start(NULL, NULL);
    set("7.1/second", VERDICT_FAIL);
    grading.item[1].hidden = true;
    grading.item[1].instructions = 5;
    free(grading.item[1].message);
    grading.item[1].message = must_copy("the secret");
    text = as_text(true);
    ck_assert_ptr_null(strstr(text, "the secret"));
    ck_assert_ptr_null(strstr(text, "replay"));
    ck_assert_ptr_nonnull(strstr(text, "0 of 1 hidden tests passed"));
    free(text);
    text = as_text(false);
    ck_assert_ptr_nonnull(strstr(text, "the secret"));
    free(text);
}
END_TEST

START_TEST(each_test_has_its_own_drawn_seed)
{
    char key[] = "a key of a course", *text;

    make_lab();
    grader = (struct grader){ .lab = lab, .seed = 5, .nr_seeds = 3,
                              .key = { key, sizeof key - 1 },
                              .fingerprint = json_object() };
    submission_empty(&submission);
    grading_start(&grading, &grader, &submission, NULL, NULL);
    ck_assert(grading.item[0].seed != grading.item[1].seed);
    /* The same test on the whole submission has the same input. */
    ck_assert(grading.item[0].seed == grading.item[4].seed);
    text = report_json(&grading);
    ck_assert_ptr_null(strstr(text, key));
    ck_assert_ptr_nonnull(strstr(text, "\"seed\": null"));
    ck_assert_ptr_nonnull(strstr(text, "\"seeds\": 3"));
    free(text);
}
END_TEST

/** Hidden tests come behind the lab's own, and share the points. */
static const struct test fifth = { .id = "7.1/fifth", .exercise = "7.1",
                                   .title = "A secret property holds." };
static const struct test sixth = { .id = "7.1/first", .exercise = "7.1" };

START_TEST(hidden_tests_share_the_points)
{
    const struct test *const more[] = { &fifth, NULL };

    make_lab();
    lab_add_tests(&lab, more);
    ck_assert(lab_is_hidden(&lab, &fifth));
    ck_assert(!lab_is_hidden(&lab, lab.tests[3]));
    grader = (struct grader){ .lab = lab, .fingerprint = json_object() };
    submission_empty(&submission);
    grading_start(&grading, &grader, &submission, NULL, NULL);
    ck_assert_uint_eq(grading_max(&grading, "7.1"), 50 * POINT);
    ck_assert_uint_eq(grading_max(&grading, NULL), 100 * POINT);
    ck_assert(grading_item(&grading, "7.1/fifth")->hidden);
    ck_assert(grading_item(&grading, "whole/7.1/fifth")->hidden);
    ck_assert(!grading_item(&grading, "7.1/first")->hidden);
}
END_TEST

START_TEST(a_hidden_test_with_a_known_name_is_a_mistake)
{
    const struct test *const more[] = { &sixth, NULL };

    make_lab();
    lab_add_tests(&lab, more);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/score");
    TCase *c = tcase_create("score");

    suite_add_tcase(s, c);
    tcase_add_unchecked_fixture(c, make_lab, NULL);
    tcase_add_loop_test(c, shares_add_up, 0, 40);
    tcase_add_test(c, shares_follow_weights);
    tcase_add_test(c, a_whole_has_something_of_every_exercise);
    tcase_add_test(c, a_lab_has_100_points);
    tcase_add_test(c, a_harness_error_moves_no_other_score);
    tcase_add_test(c, a_selection_counts_alone);
    tcase_add_exit_test(c, an_unknown_exercise_is_a_mistake, GRADER_USAGE);
    tcase_add_exit_test(c, an_unknown_test_is_a_mistake, GRADER_USAGE);
    tcase_add_loop_test(c, points_are_short, 0, 6);
    tcase_add_test(c, the_report_has_what_it_must_have);
    tcase_add_test(c, text_and_json_agree);
    tcase_add_test(c, a_student_sees_only_a_hidden_tests_verdict);
    tcase_add_test(c, each_test_has_its_own_drawn_seed);
    tcase_add_test(c, hidden_tests_share_the_points);
    tcase_add_exit_test(c, a_hidden_test_with_a_known_name_is_a_mistake,
                        GRADER_HARNESS);
    return s;
}

UNIT_MAIN(suite())
