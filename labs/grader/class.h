/* SPDX-License-Identifier: MIT */
/**
 * @file class.h
 * A folder of submissions, graded with one command.
 *
 *     RESULTS/reports/NAME.json   the report, for the instructor
 *     RESULTS/reports/NAME.txt    the same for the student
 *     RESULTS/reports/NAME.error  why there is none: the host's fault
 *     RESULTS/former/NAME.json    the report that it replaced, if any
 *     RESULTS/sources/NAME.c      what the student wrote, for comparisons
 *     RESULTS/table.csv           a line a submission
 *     RESULTS/changes.csv         who changed since the former reports
 *     RESULTS/alike.csv           pairs that resemble each other
 *     RESULTS/index.html, *.svg   the page for the instructor
 *
 * NAME is the submission's own name, with every byte that is no letter,
 * digit, '.', '-' or '_' as %XX.
 *
 * - CLASS-I1: a submission is graded by a process of its own, so whatever
 *   happens to it stops no other one.
 * - CLASS-I2: a report is kept, and not made again, exactly if it is complete
 *   and a new one could not differ: same files, lab, seeds, tests and tools.
 *   So an interrupted grading goes on where it was, and after a test was
 *   mended everything is graded again.
 * - CLASS-I3: the table depends on the reports alone, not on the order or the
 *   time in which they were made.
 */
#ifndef GRADER_CLASS_H
#define GRADER_CLASS_H

#include "labs/grader/grader.h"

/** What a class's grading is about. */
struct class_options {
    const char *submissions; /**< folder: each entry is one */
    const char *results;     /**< folder; made when it is not there */
    const char *former;      /**< another results folder to compare with; or
                                  NULL: the reports that were replaced */
};

/**
 * Grade all submissions of a folder, then write the table and the page.
 *
 * @param options  Of every command.
 * @param what     Which folders; one that cannot be used ends the program
 *                 with a sentence.
 * @retval false   Something stayed ungraded because of the host.
 */
bool class_grade(const struct grader_options *options,
                 const struct class_options *what);

/**
 * Write the table and the page for the reports that are in what->results, as
 * another machine's batch system may have made them.
 *
 * @param options  Of every command.
 * @param what     Its folder of submissions is not looked at.
 * @retval false   Something is ungraded because of the host.
 */
bool class_summarize(const struct grader_options *options,
                     const struct class_options *what);

/** A submission's name as that of a file, another one for each, and never too
 *  long for one; free() it. */
char *class_file_name(const char *name);

#endif
