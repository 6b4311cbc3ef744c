/* SPDX-License-Identifier: MIT */
/**
 * @file inside.c
 * rf-inside: which reader to run; see inside.h.
 */
#include "labs/grader/inside/inside.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {
        { "intake", inside_intake },
        { "object", inside_object },
        { "image", inside_image },
        { "where", inside_where },
    };

    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (argc > 2 && !strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 2, argv + 2);
    fputs("rf-inside is run by rf-grade only; see inside.h\n", stderr);
    return 2;
}
