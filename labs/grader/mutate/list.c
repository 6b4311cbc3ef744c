/* SPDX-License-Identifier: MIT */
/**
 * @file list.c
 * A list of mutations, and the names that they get; contracts in list.h.
 *
 * A key is the function and the line, with the edit in brackets:
 *
 *     nth_run: if ([negate: end < start] && !ram)
 *     nth_run: if (end > [limit -> limit + 1])
 *     nth_run: [delete: end = limit;]
 *
 * An empty body is not in a line: its key is the function's alone.
 * Blanks are collapsed; what is long is cut and followed by the first digits
 * of its hash, so that a change in the part that is not shown changes the key
 * as well; and the second of two equal keys of a function ends in " #2".
 */
#include "labs/grader/mutate/list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/** Longer text is cut to so many bytes. */
#define SHOWN_MAX 60
#define SHOWN_CUT 44

const char *mutation_word(enum mutation_kind kind)
{
    static const char *const words[] = { "delete", "negate", "add",
                                         "empty" };

    return words[kind];
}

void mutations_add(struct mutations *to, const char *source,
                   const char *function, enum mutation_kind kind,
                   struct span span, const char *with)
{
    struct mutation *m;
    unsigned line = 1;

    for (unsigned i = 0; i < to->nr; i++)
        if (to->mutation[i].start == span.start &&
            to->mutation[i].end == span.end &&
            !strcmp(to->mutation[i].with, with))
            return;
    for (size_t at = 0; at < span.start; at++)
        line += source[at] == '\n';
    to->mutation = reallocarray(to->mutation, to->nr + 1, sizeof *m);
    if (!to->mutation)
        grader_fault("out of memory (a list of mutations)");
    m = &to->mutation[to->nr++];
    *m = (struct mutation){
        .kind = kind,
        .function = must_copy(function),
        .line = line,
        .start = span.start,
        .end = span.end,
        .with = must_copy(with),
    };
}

/** Add text with its blanks collapsed. */
static void add_flat(struct text *to, const char *from, size_t size)
{
    text_add(to, "%s", "");
    for (size_t i = 0; i < size; i++) {
        if (!isspace((unsigned char)from[i]))
            text_add_bytes(to, from + i, 1);
        else if (i + 1 < size && !isspace((unsigned char)from[i + 1]))
            text_add(to, " ");
    }
}

/** The same, cut when it is long. */
static void add_shown(struct text *to, const char *from, size_t size)
{
    struct text flat = { 0 };
    char hex[SHA256_HEX];

    add_flat(&flat, from, size);
    if (flat.size <= SHOWN_MAX) {
        text_add(to, "%s", flat.data);
    } else {
        sha256_hex(flat.data, flat.size, hex);
        text_add(to, "%.*s... %.8s", SHOWN_CUT, flat.data, hex);
    }
    text_free(&flat);
}

/** `[what -> with]`, or `[delete: what]`. */
static void add_edit(struct text *to, const struct mutation *m,
                     const char *source)
{
    size_t size = m->end - m->start;

    text_add(to, "[");
    if (m->kind == MUTATION_ADD) {
        add_shown(to, source + m->start, size);
        text_add(to, " -> ");
        add_shown(to, m->with, strlen(m->with));
    } else {
        text_add(to, "%s: ", mutation_word(m->kind));
        add_shown(to, source + m->start, size);
    }
    text_add(to, "]");
}

/** The line, or lines, with the edit in it. */
static char *plain_key(const struct mutation *m, const char *source)
{
    size_t first = m->start, last = m->end;
    struct text key = { 0 };

    if (m->kind == MUTATION_EMPTY)
        return must_format("%s: [empty: %s]", m->function, m->with);
    while (first > 0 && source[first - 1] != '\n')
        first--;
    last += strcspn(source + last, "\n");
    text_add(&key, "%s: ", m->function);
    while (first < m->start && isspace((unsigned char)source[first]))
        first++;
    add_flat(&key, source + first, m->start - first);
    if (m->start > first && isspace((unsigned char)source[m->start - 1]))
        text_add(&key, " ");
    add_edit(&key, m, source);
    add_flat(&key, source + m->end, last - m->end);
    return key.data;
}

/** By place; the outer of two that start together first. Where they were
 *  added decides the rest, which qsort() alone would not keep. */
static int by_place(const void *a, const void *b)
{
    const struct mutation *m = a, *n = b;

    if (m->start != n->start)
        return m->start < n->start ? -1 : 1;
    if (m->end != n->end)
        return m->end > n->end ? -1 : 1;
    if (m->kind != n->kind)
        return m->kind < n->kind ? -1 : 1;
    return -strcmp(m->with, n->with);
}

void mutations_name(struct mutations *list, const char *source)
{
    if (list->nr)
        qsort(list->mutation, list->nr, sizeof *list->mutation, by_place);
    for (unsigned i = 0; i < list->nr; i++) {
        char *plain = plain_key(&list->mutation[i], source);
        unsigned same = 1;

        for (unsigned j = 0; j < i; j++) {
            size_t size = strlen(plain);

            same += !strncmp(list->mutation[j].key, plain, size) &&
                    (!list->mutation[j].key[size] ||
                     !strncmp(list->mutation[j].key + size, " #", 2));
        }
        list->mutation[i].key = same > 1 ? must_format("%s #%u", plain, same)
                                         : must_copy(plain);
        free(plain);
    }
}

void mutations_free(struct mutations *mutations)
{
    for (unsigned i = 0; i < mutations->nr; i++) {
        free(mutations->mutation[i].function);
        free(mutations->mutation[i].with);
        free(mutations->mutation[i].key);
    }
    free(mutations->mutation);
    *mutations = (struct mutations){ 0 };
}
