/* SPDX-License-Identifier: MIT */
/**
 * @file errors.c
 * Errors in sources: see errors.h. The sources are our own, and in our own
 * style: a function's name starts in a line's first column.
 */
#include "tests/conformance/host/errors.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct source_errors *found;
static size_t nr_found;

static void add(const struct source_errors *e)
{
    for (size_t i = 0; i < nr_found; i++)
        if (found[i].source == e->source &&
            strcmp(found[i].function, e->function) == 0 &&
            strcmp(found[i].error, e->error) == 0)
            return;
    found = realloc(found, (nr_found + 1) * sizeof *found);
    if (!found)
        abort();
    found[nr_found] = *e;
    found[nr_found++].function = strdup(e->function);
}

/** A line that begins a function: its name, up to the parenthesis. */
static void take_function(const char *line, char *name, size_t bytes)
{
    const char *end = strchr(line, '('), *start = end;

    if (!end || !(isalpha((unsigned char)*line) || *line == '_'))
        return;
    while (start > line && (isalnum((unsigned char)start[-1]) ||
                            start[-1] == '_'))
        start--;
    snprintf(name, bytes, "%.*s", (int)(end - start), start);
}

/** All errors in a line of code. */
static void take_errors(const char *line, struct source_errors *e)
{
    const char *at = line;

    while ((at = strstr(at, "-"))) {
        const char *name = at + 1;
        size_t length;

        if (strncmp(name, "XEN_", 4) == 0)
            name += 4;
        length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        at++;
        if (*name != 'E' || length < 4 || length > 15 ||
            strncmp(name, "ERESTART", 8) == 0)
            continue;
        snprintf(e->error, sizeof e->error, "-%.*s", (int)length, name);
        add(e);
    }
}

static const char *take_source(struct source_errors *e)
{
    FILE *file = fopen(e->source, "r");
    char line[512], function[96] = "?";

    if (!file)
        return "a source in it cannot be read";
    while (fgets(line, sizeof line, file)) {
        const char *text = line + strspn(line, " ");

        if (*text == '*' || strncmp(text, "/*", 2) == 0 ||
            strncmp(text, "//", 2) == 0)
            continue;
        take_function(line, function, sizeof function);
        e->function = function;
        take_errors(text, e);
    }
    fclose(file);
    return NULL;
}

/** Whether a line is an excuse; `rest` is then behind its first word. */
static bool is_excuse(char *line, char **rest, bool *inside)
{
    *inside = strncmp(line, "inside ", 7) == 0;
    *rest = line + (*inside ? 7 : 6);
    return *inside || strncmp(line, "never ", 6) == 0;
}

/** A line `source call...`. */
static const char *take_line(char *line)
{
    const char **call = calloc(ERRORS_MAX_CALLS, sizeof *call);
    struct source_errors e = { .call = call };
    char *rest = strdup(line), *word;

    while (call && rest && (word = strsep(&rest, " \n"))) {
        if (*word == '\0' || *word == '#')
            continue;
        if (!e.source)
            e.source = word;
        else if (e.nr_calls < ERRORS_MAX_CALLS)
            call[e.nr_calls++] = word;
    }
    if (e.source && line[0] != '#' && e.nr_calls > 0)
        return take_source(&e);
    return NULL;
}

const char *errors_read(const char *path, struct source_errors **list,
                        size_t *nr)
{
    FILE *file = fopen(path, "r");
    const char *wrong = file ? NULL : "it cannot be read";
    char line[512], *rest;
    bool inside;

    while (file && !wrong && fgets(line, sizeof line, file))
        if (!is_excuse(line, &rest, &inside))
            wrong = take_line(line);
    if (file)
        fclose(file);
    *list = found;
    *nr = nr_found;
    return wrong;
}

const char *errors_excuses(const char *path, struct error_excuse **list,
                           size_t *nr)
{
    FILE *file = fopen(path, "r");
    const char *wrong = file ? NULL : "it cannot be read";
    char line[512], *rest;
    bool inside;

    *list = NULL;
    *nr = 0;
    while (file && !wrong && fgets(line, sizeof line, file)) {
        struct error_excuse e = { .source = NULL };

        if (!is_excuse(line, &rest, &inside))
            continue;
        rest = strdup(rest);
        e.source = strsep(&rest, " \n");
        e.function = strsep(&rest, " \n");
        e.error = strsep(&rest, " \n");
        *(inside ? &e.check : &e.why) = strsep(&rest, "\n");
        if (!e.error || !(inside ? e.check : e.why))
            wrong = "an excuse without a source, function, error and reason";
        *list = realloc(*list, (*nr + 1) * sizeof **list);
        if (!*list)
            abort();
        (*list)[(*nr)++] = e;
    }
    if (file)
        fclose(file);
    return wrong;
}
