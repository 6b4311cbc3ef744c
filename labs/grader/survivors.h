/* SPDX-License-Identifier: MIT */
/**
 * @file survivors.h
 * The list of generated mutants that no test can kill, each with the reason
 * why it is the same program: labs/NN-name/mutants/survivors.txt.
 *
 *     # To the end of the line: a comment.
 *     1.1 nth_run: if (end > [limit -> (limit + 1)])
 *     1.1 nth_run: if (end > [limit -> (limit - 1)])
 *         Indented lines, after one key or several: the reason. Here: when
 *         `end` is `limit`, the assignment changes nothing.
 *
 * The keys are those of mutate/mutate.h, so an edit of the line makes its key
 * stale, and a stale key is an error.
 */
#ifndef GRADER_SURVIVORS_H
#define GRADER_SURVIVORS_H

#include <stdbool.h>

#include "labs/grader/util.h"

/** One key of the list. */
struct survivor {
    char *exercise;
    char *key;
    unsigned line; /**< of the file, from 1 */
};

struct survivors {
    struct survivor *survivor;
    unsigned nr;
};

/**
 * Take a list apart.
 *
 * @param path     For messages.
 * @param text     The whole file, NUL-ended.
 * @param to       Filled in; release with survivors_free().
 * @param problem  One sentence with file:line when false; free() it.
 * @retval false   A key without a reason, a reason without a key, a key that
 *                 names no exercise, or the same key twice.
 */
bool survivors_read(const char *path, const char *text, struct survivors *to,
                    char **problem);
void survivors_free(struct survivors *survivors);

/** The entry of a key, or NULL. */
const struct survivor *survivors_find(const struct survivors *survivors,
                                      const char *exercise, const char *key);

#endif
