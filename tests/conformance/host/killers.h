/* SPDX-License-Identifier: MIT */
/**
 * @file killers.h
 * The list tests/conformance/killers.txt: mistakes in the hypervisor, and for
 * each the checks that were seen to fail under it.
 *
 *     SOURCE <tab> KEY
 *         CHECK CHECK ...
 *
 * SOURCE is a file below src/hypervisor and KEY one of its mutations
 * (rf-mutate): the function, the kind and the text, so that only an edit of
 * that very text makes it stale. Or SOURCE is a file of mutants/, and KEY is
 * KILLER_WHOLE. Lines that begin with `#` are for people.
 *
 * A last one, KILLER_OPEN, is no mistake: under it are checks that no mistake
 * has made fail yet. It only ever becomes shorter by itself.
 *
 * Two mistakes a check are kept, in different functions where there are such:
 * so one edit seldom leaves a check without any.
 */
#ifndef CONFORMANCE_KILLERS_H
#define CONFORMANCE_KILLERS_H

#include <stdbool.h>
#include <stddef.h>

/** How many killers of a check are enough. */
#define KILLERS_ENOUGH 2
#define KILLER_WHOLE "the whole mutant"
/** Checks that are known to have no killer yet. */
#define KILLER_OPEN "open"
#define KILLER_OPEN_KEY "no mistake has been found yet"
/** Begins the SOURCE of a mutant that a person wrote. */
#define KILLER_MUTANTS "mutants/"

struct killer {
    char *source, *key;
    char **check;
    size_t nr_checks;
};

struct killers {
    struct killer *killer;
    size_t nr;
};

/** Read a list. @return NULL, or what is wrong with it. */
const char *killers_read(const char *path, struct killers *to);

/** Write one, sorted, at once: whoever reads finds the old list or the new
 *  one. @return NULL, or what is wrong. */
const char *killers_write(const char *path, struct killers *list);

/** Whether a check was seen to fail under a mistake. */
bool killer_has(const struct killer *k, const char *check);

/** Add a check to a mistake's; all texts are copied. */
void killers_add(struct killers *to, const char *source, const char *key,
                 const char *check);

/** Whether one more killer of this check is worth keeping: there are not
 *  enough, and none in this function. */
bool killers_want(const struct killers *list, const char *source,
                  const char *key, const char *check);

/** How many killers a check has. */
unsigned killers_of(const struct killers *list, const char *check);

/** Whether it is known that a check has none. */
bool killers_open(const struct killers *list, const char *check);

/** Whether it is one of mistakes: not the list of checks without. */
bool killer_is_mistake(const struct killer *k);

/** Leave a killer out. */
void killers_drop(struct killers *list, size_t index);

#endif
