/* SPDX-License-Identifier: MIT */
/**
 * @file starter.h
 * What a student gets and hands in: the starter tree, and the packed
 * submission.
 */
#ifndef GRADER_STARTER_H
#define GRADER_STARTER_H

#include "labs/grader/labs.h"

/**
 * Export the starter of a lab from the tree that is the working directory.
 *
 * The result is a tree of its own: bodies of this lab's and later exercises
 * are cut, later modules and all reference objects come stripped, and `make`,
 * `make grade` and `make submit` work in it as they do here. Solutions,
 * mutants and attacks are not in it.
 *
 * @param lab  Which lab.
 * @param build  Where this tree's hypervisor was built.
 * @param dest   A folder that does not exist or is empty; otherwise the
 *               program ends with a sentence, and nothing has changed.
 * @return Number of files in it.
 */
unsigned starter_export(const struct lab *lab, const char *build,
                        const char *dest);

/**
 * The starter's version of one exercise's file.
 *
 * @param source  Of the solution.
 * @param path    For messages; a wrong marker ends the program.
 * @return Text of its own.
 */
char *starter_source(const char *path, const char *source);

/**
 * Check the solution markers of all sources below src/; the first wrong one
 * ends the program with a sentence that names file and line.
 */
void starter_check_markers(void);

/**
 * Pack the files that the lab asks for into a zip.
 *
 * @param lab  Which lab.
 * @param dest  The archive; NULL: submission-lab-N.zip in build/.
 */
void starter_pack(const struct lab *lab, const char *dest);

#endif
