/* SPDX-License-Identifier: MIT */
/**
 * @file mutate.h
 * Small mistakes put into the functions that a student writes: statements
 * deleted, conditions negated, constants and bounds off by one.
 *
 * The functions are those between solution markers (markers.h), or, for
 * suites outside the labs, all of a file. What is a
 * statement, a condition or a constant is asked of a real parse: libclang, the
 * stable C interface of clang. A tokenizer of our own would have to guess
 * what a macro hides and where an operand ends.
 *
 * - MUTATE-I1: an edit replaces bytes of the file, never of a macro's
 *   definition, and what it replaces is a whole statement or a whole
 *   expression: the rest of the file keeps its meaning.
 * - MUTATE-I2: the same source gives the same list in the same order, each
 *   edit once.
 * - MUTATE-I3: a key shows the edit in the line that it changes, so a line
 *   that is edited gives other keys.
 *
 * What is done, in the order of the text:
 *
 *     delete    x = 1;  return 0;  if (...) ... else ...  a whole loop; but
 *               no declaration, without whose name nothing compiles
 *     negate    the conditions of if, while, do, for and ?:, and each side
 *               of && and ||
 *     add       1 or -1 to an integer constant: a literal, a macro's use that
 *               is one, an enumerator; true and false change places
 *     bound     the same for the right side of < <= > >=
 *
 * and, where all functions of a file are meant, larger ones:
 *
 *     empty     the whole body: nothing is done, and 0 or 1 returned, if
 *               anything is
 *     add       1 to what is returned or assigned, whatever it is; a boolean
 *               becomes the other one
 */
#ifndef GRADER_MUTATE_H
#define GRADER_MUTATE_H

#include <stdbool.h>
#include <stddef.h>

#include "labs/grader/util.h"

enum mutation_kind {
    MUTATION_DELETE,
    MUTATION_NEGATE,
    MUTATION_ADD,
    MUTATION_EMPTY,
};

/** One edit: the bytes [start, end) of the source become `with`. */
struct mutation {
    enum mutation_kind kind;
    char *function;
    unsigned line; /**< where it starts, from 1 */
    size_t start, end;
    char *with;
    char *key; /**< one line, unique in the file */
};

struct mutations {
    struct mutation *mutation;
    unsigned nr;
};

/**
 * List the mistakes that can be put into a file's functions.
 *
 * @param path     Of the file, as the compiler is told it.
 * @param all      Every function of the file, not the marked ones only.
 * @param source   Its text, NUL-ended; what is on the disk is not read.
 * @param flags    The compiler's words; those that libclang need not know
 *                 are left out.
 * @param nr_flags How many.
 * @param to       Filled in; release with mutations_free().
 * @param problem  One sentence when false; free() it.
 * @retval false   The markers are wrong or the source does not compile.
 */
bool mutations_find(const char *path, bool all, const char *source,
                    const char *const *flags, unsigned nr_flags,
                    struct mutations *to, char **problem);
void mutations_free(struct mutations *mutations);

/** "delete", "negate", "add", "empty". */
const char *mutation_word(enum mutation_kind kind);

#endif
