/* SPDX-License-Identifier: MIT */
/**
 * @file seed.h
 * Which seeds a test is graded with.
 *
 * Without a course key they are the number that was asked for and the ones
 * after it, the same for everybody. With one, each is drawn from
 *
 *     HMAC-SHA256(key, "ringfence/1\0" submission "\0" test "\0" index)
 *
 * so that nobody without the key can tell in advance what a test's inputs
 * will be, a changed submission gets other ones, and the instructor gets the
 * same ones again whenever the same submission is graded.
 *
 * - SEED-I1: the key is in no report, no message and no environment of a
 *   sandbox. A seed may be shown: it tells nothing about the key or about
 *   another submission's seeds.
 * - SEED-I2: a drawn seed is below 2^52, so that every reader of JSON gets
 *   it exactly.
 */
#ifndef GRADER_SEED_H
#define GRADER_SEED_H

#include "labs/grader/util.h"

/** A key with less than this could be guessed. */
#define SEED_MIN_KEY 16u

/** As many runs of one test as make sense. */
#define SEED_MAX 1000u

/**
 * Find the course key, and hide it from whatever is started later.
 *
 * It is, the first that is there: the content of the file `path`, the
 * environment variable RINGFENCE_COURSE_KEY, or the content of the file that
 * RINGFENCE_COURSE_KEY_FILE names. Blanks at its end do not count. A file
 * that cannot be read and a key that is too short end the program with a
 * sentence that does not quote it.
 *
 * @param path  As the user named it, or NULL.
 * @param key   Filled in; data NULL when there is none. bytes_free() it.
 */
void seed_read_key(const char *path, struct bytes *key);

/**
 * The index-th seed of one test.
 *
 * @param key         Of the course; data NULL: there is none.
 * @param first       The first seed without a key.
 * @param submission  Hash of the submission, as text.
 * @param test        The test's id.
 * @param index       From 0.
 */
uint64_t seed_of(const struct bytes *key, uint64_t first,
                 const char *submission, const char *test, unsigned index);

#endif
