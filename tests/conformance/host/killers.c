/* SPDX-License-Identifier: MIT */
/**
 * @file killers.c
 * The list of killers: see killers.h.
 */
#include "tests/conformance/host/killers.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 2048
#define COLUMNS 78
#define INDENT "    "

static char *copy(const char *text)
{
    char *new = strdup(text);

    if (!new)
        abort();
    return new;
}

static struct killer *find(const struct killers *list, const char *source,
                           const char *key)
{
    for (size_t i = 0; i < list->nr; i++)
        if (strcmp(list->killer[i].key, key) == 0 &&
            strcmp(list->killer[i].source, source) == 0)
            return &list->killer[i];
    return NULL;
}

static struct killer *find_or_add(struct killers *to, const char *source,
                                  const char *key)
{
    struct killer *one = find(to, source, key);

    if (one)
        return one;
    to->killer = reallocarray(to->killer, to->nr + 1, sizeof *to->killer);
    if (!to->killer)
        abort();
    one = &to->killer[to->nr++];
    *one = (struct killer){ .source = copy(source), .key = copy(key) };
    return one;
}

bool killer_has(const struct killer *k, const char *check)
{
    for (size_t i = 0; i < k->nr_checks; i++)
        if (strcmp(k->check[i], check) == 0)
            return true;
    return false;
}

static void add_check(struct killer *k, const char *check)
{
    if (killer_has(k, check))
        return;
    k->check = reallocarray(k->check, k->nr_checks + 1, sizeof *k->check);
    if (!k->check)
        abort();
    k->check[k->nr_checks++] = copy(check);
}

void killers_add(struct killers *to, const char *source, const char *key,
                 const char *check)
{
    add_check(find_or_add(to, source, key), check);
}

const char *killers_read(const char *path, struct killers *to)
{
    FILE *file = fopen(path, "r");
    const char *wrong = file ? NULL : "it cannot be read";
    char line[LINE_BYTES];
    struct killer *last = NULL;

    *to = (struct killers){ .nr = 0 };
    while (file && !wrong && fgets(line, sizeof line, file)) {
        char *rest = line, *source, *key, *check;

        if (line[0] == '#')
            continue;
        if (line[0] == ' ') {
            while ((check = strsep(&rest, " \n")))
                if (*check && last)
                    add_check(last, check);
            continue;
        }
        source = strsep(&rest, "\t\n");
        key = strsep(&rest, "\n");
        if (!key)
            wrong = "a line without a source and a key";
        else
            last = find_or_add(to, source, key);
    }
    if (file)
        fclose(file);
    return wrong;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_source(const void *a, const void *b)
{
    const struct killer *k = a, *l = b;
    int order = strcmp(k->source, l->source);

    return order ? order : strcmp(k->key, l->key);
}

/** The checks that have no killer still. */
static void shorten(const struct killers *list, struct killer *k)
{
    size_t nr = 0;

    for (size_t i = 0; i < k->nr_checks; i++)
        if (killers_of(list, k->check[i]) == 0)
            k->check[nr++] = k->check[i];
    k->nr_checks = nr;
}

static void write_killer(FILE *file, const struct killer *k)
{
    size_t column = 0;

    if (k->nr_checks == 0)
        return;
    qsort(k->check, k->nr_checks, sizeof *k->check, by_name);
    fprintf(file, "%s\t%s", k->source, k->key);
    for (size_t i = 0; i < k->nr_checks; i++) {
        size_t bytes = strlen(k->check[i]) + 1;

        if (column == 0 || column + bytes > COLUMNS)
            column = (size_t)fprintf(file, "\n" INDENT "%s",
                                     k->check[i]) - 1;
        else
            column += (size_t)fprintf(file, " %s", k->check[i]);
    }
    fprintf(file, "\n");
}

const char *killers_write(const char *path, struct killers *list)
{
    char new[PATH_MAX];
    FILE *file;

    snprintf(new, sizeof new, "%s.new", path);
    file = fopen(new, "w");
    if (!file)
        return "it cannot be written";
    if (list->nr)
        qsort(list->killer, list->nr, sizeof *list->killer, by_source);
    fputs("# A source below src/hypervisor and a mistake in it, then the "
          "checks that fail\n# under it (host/killers.h). Made by: make "
          "conformance-killers\n", file);
    for (size_t i = 0; i < list->nr; i++) {
        if (!killer_is_mistake(&list->killer[i]))
            shorten(list, &list->killer[i]);
        write_killer(file, &list->killer[i]);
    }
    if (fclose(file) != 0 || rename(new, path) != 0)
        return "it cannot be written";
    return NULL;
}

/** The function that a mistake is in is what its key begins with. */
static bool same_function(const struct killer *k, const char *source,
                          const char *key)
{
    return strcmp(k->source, source) == 0 &&
           strncmp(k->key, key, strcspn(key, ":") + 1) == 0;
}

bool killers_want(const struct killers *list, const char *source,
                  const char *key, const char *check)
{
    unsigned nr = 0;

    for (size_t i = 0; i < list->nr; i++) {
        const struct killer *k = &list->killer[i];

        if (!killer_has(k, check) || !killer_is_mistake(k))
            continue;
        if (same_function(k, source, key) || ++nr >= KILLERS_ENOUGH)
            return false;
    }
    return true;
}

unsigned killers_of(const struct killers *list, const char *check)
{
    unsigned nr = 0;

    for (size_t i = 0; i < list->nr; i++)
        nr += killer_is_mistake(&list->killer[i]) &&
              killer_has(&list->killer[i], check);
    return nr;
}

bool killers_open(const struct killers *list, const char *check)
{
    const struct killer *k = find(list, KILLER_OPEN, KILLER_OPEN_KEY);

    return k && killer_has(k, check);
}

bool killer_is_mistake(const struct killer *k)
{
    return strcmp(k->source, KILLER_OPEN) != 0;
}

void killers_drop(struct killers *list, size_t index)
{
    list->killer[index] = list->killer[--list->nr];
}
