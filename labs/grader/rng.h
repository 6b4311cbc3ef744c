/* SPDX-License-Identifier: MIT */
/**
 * @file rng.h
 * The random numbers of a graded test (drawing functions: test.h).
 *
 * A test's numbers start from 32 bytes, SHA-256 over
 *
 *     "ringfence/1\0"  the seed as 8 bytes, lowest first  the test's id
 *
 * which become the state of xoshiro256** (Blackman and Vigna). So each test
 * has numbers of its own, a test added to a lab changes no other, and one
 * number on the command line repeats everything. Whoever wants seeds that a
 * student cannot compute derives the number from a key; nothing below cares
 * where it came from.
 */
#ifndef GRADER_RNG_H
#define GRADER_RNG_H

#include "labs/grader/test.h"

struct rng {
    uint64_t state[4]; /**< never all 0 */
};

/** Start the numbers of one test. */
void rng_start(struct rng *rng, uint64_t seed, const char *test_id);

#endif
