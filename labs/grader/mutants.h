/* SPDX-License-Identifier: MIT */
/**
 * @file mutants.h
 * Do a lab's tests notice mistakes? Its named mutants, and those that
 * rf-mutate generates (mutate/mutate.h), against all tests of their exercise.
 */
#ifndef GRADER_MUTANTS_H
#define GRADER_MUTANTS_H

#include "labs/grader/grader.h"

/** What to do, besides what every command takes. */
struct mutants_options {
    const char *exercise; /**< only this one; or NULL */
    const char *results;  /**< file for result lines; or NULL */
    unsigned sample;      /**< 0: all. n: no named mutants, and about one
                               generated one in n, always the same ones */
};

/**
 * Judge the mutants and show the matrix, then what is wrong, on the standard
 * output.
 *
 * Wrong is: a named mutant that survives, is none, or is not killed by the
 * test that it names; a test that kills no named mutant; a generated survivor
 * that the lab's list (survivors.h) lacks, or that another seed kills; an
 * entry of the list that was killed, or that is no generated mutant (any
 * more).
 *
 * @param options  Of every command.
 * @param what     Which mutants.
 * @retval false   Something is wrong.
 */
bool mutants_lab(const struct grader_options *options,
                 const struct mutants_options *what);

#endif
