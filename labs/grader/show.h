/* SPDX-License-Identifier: MIT */
/**
 * @file show.h
 * A graded run for people: its timeline as text and as a picture.
 */
#ifndef GRADER_SHOW_H
#define GRADER_SHOW_H

#include "labs/grader/grade.h"

/**
 * Print a run's timeline and draw it: of a failed test the last events up to
 * the offending instruction, of another one the whole run.
 *
 * The folder gets `timeline.txt`, always whole, and `timeline.svg`, what was
 * printed as a picture. Both were made in a sandbox, because the names in
 * them come from what a submission was compiled to.
 *
 * @param grading  Finished; its `keep` is the folder of the run's files.
 * @param item     The one test that was run.
 */
void show_run(const struct grading *grading, const struct item *item);

#endif
