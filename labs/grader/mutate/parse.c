/* SPDX-License-Identifier: MIT */
/**
 * @file parse.c
 * What libclang says of a file; contracts in parse.h.
 */
#include "labs/grader/mutate/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FLAGS 64

/* --- Starting ----------------------------------------------------------- */

/** Words that say what the source means. All others are about the code that
 *  gcc makes of it, and clang might complain of them. */
static bool is_wanted(const char *word)
{
    static const char *const wanted[] = { "-I", "-D", "-U", "-std=", "-m32",
                                          "-ffreestanding" };

    for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (!strncmp(word, wanted[i], strlen(wanted[i])))
            return true;
    return false;
}

/** The first error among the diagnostics; NULL: there is none. */
static char *first_error(CXTranslationUnit unit)
{
    char *found = NULL;

    for (unsigned i = 0; !found && i < clang_getNumDiagnostics(unit); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        CXString text = clang_formatDiagnostic(
            diagnostic, CXDiagnostic_DisplaySourceLocation);

        if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error)
            found = must_copy(clang_getCString(text));
        clang_disposeString(text);
        clang_disposeDiagnostic(diagnostic);
    }
    return found;
}

static enum CXChildVisitResult take_macro(CXCursor cursor, CXCursor parent,
                                          CXClientData data)
{
    struct parse *p = data;
    struct span span;

    (void)parent;
    if (clang_getCursorKind(cursor) != CXCursor_MacroExpansion ||
        !parse_span(p, cursor, &span))
        return CXChildVisit_Continue;
    p->macro = reallocarray(p->macro, p->nr_macros + 1, sizeof *p->macro);
    if (!p->macro)
        grader_fault("out of memory (a list of macros)");
    p->macro[p->nr_macros++] = span;
    return CXChildVisit_Continue;
}

bool parse_start(struct parse *p, const char *path, const char *source,
                 const char *const *flags, unsigned nr_flags, char **problem)
{
    struct CXUnsavedFile file = { path, source, strlen(source) };
    const char *words[MAX_FLAGS];
    unsigned nr = 0;

    *p = (struct parse){ .source = source, .size = strlen(source) };
    for (unsigned i = 0; i < nr_flags && nr < MAX_FLAGS; i++)
        if (is_wanted(flags[i]))
            words[nr++] = flags[i];
    *problem = NULL;
    p->index = clang_createIndex(0, 0);
    p->unit = clang_parseTranslationUnit(
        p->index, path, words, (int)nr, &file, 1,
        CXTranslationUnit_DetailedPreprocessingRecord);
    if (!p->unit)
        *problem = must_format("%s cannot be parsed", path);
    else
        *problem = first_error(p->unit);
    if (*problem) {
        parse_stop(p);
        return false;
    }
    p->file = clang_getFile(p->unit, path);
    clang_visitChildren(clang_getTranslationUnitCursor(p->unit), take_macro,
                        p);
    return true;
}

void parse_stop(struct parse *p)
{
    if (p->unit)
        clang_disposeTranslationUnit(p->unit);
    if (p->index)
        clang_disposeIndex(p->index);
    free(p->macro);
    *p = (struct parse){ 0 };
}

/* --- Questions ---------------------------------------------------------- */

static enum CXChildVisitResult take_child(CXCursor cursor, CXCursor parent,
                                          CXClientData data)
{
    struct children *to = data;

    (void)parent;
    to->child = reallocarray(to->child, to->nr + 1, sizeof *to->child);
    if (!to->child)
        grader_fault("out of memory (a list of cursors)");
    to->child[to->nr++] = cursor;
    return CXChildVisit_Continue;
}

void children_of(CXCursor cursor, struct children *to)
{
    *to = (struct children){ 0 };
    clang_visitChildren(cursor, take_child, to);
}

void children_free(struct children *children)
{
    free(children->child);
    *children = (struct children){ 0 };
}

bool parse_span(const struct parse *p, CXCursor cursor, struct span *span)
{
    CXSourceRange range = clang_getCursorExtent(cursor);
    CXFile first, last;
    unsigned start, end;

    clang_getFileLocation(clang_getRangeStart(range), &first, NULL, NULL,
                          &start);
    clang_getFileLocation(clang_getRangeEnd(range), &last, NULL, NULL, &end);
    if (!first || !last || start >= end || end > p->size)
        return false;
    if (p->file && (!clang_File_isEqual(first, p->file) ||
                    !clang_File_isEqual(last, p->file)))
        return false;
    *span = (struct span){ start, end };
    return true;
}

bool parse_is_macro(const struct parse *p, struct span span)
{
    for (unsigned i = 0; i < p->nr_macros; i++)
        if (p->macro[i].start == span.start && p->macro[i].end == span.end)
            return true;
    return false;
}

bool parse_word_at(const struct parse *p, size_t at, const char *word)
{
    size_t size = strlen(word);

    return size <= p->size - at && !memcmp(p->source + at, word, size) &&
           !isalnum((unsigned char)p->source[at + size]) &&
           p->source[at + size] != '_';
}

/** Beyond blanks and comments, and not beyond the end. */
static size_t skip_blank(const struct parse *p, size_t at, size_t end)
{
    while (at < end) {
        const char *from = p->source + at;
        const char *close;

        if (isspace((unsigned char)*from)) {
            at++;
        } else if (!strncmp(from, "/*", 2)) {
            close = strstr(from + 2, "*/");
            at = close ? (size_t)(close - p->source) + 2 : end;
        } else if (!strncmp(from, "//", 2)) {
            at += strcspn(from, "\n");
        } else {
            break;
        }
    }
    return at < end ? at : end;
}

void parse_operator(const struct parse *p, struct span left,
                    struct span right, char to[4])
{
    size_t at, size = 0;

    to[0] = 0;
    if (left.end > right.start)
        return;
    at = skip_blank(p, left.end, right.start);
    while (at + size < right.start && size < 3 &&
           ispunct((unsigned char)p->source[at + size]) &&
           (size == 0 || p->source[at + size] != '/'))
        size++;
    if (skip_blank(p, at + size, right.start) != right.start)
        return;
    memcpy(to, p->source + at, size);
    to[size] = 0;
}

bool parse_is_integer(CXCursor cursor)
{
    CXType type = clang_getCanonicalType(clang_getCursorType(cursor));

    return type.kind == CXType_Enum ||
           (type.kind >= CXType_Bool && type.kind <= CXType_Int128);
}

bool parse_is_boolean(CXCursor cursor)
{
    return clang_getCanonicalType(clang_getCursorType(cursor)).kind ==
           CXType_Bool;
}

bool parse_is_pointer(CXCursor cursor)
{
    CXType type = clang_getCanonicalType(clang_getCursorType(cursor));

    return type.kind == CXType_Pointer;
}
