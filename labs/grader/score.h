/* SPDX-License-Identifier: MIT */
/**
 * @file score.h
 * How verdicts become points. Points are counted in hundredths, in integers.
 *
 * - SCORE-I1: an exercise's points are divided among its tests by their
 *   weights; the parts add up to the points exactly, and depend on nothing
 *   but the weights and their order.
 * - SCORE-I2: the points of an exercise come from runs with the submission's
 *   file for it and the reference for all else, so no other exercise moves
 *   them.
 * - SCORE-I3: the points of the whole lab are divided among all its tests in
 *   the same way, and come from runs with all of the submission's files.
 *   They count once every exercise has passed at least one test of its own
 *   that a starter does not pass: a lab with an untouched exercise is not a
 *   whole yet. So, from the starter, putting exercises right one at a time
 *   in any order raises the score by exactly that exercise's points, and the
 *   last one by the whole's besides; and one wrong case in a lab that is
 *   otherwise right costs its share twice, not twenty points.
 * - SCORE-I4: a harness error is no verdict: its test has no score, and no
 *   other test's score changes.
 */
#ifndef GRADER_SCORE_H
#define GRADER_SCORE_H

#include <stdbool.h>

#include "labs/grader/labs.h"

/** Hundredths of a point. */
#define POINT 100u

/**
 * Divide `points` hundredths by weights.
 *
 * @param points  What there is to divide, in hundredths.
 * @param nr  How many tests.
 * @param weight  `nr` weights, each at least 1.
 * @param share   `nr` results; their sum is `points`.
 */
void score_divide(unsigned points, const unsigned *weight, unsigned nr,
                  unsigned *share);

/** What is known of one test of an exercise's own runs. */
struct score_own {
    const struct test *test;
    bool passed;
};

/**
 * Is the lab a whole (SCORE-I3)?
 *
 * @param lab  Its exercises.
 * @param own  What their own runs gave.
 * @param nr  How many of `own`.
 * @param missing The first exercise without
 * a passed test when not.
 */
bool score_is_whole(const struct lab *lab, const struct score_own *own,
                    unsigned nr, const struct exercise **missing);

#endif
