/* SPDX-License-Identifier: MIT */
/**
 * @file alike.h
 * Submissions that are suspiciously alike, by sim_c of the package
 * similarity-tester: it compares programs by their tokens, so names, comments
 * and layout do not hide a copy. What it finds is a reason to look, never a
 * verdict.
 */
#ifndef GRADER_ALIKE_H
#define GRADER_ALIKE_H

#include "labs/grader/class_table.h"
#include "labs/grader/submission.h"

/** Pairs below this many percent are no news: the task is the same. */
#define ALIKE_PERCENT 80u

/**
 * What a student wrote: the submission's files without the lines that the
 * starter has. free() it.
 *
 * @param lab         Whose files they are.
 * @param submission  Read; refused ones give an empty text.
 */
char *alike_own_text(const struct lab *lab,
                     const struct submission *submission);

/**
 * Compare all sources of a results folder; fills table->pair.
 *
 * @param g        For the sandbox in which the texts are read.
 * @param results  Where sources/ is; sources that are not there are not
 *                 compared.
 * @param table    Its rows.
 */
void alike_find(const struct grader *g, const char *results,
                struct class_table *table);

#endif
