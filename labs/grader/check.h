/* SPDX-License-Identifier: MIT */
/**
 * @file check.h
 * What must be true of a lab, proved by grading: its solution, starter,
 * mutants and attacks.
 */
#ifndef GRADER_CHECK_H
#define GRADER_CHECK_H

#include "labs/grader/grader.h"

/**
 * Check one lab. One line a check goes to the file `results`:
 *
 *     pass NAME
 *     fail NAME -- the reason
 *
 * A check that fails is a line; only a fault of the host ends the program.
 */
void check_lab(const struct grader_options *options, const char *results);

#endif
