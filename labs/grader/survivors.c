/* SPDX-License-Identifier: MIT */
/**
 * @file survivors.c
 * Reading a lab's list of equivalent mutants; form in survivors.h.
 */
#include "labs/grader/survivors.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/** The reader: keys wait for their reason. */
struct reader {
    const char *path;
    struct survivors *to;
    unsigned line;
    unsigned waiting; /**< line of a key without a reason so far; or 0 */
    bool told;        /**< the keys so far have a reason, which may go on */
    char **problem;
};

static bool wrong(struct reader *r, unsigned line, const char *what)
{
    *r->problem = must_format("%s:%u: %s", r->path, line, what);
    return false;
}

const struct survivor *survivors_find(const struct survivors *survivors,
                                      const char *exercise, const char *key)
{
    for (unsigned i = 0; i < survivors->nr; i++)
        if (!strcmp(survivors->survivor[i].exercise, exercise) &&
            !strcmp(survivors->survivor[i].key, key))
            return &survivors->survivor[i];
    return NULL;
}

/** `1.1 key`. */
static bool take_key(struct reader *r, const char *line, size_t size)
{
    size_t id = strspn(line, "0123456789.");
    struct survivor *new;
    char *exercise, *key;

    if (!id || id + 1 >= size || line[id] != ' ')
        return wrong(r, r->line, "a key begins with its exercise, as in "
                     "\"1.1 function: ...\"; a reason is indented");
    exercise = must_format("%.*s", (int)id, line);
    key = must_format("%.*s", (int)(size - id - 1), line + id + 1);
    if (survivors_find(r->to, exercise, key)) {
        free(exercise);
        free(key);
        return wrong(r, r->line, "this key is in the list already");
    }
    r->to->survivor = reallocarray(r->to->survivor, r->to->nr + 1,
                                   sizeof *new);
    if (!r->to->survivor)
        grader_fault("out of memory (a list of survivors)");
    new = &r->to->survivor[r->to->nr++];
    *new = (struct survivor){ exercise, key, r->line };
    r->waiting = r->line;
    r->told = false;
    return true;
}

static bool take_line(struct reader *r, const char *line, size_t size)
{
    r->line++;
    while (size && isspace((unsigned char)line[size - 1]))
        size--;
    if (!size || *line == '#')
        return true;
    if (!isspace((unsigned char)*line))
        return take_key(r, line, size);
    if (!r->waiting && !r->told)
        return wrong(r, r->line, "this reason has no key above it");
    r->waiting = 0;
    r->told = true;
    return true;
}

bool survivors_read(const char *path, const char *text, struct survivors *to,
                    char **problem)
{
    struct reader r = { .path = path, .to = to, .problem = problem };
    bool good = true;

    *to = (struct survivors){ 0 };
    *problem = NULL;
    while (good && *text) {
        size_t size = strcspn(text, "\n");

        good = take_line(&r, text, size);
        text += size + (text[size] == '\n');
    }
    if (good && r.waiting)
        good = wrong(&r, r.waiting, "this key has no reason below it");
    if (!good)
        survivors_free(to);
    return good;
}

void survivors_free(struct survivors *survivors)
{
    for (unsigned i = 0; i < survivors->nr; i++) {
        free(survivors->survivor[i].exercise);
        free(survivors->survivor[i].key);
    }
    free(survivors->survivor);
    *survivors = (struct survivors){ 0 };
}
