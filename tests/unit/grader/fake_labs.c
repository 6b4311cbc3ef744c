/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A made-up lab for the graders' unit tests, in place of the real ones.
 */
#include "labs/grader/labs.h"

static void prepare(struct setup *s, struct rng *rng)
{
    (void)s;
    (void)rng;
}

static void check(struct verdict *v, const struct run *run)
{
    (void)v;
    (void)run;
}

#define FAKE(variable, number, exercise_id, is_regression, its_weight)       \
    static const struct test variable = {                                    \
        .id = number,                                                        \
        .exercise = exercise_id,                                             \
        .title = "A property holds.",                                        \
        .section = "section",                                                \
        .regression = is_regression,                                         \
        .weight = its_weight,                                                \
        .prepare = prepare,                                                  \
        .check = check,                                                      \
    }

FAKE(first, "7.1/first", "7.1", false, 0);
FAKE(second, "7.1/second", "7.1", false, 2);
FAKE(third, "7.2/third", "7.2", true, 0);
FAKE(fourth, "7.2/fourth", "7.2", false, 0);

static const struct test *const tests[] = { &first, &second, &third, &fourth,
                                            NULL };

static const struct lab_tests lab_07_tests = { .lab = 7, .tests = tests };

const struct lab_tests *const all_labs[] = { &lab_07_tests };
const unsigned nr_all_labs = 1;
