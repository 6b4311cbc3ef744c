/* SPDX-License-Identifier: MIT */
/**
 * @file checks.h
 * The checks of a conformance guest, read from its image: section `checks`
 * (common/check.h).
 */
#ifndef CONFORMANCE_CHECKS_H
#define CONFORMANCE_CHECKS_H

#include <stddef.h>
#include <stdint.h>

/** One check; the texts point into the list. */
struct check_entry {
    const char *id, *expected, *seen;
    uint32_t flags;
};

#define CHECK_ENTRY_NEEDS_EXACT 1u
#define CHECK_ENTRY_NEEDS_CONTROL 2u

struct check_list {
    unsigned char *image; /**< the whole file */
    size_t bytes;
    struct check_entry *check;
    size_t nr;
};

/**
 * Read them.
 *
 * @param path  A guest's image.
 * @return NULL, or what is wrong with it, in a phrase.
 */
const char *checks_read(const char *path, struct check_list *list);
void checks_free(struct check_list *list);

#endif
