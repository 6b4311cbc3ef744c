/* SPDX-License-Identifier: MIT */
/**
 * @file bench.h
 * What grading costs. Instructions are the same on every machine, so they are
 * compared with what they were; seconds are for whoever asks how long a class
 * takes here, and are compared with nothing.
 *
 * Pinned in labs/NN-name/bench.json:
 *
 *     { "runs": 52, "instructions": 41000000, "seconds": 9 }
 *
 * The seconds are what it took where that was pinned: for the page of all
 * labs.
 */
#ifndef GRADER_BENCH_H
#define GRADER_BENCH_H

#include "labs/grader/grader.h"

/** What to do with the figures. */
struct bench_options {
    bool pin;            /**< they become the pinned ones */
    const char *results; /**< file for result lines; or NULL */
};

/**
 * Grade a submission that is right and is not the reference, byte for byte,
 * and print what that cost.
 *
 * @param options  Of every command; its jobs is how many runs take place at
 *                 the same time.
 * @param what     What to do with the figures.
 * @retval false   There were other runs than the pinned ones, or more than a
 *                 quarter more instructions; or there is nothing pinned.
 */
bool bench_lab(const struct grader_options *options,
               const struct bench_options *what);

#endif
