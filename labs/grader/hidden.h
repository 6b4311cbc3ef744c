/* SPDX-License-Identifier: MIT */
/**
 * @file hidden.h
 * An instructor's own tests, which no starter has: a folder laid out like a
 * lab's, tests/NAME.c and guests/NAME.c, where one file of tests/ defines
 *
 *     const struct lab_tests hidden_tests = { .lab = 1, .tests = ... };
 *
 * make compiles the tests to one shared object, which is loaded here: they
 * are the instructor's code and run with the grader's rights. They belong to
 * the lab's exercises and share their points with the public ones, by
 * weight.
 */
#ifndef GRADER_HIDDEN_H
#define GRADER_HIDDEN_H

#include "labs/grader/grader.h"

/** Below the built folder. */
#define HIDDEN_TESTS "tests.so"
#define HIDDEN_GUESTS "guests"

/**
 * Add hidden tests to g->lab.
 *
 * Whatever is wrong with them (another lab's, an id that exists already, an
 * exercise that does not) ends the program with a sentence.
 *
 * @param g       Its lab was read and has no hidden tests yet.
 * @param folder  Where make built them.
 */
void hidden_load(struct grader *g, const char *folder);

#endif
