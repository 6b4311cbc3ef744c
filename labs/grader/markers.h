/* SPDX-License-Identifier: MIT */
/**
 * @file markers.h
 * Solution markers: what a student writes, marked in the one solution tree.
 *
 *     int memory_map_build(const struct boot_info *info, ...)
 *     //@solution 1.1 -- return -ENOSYS;
 *     {
 *         ...
 *     }
 *     //@end
 *
 * In a starter the whole body is replaced by the text after `--`, which may
 * be empty; semicolons outside parentheses and quotes end its lines. A
 * function that only the solution needs is between `//@solution-helper 1.1`
 * and `//@end` and goes altogether, with the comment right above it. A
 * marker stands alone on its line.
 *
 * - MARKER-I1: cutting is all or nothing: a file with one marker wrong gives
 *   an error that names file:line, and no output.
 */
#ifndef GRADER_MARKERS_H
#define GRADER_MARKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "labs/grader/util.h"

#define MARKERS_MAX 64
#define MARKER_ID_BYTES 16

/** One marked body or helper. */
struct marked {
    char exercise[MARKER_ID_BYTES];
    bool helper;
    unsigned line;       /**< of the opening marker, from 1 */
    unsigned last_line;  /**< of the closing one */
    unsigned code_lines; /**< between the markers, without blank lines,
                              comments and the outermost braces */
};

/** What a file's markers say. */
struct markers {
    struct marked marked[MARKERS_MAX];
    unsigned nr;
};

/**
 * Read a file's markers and make its starter.
 *
 * @param path     For messages.
 * @param source   The whole file, NUL-ended.
 * @param found    Filled in; may be NULL.
 * @param starter  The starter's file is added; may be NULL.
 * @param problem  One sentence with file:line when false; free() it.
 * @retval false   A marker is unbalanced, nested, unknown, without a
 *                 function's body, or there are more than MARKERS_MAX.
 */
bool markers_read(const char *path, const char *source,
                  struct markers *found, struct text *starter,
                  char **problem);

#endif
