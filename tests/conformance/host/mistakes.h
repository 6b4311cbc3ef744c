/* SPDX-License-Identifier: MIT */
/**
 * @file mistakes.h
 * Mistakes that can be put into the hypervisor: the mutations of its sources
 * (rf-mutate), and the mutants that people wrote (mutants/).
 */
#ifndef CONFORMANCE_MISTAKES_H
#define CONFORMANCE_MISTAKES_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/oracles/variant.h"

struct mistake {
    char *function, *key;
    char *kind; /**< rf-mutate's word for it */
    unsigned line, last_line; /**< that it changes, from 1 */
    size_t start, end;        /**< bytes that it replaces */
    char *with;
};

/** A source, or a mutant: then `variant` is set, and there is one mistake. */
struct source {
    char *name; /**< as in killers.txt */
    char *text;
    unsigned nr_lines;
    struct variant variant;
    struct mistake *mistake;
    size_t nr;
};

/**
 * Read a source and list its mistakes.
 *
 * @param name  As in killers.txt.
 * @return NULL, or what is wrong with it, in a phrase.
 */
const char *source_read(struct source *s, const char *build,
                        const char *name);

/** A mistake by its key, or NULL. */
const struct mistake *source_mistake(const struct source *s,
                                     const char *key);

/** Whether it is a mutant that a person wrote. */
bool source_is_mutant(const char *name);

/**
 * Build FOLDER/image.elf with one mistake.
 *
 * @return false: it is not C any more, or the image cannot be linked.
 */
bool mistake_build(const struct source *s, const struct mistake *m,
                   const char *build, const char *folder);

#endif
