/* SPDX-License-Identifier: MIT */
/**
 * @file killers.h
 * The list tests/conformance/killers.txt: for each check a mistake in the
 * hypervisor that makes it fail, so that we know that it can.
 *
 *     CHECK <tab> SOURCE <tab> KEY
 *
 * SOURCE is a file below src/hypervisor, KEY one of its mutations (rf-mutate).
 * Lines that begin with `#` are for people.
 */
#ifndef CONFORMANCE_KILLERS_H
#define CONFORMANCE_KILLERS_H

#include <stddef.h>

struct killer {
    char *check, *source, *key;
};

struct killers {
    struct killer *killer;
    size_t nr;
};

/** Read a list. @return NULL, or what is wrong with it. */
const char *killers_read(const char *path, struct killers *to);

/** Add one; all three are copied. */
void killers_add(struct killers *to, const char *check, const char *source,
                 const char *key);

/** The check's killer, or NULL. */
const struct killer *killers_of(const struct killers *list,
                                const char *check);

#endif
