/* SPDX-License-Identifier: MIT */
/**
 * @file submission.h
 * A submission: at most one file an exercise, each compiled once.
 */
#ifndef GRADER_SUBMISSION_H
#define GRADER_SUBMISSION_H

#include "labs/grader/grader.h"

/** One exercise's part of a submission. */
struct part {
    struct bytes source; /**< data NULL: the submission has no such file */
    char *object;        /**< compiled and checked; NULL: see problem */
    char *problem;       /**< why there is no object: the submission's fault */
    char *warnings;      /**< lines of the compiler's; NULL: none */
};

struct submission {
    struct part part[LAB_MAX_EXERCISES]; /**< as lab.exercise[] */
    char *refused;    /**< the whole submission was: one sentence, or NULL */
    json_t *ignored;  /**< names of files that were left out */
    unsigned nr_ignored;
};

/**
 * Read a submission: a folder, a zip or a tar. Nothing is compiled yet.
 *
 * Whatever is wrong with it becomes `refused`; a path that does not exist is
 * the user's mistake and ends the program.
 */
void submission_read(const struct grader *g, const char *path,
                     struct submission *to);

/** Take the lab's files from the tree that is the working directory. */
void submission_of_tree(const struct grader *g, struct submission *to);

/** An empty submission, to be filled in part by part. */
void submission_empty(struct submission *to);
/** Give an exercise its source; `source` is copied, NULL takes it away. */
void submission_set(struct submission *to, unsigned exercise,
                    const char *source, size_t size);

/** Exercises of a lab: a bit each, in the order of lab.exercise[]. */
typedef unsigned exercise_set;

/** Compile and check the parts of a set, each in sandboxes of its own. A part
 *  that is not there gets a problem. */
void submission_compile(const struct grader *g, struct submission *to,
                        exercise_set set);

/** SHA-256 of the lab's files as they were handed in, as text; free() it.
 *  What was ignored has no part in it. */
char *submission_hash(const struct grader *g,
                      const struct submission *submission);

void submission_free(struct submission *submission);

#endif
