/* SPDX-License-Identifier: MIT */
/**
 * @file chooser.c
 * Which path of a submission is which file of the lab; rules in intake.h.
 */
#include "labs/grader/inside/intake.h"

#include <limits.h>
#include <string.h>

unsigned chooser_rank(const char *path, const char *file)
{
    const char *slash = strchr(path, '/');
    const char *name = strrchr(file, '/');

    if (!strcmp(path, file))
        return 0;
    if (slash && slash != path && !strcmp(slash + 1, file))
        return 1;
    if (!slash && name && !strcmp(path, name + 1))
        return 2;
    return CHOOSER_NO_RANK;
}

struct chosen *chooser_find(struct chooser *chooser, const char *path,
                            unsigned *rank)
{
    for (unsigned i = 0; i < chooser->nr; i++) {
        *rank = chooser_rank(path, chooser->chosen[i].file);
        if (*rank != CHOOSER_NO_RANK)
            return &chooser->chosen[i];
    }
    return NULL;
}

const char *path_problem(const char *path)
{
    size_t size = strlen(path);

    if (!size || size >= PATH_MAX)
        return "is empty or too long";
    if (path[0] == '/')
        return "is not relative";
    for (const char *at = path; *at;) {
        size_t part = strcspn(at, "/");

        if (part == 2 && !strncmp(at, "..", 2))
            return "leaves its folder";
        at += part + (at[part] == '/');
    }
    for (const char *at = path; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F || *at == '\\')
            return "has a character that no file of a lab has";
    return NULL;
}
