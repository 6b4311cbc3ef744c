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

/** An error that no check can expect by its name, and why. */
struct error_excuse {
    const char *source, *function, *error;
    const char *check; /**< the guest gets another answer: this check's */
    const char *why;   /**< or: why no guest can bring it about */
};

/**
 * Read them, each (function, error) once.
 *
 * @param path  A list: a source (from the top) and its calls, a line each; a
 *              source without calls returns nothing to a guest. Lines that
 *              begin with `inside` or `never` are errors_excuses()'s.
 * @return NULL, or what is wrong.
 */
const char *errors_read(const char *path, struct source_errors **list,
                        size_t *nr);

/**
 * Read the excuses of the same list:
 *
 *     inside SOURCE FUNCTION ERROR CHECK
 *     never SOURCE FUNCTION ERROR why, to the line's end
 *
 * @return NULL, or what is wrong.
 */
const char *errors_excuses(const char *path, struct error_excuse **list,
                           size_t *nr);

#endif
