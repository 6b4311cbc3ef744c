/* SPDX-License-Identifier: MIT */
/**
 * @file error.h
 * How the simulator's libraries say what was wrong: one sentence in a
 * buffer of the caller's, so that nothing is printed from inside a library
 * and a grader can put the sentence into a report.
 */
#ifndef SIM_ERROR_H
#define SIM_ERROR_H

/** One sentence for people, without a line's end. */
struct sim_error {
    char text[512];
};

/**
 * Write the sentence.
 *
 * @param error   Where to; NULL is allowed and drops it.
 * @param format  As of printf(); the arguments follow.
 * @return Always -1, so that a function can end with
 *         `return sim_fail(error, ...)`.
 */
int sim_fail(struct sim_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
