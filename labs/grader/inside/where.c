/* SPDX-License-Identifier: MIT */
/**
 * @file where.c
 * Which function, file and line addresses of an image are. For each address
 * one line of two words:
 *
 *     FUNCTION FILE:LINE
 *
 * with `?` for a word that is not known. The debugging information was
 * written by a submission's compiler, from the submission's text.
 */
#include "labs/grader/inside/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/trace/symbols.h"

static void print_where(const struct symbols *symbols, uint32_t address)
{
    const char *name = symbols_name(symbols, address, NULL);
    struct source_line line;

    printf("%s ", name ? name : "?");
    if (!symbols_line(symbols, address, &line) || strpbrk(line.file, " \n")) {
        puts("?");
        return;
    }
    if (!strncmp(line.file, "./", 2))
        line.file += 2;
    printf("%s:%u\n", line.file, line.line);
}

int inside_where(int argc, char **argv)
{
    struct symbols *symbols;

    if (symbols_open(argv[0], &symbols, NULL))
        return 1;
    for (int i = 1; i < argc; i++)
        print_where(symbols, (uint32_t)strtoul(argv[i], NULL, 0));
    symbols_close(symbols);
    return 0;
}
