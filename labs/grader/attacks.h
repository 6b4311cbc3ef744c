/* SPDX-License-Identifier: MIT */
/**
 * @file attacks.h
 * Attempts to get points without doing the work, and what they are given.
 */
#ifndef GRADER_ATTACKS_H
#define GRADER_ATTACKS_H

#include "labs/grader/grade.h"
#include "labs/grader/variant.h"

/** What one variant of an attack came to. */
struct attempt {
    exercise_set half; /**< exercises that it has right */
    uint64_t seed;     /**< 0: the grader's own */
    double expected;   /**< points */
    bool by_heart;     /**< it may score more than its honest part */
    unsigned score;    /**< OUT hundredths */
    char *message;     /**< OUT of the first failure that has the finding, or
                            of the first one: its first lines; free() it */
    char *problem;     /**< OUT what is wrong, or NULL; free() it */
};

/**
 * Grade one variant. Wrong is: another score than the expected one, an
 * expected one above the variant's honest part, a test without a verdict, a
 * missing finding, and a report that is not clean JSON and clean text.
 *
 * @param g        Paths, limits, the seed.
 * @param attack   The attack.
 * @param attempt  The variant; its results are filled in.
 */
void attack_try(const struct grader *g, const struct attack *attack,
                struct attempt *attempt);

/**
 * Try all attacks of a lab, each against the starter and against a half-done
 * solution, and print the table.
 *
 * @param options  Of every command.
 * @param only     An attack's name, or NULL for all.
 * @retval false   Something is wrong: the last lines say what.
 */
bool attacks_lab(const struct grader_options *options, const char *only);

#endif
