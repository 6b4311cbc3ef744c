/* SPDX-License-Identifier: MIT */
/**
 * @file mistakes.c
 * Mistakes in the hypervisor: see mistakes.h.
 */
#include "tests/conformance/host/mistakes.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/host/killers.h"
#include "tests/oracles/broken.h"

#define SOURCES "src/hypervisor/"
#define MUTANTS "tests/conformance/"

bool source_is_mutant(const char *name)
{
    return strncmp(name, KILLER_MUTANTS, strlen(KILLER_MUTANTS)) == 0;
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;

    if (file && getdelim(&text, &room, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

static unsigned lines_in(const char *text, size_t start, size_t end)
{
    unsigned nr = 0;

    for (size_t at = start; at < end; at++)
        nr += text[at] == '\n';
    return nr;
}

/** The list that rf-mutate makes of a source; NULL: none. */
static json_t *mutations_of(const char *build, const char *path)
{
    const char *compiler = getenv("RF_HV_CC");
    json_error_t error;
    json_t *list;
    char *line;
    FILE *pipe;

    if (asprintf(&line, "%s/bin/rf-mutate --all %s - %s", build, path,
                 compiler ? compiler : "") < 0)
        abort();
    pipe = popen(line, "r");
    free(line);
    list = pipe ? json_loadf(pipe, 0, &error) : NULL;
    if (pipe && pclose(pipe) == 0 && json_is_array(list))
        return list;
    json_decref(list);
    return NULL;
}

static bool take_mistake(struct source *s, const json_t *from)
{
    struct mistake *m = &s->mistake[s->nr];
    const char *function, *key, *kind, *with;
    json_int_t start, end;

    if (json_unpack((json_t *)from, "{s:s, s:s, s:s, s:I, s:I, s:s}",
                    "function", &function, "key", &key, "kind", &kind,
                    "start", &start, "end", &end, "with", &with) != 0 ||
        end < start || (size_t)end > strlen(s->text))
        return false;
    m->function = strdup(function);
    m->key = strdup(key);
    m->kind = strdup(kind);
    m->with = strdup(with);
    if (!m->function || !m->key || !m->kind || !m->with)
        abort();
    m->start = (size_t)start;
    m->end = (size_t)end;
    m->line = 1 + lines_in(s->text, 0, m->start);
    m->last_line = m->line + lines_in(s->text, m->start, m->end);
    s->nr++;
    return true;
}

static const char *read_mutations(struct source *s, const char *build,
                                  const char *path)
{
    json_t *list = mutations_of(build, path);
    bool good = list != NULL;

    s->mistake = calloc(json_array_size(list) + 1, sizeof *s->mistake);
    if (!s->mistake)
        abort();
    for (size_t i = 0; i < json_array_size(list); i++)
        good = good && take_mistake(s, json_array_get(list, i));
    json_decref(list);
    return good ? NULL : "rf-mutate made no list of it";
}

/** A mutant is one mistake that is not in one place. */
static const char *read_mutant(struct source *s, const char *path)
{
    static char function[] = "", key[] = KILLER_WHOLE, kind[] = "mutant";
    static struct mistake whole = {
        .function = function, .key = key, .kind = kind,
    };
    static struct complaint c;

    s->mistake = &whole;
    s->nr = 1;
    return variant_read(path, &s->variant, &c) ? c.text : NULL;
}

const char *source_read(struct source *s, const char *build,
                        const char *name)
{
    bool mutant = source_is_mutant(name);
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s%s", mutant ? MUTANTS : SOURCES, name);
    *s = (struct source){ .name = strdup(name), .text = read_text(path) };
    if (!s->text)
        return "it cannot be read";
    s->nr_lines = 1 + lines_in(s->text, 0, strlen(s->text));
    return mutant ? read_mutant(s, path) : read_mutations(s, build, path);
}

const struct mistake *source_mistake(const struct source *s,
                                     const char *key)
{
    for (size_t i = 0; i < s->nr; i++)
        if (strcmp(s->mistake[i].key, key) == 0)
            return &s->mistake[i];
    return NULL;
}

bool mistake_build(const struct source *s, const struct mistake *m,
                   const char *build, const char *folder)
{
    struct complaint c;
    char path[PATH_MAX], *changed;
    bool good;

    if (source_is_mutant(s->name))
        return broken_build(&s->variant, build, folder, &c) == 0;
    if (asprintf(&changed, "%.*s%s%s", (int)m->start, s->text, m->with,
                 s->text + m->end) < 0)
        abort();
    snprintf(path, sizeof path, SOURCES "%s", s->name);
    good = broken_build_text(path, changed, build, folder, &c) == 0;
    free(changed);
    return good;
}
