/* SPDX-License-Identifier: MIT */
/**
 * @file variant.c
 * Reading variants and applying them to a source file: see variant.h.
 */
#include "tests/oracles/variant.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR "---"

static int complain(struct complaint *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int complain(struct complaint *c, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(c->text, sizeof c->text, format, arguments);
    va_end(arguments);
    /* A result is one line, a text in a source often several. */
    for (char *at = c->text; (at = strchr(at, '\n')); )
        *at = ' ';
    return -1;
}

/** A whole file as a string, or NULL. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    ssize_t got;

    if (!file)
        return NULL;
    got = getdelim(&text, &size, '\0', file);
    fclose(file);
    if (got < 0) {
        free(text);
        return NULL;
    }
    return text;
}

/** Cut the next line off. @return NULL at the end. */
static char *next_line(char **rest)
{
    return **rest ? strsep(rest, "\n") : NULL;
}

static void take_header(struct variant *v, char *line)
{
    char *value = strchr(line, ':');

    if (!value)
        return;
    *value++ = '\0';
    value += strspn(value, " ");
    if (strcmp(line, "oracle") == 0)
        v->oracle = value;
    else if (strcmp(line, "check") == 0)
        v->check = value;
    else if (strcmp(line, "guest") == 0)
        v->guest = value;
    else if (strcmp(line, "words") == 0)
        v->words = value;
    else if (strcmp(line, "second") == 0)
        v->second = value;
    else if (strcmp(line, "options") == 0)
        v->options = value;
    else if (strcmp(line, "why") == 0)
        v->why = value;
    else if (strcmp(line, "disturb") == 0)
        v->disturb = strcmp(value, "yes") == 0;
    else if (strcmp(line, "code") == 0)
        v->code = (unsigned)strtoul(value, NULL, 10);
}

/** Everything up to the next separator line, which is cut off and left in
 *  `separator` without its dashes. @return NULL when there is none. */
static const char *take_part(char **rest, const char **separator)
{
    char *start = *rest, *at = start;

    while (*at) {
        char *end = strchrnul(at, '\n');
        bool is_last = *end == '\0';

        if (strncmp(at, SEPARATOR, strlen(SEPARATOR)) == 0) {
            *end = '\0';
            *rest = is_last ? end : end + 1;
            *separator = at + strlen(SEPARATOR);
            *separator += strspn(*separator, " ");
            *at = '\0';
            return start;
        }
        at = is_last ? end : end + 1;
    }
    return NULL;
}

int variant_read(const char *path, struct variant *v, struct complaint *c)
{
    const char *source = NULL, *separator;
    char *rest, *line;

    memset(v, 0, sizeof *v);
    v->options = "fast=0";
    v->words = "";
    v->bytes = rest = read_text(path);
    if (!rest)
        return complain(c, "%s cannot be read: %s", path, strerror(errno));
    while (!source && (line = next_line(&rest))) {
        if (strncmp(line, SEPARATOR, strlen(SEPARATOR)) == 0)
            source = line + strlen(SEPARATOR) + 1;
        else
            take_header(v, line);
    }
    while (source && *source && v->nr_changes < VARIANT_MAX_CHANGES) {
        const char *old = take_part(&rest, &separator);
        const char *new = old ? take_part(&rest, &separator) : NULL;

        if (!new)
            return complain(c, "%s: a part is not ended by \"---\"", path);
        v->change[v->nr_changes].source = source;
        v->change[v->nr_changes].old = old;
        v->change[v->nr_changes++].new = new;
        source = separator;
    }
    if ((!v->check && (!v->oracle || v->code == 0)) || !v->guest ||
        !v->why || v->nr_changes == 0)
        return complain(c, "%s: oracle and code (or check), guest, why or "
                        "the change is missing", path);
    return 0;
}

void variant_free(struct variant *v)
{
    free(v->bytes);
}

/** Replace the one occurrence of a text. @return a new string, or NULL. */
static char *replace(const char *text, const char *source, const char *old,
                     const char *new, struct complaint *c)
{
    const char *at = strstr(text, old);
    char *result;

    if (!at || strstr(at + 1, old)) {
        complain(c, "%s has this text %s, so the variant has to follow the "
                 "source: %.200s", source,
                 at ? "more than once" : "not at all", old);
        return NULL;
    }
    if (asprintf(&result, "%.*s%s%s", (int)(at - text), text, new,
                 at + strlen(old)) < 0)
        abort();
    return result;
}

bool variant_is_first(const struct variant *v, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (strcmp(v->change[i].source, v->change[index].source) == 0)
            return false;
    return true;
}

int variant_apply(const struct variant *v, unsigned index, const char *to,
                  struct complaint *c)
{
    const char *source = v->change[index].source;
    char *text = read_text(source), *changed;
    FILE *file;

    if (!text)
        return complain(c, "%s cannot be read: %s", source, strerror(errno));
    for (unsigned i = 0; text && i < v->nr_changes; i++) {
        if (strcmp(v->change[i].source, source) != 0)
            continue;
        changed = replace(text, source, v->change[i].old, v->change[i].new,
                          c);
        free(text);
        text = changed;
    }
    if (!text)
        return -1;
    file = fopen(to, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        free(text);
        return complain(c, "%s cannot be written: %s", to, strerror(errno));
    }
    free(text);
    return 0;
}
