/* SPDX-License-Identifier: MIT */
/**
 * @file errors.h
 * Which errors the hypervisor's sources name in a `return`.
 */
#ifndef CONFORMANCE_ERRORS_H
#define CONFORMANCE_ERRORS_H

#include <stddef.h>

#define ERRORS_MAX_CALLS 8

struct source_errors {
    const char *source, *function;
    char error[32]; /**< "-EINVAL" */
    const char *const *call; /**< which calls lead there: a check's prefix */
    size_t nr_calls;
};

/**
 * Read them, each (function, error) once.
 *
 * @param path  A list: a source (from the top) and its calls, a line each; a
 *              source without calls returns nothing to a guest.
 * @return NULL, or what is wrong.
 */
const char *errors_read(const char *path, struct source_errors **list,
                        size_t *nr);

#endif
