/* SPDX-License-Identifier: MIT */
/**
 * @file labs.h
 * The labs whose tests are linked into this grader, and how one is read.
 */
#ifndef GRADER_LABS_H
#define GRADER_LABS_H

#include "labs/grader/lab.h"

/** labs.c: the one place where a lab's table of tests is named. NULL: not in
 *  this tree. */
extern const struct lab_tests *const all_labs[];
extern const unsigned nr_all_labs;

/** No lab has this number: the user did not say which one. */
#define LAB_NOT_SAID 100u

/**
 * Read lab `number` of the tree that is the working directory.
 *
 * An unknown lab ends the program with a sentence that lists those that
 * exist; a lab.json that is not as lab.h says ends it as a fault.
 * @param number  The lab, or LAB_NOT_SAID.
 * @param lab  Filled in; release with lab_free().
 */
void lab_read(unsigned number, struct lab *lab);
void lab_free(struct lab *lab);

/**
 * Add hidden tests behind the lab's own. A mistake in them ends the program
 * with a sentence.
 *
 * @param lab    Read, and without hidden tests so far.
 * @param tests  NULL-ended; they outlive the lab.
 */
void lab_add_tests(struct lab *lab, const struct test *const *tests);

/** Is it one that lab_add_tests() added? */
bool lab_is_hidden(const struct lab *lab, const struct test *test);

/** An exercise by its id, or NULL. */
const struct exercise *lab_exercise(const struct lab *lab, const char *id);

#endif
