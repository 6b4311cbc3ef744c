/* SPDX-License-Identifier: MIT */
/**
 * @file checks.h
 * The cases of check.c; private to check.c and check_tree.c.
 */
#ifndef GRADER_CHECKS_H
#define GRADER_CHECKS_H

#include "labs/grader/check.h"

struct check;

/** Do a case; `name` is that of the mutant, attack or exercise, or NULL. */
typedef void check_run(const struct check *check, const char *name,
                       struct text *out);

struct check_case {
    check_run *run;
    char *name;
};

/** All cases of one lab. */
struct check {
    struct grader g; /**< its jobs are 1: the cases are parallel */
    struct check_case *cases;
    unsigned nr;
    struct text lines;  /**< results */
    struct text killed; /**< "\nID\n..." */
};

/**
 * Add one result line: labs/N/WHAT/NAME.
 *
 * @param check  The lab being checked.
 * @param out  Where the line goes.
 * @param good  Pass or fail.
 * @param what  Kind of the case: "mutant", "attack", ...
 * @param name  Which one, or NULL.
 * @param fmt  The reason, for when it is not good.
 */
void check_result(const struct check *check, struct text *out, bool good,
                  const char *what, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/** Export the starter; in it, build the image and grade it. */
check_run check_tree;
/** What is marked as to be written is not too much. */
check_run check_lines;
/** Every test's section is a heading of the handout. */
check_run check_handout;

#endif
