/* SPDX-License-Identifier: MIT */
/**
 * @file intake.h
 * Which entries of a submission are the lab's files: the decision, apart
 * from the reading of archives and folders (intake.c).
 *
 * A file of the lab may come
 *
 * - rank 0: by its path from the top of the tree
 *   (src/hypervisor/boot/x.c),
 * - rank 1: by that path below one folder (alice/src/hypervisor/boot/x.c),
 * - rank 2: by its bare name at the top (x.c), as upload forms do it.
 *
 * The lowest rank wins; two of the same rank are refused, because nobody
 * could say which one was meant.
 *
 * - INTAKE-I1: nothing is written that was not named by the lab.
 * - INTAKE-I2: a submission is refused as a whole, with one sentence, or
 *   taken; what is not taken from it is listed.
 */
#ifndef GRADER_INTAKE_H
#define GRADER_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

#define CHOOSER_MAX_FILES 16
#define CHOOSER_NO_RANK 3

/** A lab's file, as far as it was found. */
struct chosen {
    const char *file; /**< of the lab */
    unsigned rank;    /**< CHOOSER_NO_RANK: not found */
    char *data; /**< NUL-ended; the chooser's */
    size_t size;
    char *path; /**< in the submission */
};

/** The files that are looked for. */
struct chooser {
    struct chosen chosen[CHOOSER_MAX_FILES];
    unsigned nr;
};

/** What a path is to a lab's file; CHOOSER_NO_RANK when nothing. */
unsigned chooser_rank(const char *path, const char *file);

/**
 * The lab's file that a path may bring, or NULL.
 *
 * @param chooser  The files that are looked for.
 * @param path  An entry of the submission, relative.
 * @param rank Filled in.
 */
struct chosen *chooser_find(struct chooser *chooser, const char *path,
                            unsigned *rank);

/** Why a path cannot be in an archive at all: "leaves its folder", or NULL.
 *  Static text. */
const char *path_problem(const char *path);

#endif
