/* SPDX-License-Identifier: MIT */
/**
 * @file list.h
 * Adding to a list of mutations; private to mutate/.
 */
#ifndef GRADER_MUTATE_LIST_H
#define GRADER_MUTATE_LIST_H

#include "labs/grader/mutate/mutate.h"

/** Bytes [start, end) of a source. */
struct span {
    size_t start, end;
};

/**
 * Add an edit, unless the list has the same one (MUTATE-I2).
 *
 * @param to        The list.
 * @param source    The whole file; the span is inside it.
 * @param function  In which function.
 * @param kind      What is done to it.
 * @param span      What is replaced.
 * @param with      The replacement; copied.
 */
void mutations_add(struct mutations *to, const char *source,
                   const char *function, enum mutation_kind kind,
                   struct span span, const char *with);

/** Sort by place, keep the order of what is at the same one, and give each
 *  mutation its key. */
void mutations_name(struct mutations *list, const char *source);

#endif
