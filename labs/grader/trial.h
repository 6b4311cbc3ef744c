/* SPDX-License-Identifier: MIT */
/**
 * @file trial.h
 * One test on one image, from link to message.
 */
#ifndef GRADER_TRIAL_H
#define GRADER_TRIAL_H

#include "labs/grader/grade.h"

/**
 * Do a test, in a child of a pool.
 *
 * @param g  Paths, limits and the sandbox.
 * @param submission  What is graded.
 * @param test  The test.
 * @param set   The submission's files that are linked.
 * @param keep  A folder for the run's files, or NULL.
 * @return JSON: "verdict", "message", "instructions", "notes", and "ran"
 *         when the simulator was started. The caller releases it.
 */
json_t *trial(const struct grader *g, const struct submission *submission,
              exercise_set set, const struct test *test, const char *keep);

/**
 * Does the test run to a judgement on the reference? The control for whatever
 * breaks on a submission: TRIAL-I1.
 *
 * @param g     The grader.
 * @param test  The test.
 */
bool trial_reference(const struct grader *g, const struct test *test);

#endif
