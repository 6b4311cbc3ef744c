/* SPDX-License-Identifier: MIT */
/**
 * @file debug.h
 * A graded test under gdb: what debug.sh needs besides the run's own files.
 */
#ifndef GRADER_DEBUG_H
#define GRADER_DEBUG_H

#include "labs/grader/grade.h"

/**
 * Write what gdb needs into a folder that a trial has left its files in:
 * `source/`, the submission's files as they were graded, and `gdb.txt`, the
 * commands that connect to the machine and stop it where the function under
 * test starts and, if the test failed, at the offending instruction. Of a test
 * that looks after each of many steps, all but the last go by.
 *
 * @param grading  Finished; its `keep` is the folder.
 * @param item     The one test that was run.
 */
void debug_prepare(const struct grading *grading, const struct item *item);

#endif
