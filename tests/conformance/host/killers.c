/* SPDX-License-Identifier: MIT */
/**
 * @file killers.c
 * The list of killers: see killers.h.
 */
#include "tests/conformance/host/killers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 2048

const char *killers_read(const char *path, struct killers *to)
{
    FILE *file = fopen(path, "r");
    const char *wrong = file ? NULL : "it cannot be read";
    char line[LINE_BYTES];

    *to = (struct killers){ .nr = 0 };
    while (file && !wrong && fgets(line, sizeof line, file)) {
        char *rest = line, *check, *source, *key;

        if (line[0] == '#')
            continue;
        check = strsep(&rest, "\t\n");
        source = strsep(&rest, "\t\n");
        key = strsep(&rest, "\n");
        if (!key)
            wrong = "a line without a check, a source and a key";
        else
            killers_add(to, check, source, key);
    }
    if (file)
        fclose(file);
    return wrong;
}

void killers_add(struct killers *to, const char *check, const char *source,
                 const char *key)
{
    struct killer *one;

    to->killer = reallocarray(to->killer, to->nr + 1, sizeof *to->killer);
    if (!to->killer)
        abort();
    one = &to->killer[to->nr++];
    one->check = strdup(check);
    one->source = strdup(source);
    one->key = strdup(key);
    if (!one->check || !one->source || !one->key)
        abort();
}

const struct killer *killers_of(const struct killers *list,
                                const char *check)
{
    for (size_t i = 0; i < list->nr; i++)
        if (strcmp(list->killer[i].check, check) == 0)
            return &list->killer[i];
    return NULL;
}
