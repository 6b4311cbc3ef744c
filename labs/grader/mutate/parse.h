/* SPDX-License-Identifier: MIT */
/**
 * @file parse.h
 * One file parsed by libclang, and the questions that the walk asks of it;
 * private to mutate/.
 */
#ifndef GRADER_MUTATE_PARSE_H
#define GRADER_MUTATE_PARSE_H

#include <clang-c/Index.h>

#include "labs/grader/mutate/list.h"

/** A parsed file. */
struct parse {
    CXIndex index;
    CXTranslationUnit unit;
    CXFile file;
    const char *source;
    size_t size;
    struct span *macro; /**< uses of macros in the file */
    unsigned nr_macros;
};

/** Children of a cursor, in order. */
struct children {
    CXCursor *child;
    unsigned nr;
};

/**
 * Parse a file.
 *
 * @param p         Filled in; release with parse_stop() if true.
 * @param path      Of the file.
 * @param source    Its text; outlives the parse.
 * @param flags     The compiler's words.
 * @param nr_flags  How many.
 * @param problem   The first error when false; free() it.
 * @retval false    It does not compile.
 */
bool parse_start(struct parse *p, const char *path, const char *source,
                 const char *const *flags, unsigned nr_flags, char **problem);
void parse_stop(struct parse *p);

/** The children; release with children_free(). */
void children_of(CXCursor cursor, struct children *to);
void children_free(struct children *children);

/**
 * Where a cursor is in the file. Inside a macro's definition that is the
 * macro's use, for whatever lies in it.
 *
 * @param p       The parse.
 * @param cursor  What to find.
 * @param span    Filled in when true.
 * @retval false  It is in another file, or nowhere.
 */
bool parse_span(const struct parse *p, CXCursor cursor, struct span *span);

/** Is the span exactly one use of a macro? */
bool parse_is_macro(const struct parse *p, struct span span);

/** Does the source have this word at `at`, and does it end there? */
bool parse_word_at(const struct parse *p, size_t at, const char *word);

/** The one punctuator between two spans, as "<=": 0 to 2 bytes in `to`, ""
 *  when there is something else. Comments may stand beside it. */
void parse_operator(const struct parse *p, struct span left,
                    struct span right, char to[4]);

/** Is it an integer, a Boolean or an enumeration's value? */
bool parse_is_integer(CXCursor cursor);
bool parse_is_boolean(CXCursor cursor);
bool parse_is_pointer(CXCursor cursor);

#endif
