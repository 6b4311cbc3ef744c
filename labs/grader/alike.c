/* SPDX-License-Identifier: MIT */
/**
 * @file alike.c
 * Pairs that resemble each other; contract in alike.h.
 *
 * - ALIKE-I1: sim_c reads what students wrote, so it runs in a sandbox, and
 *   what it prints is only believed as far as it has the form of its lines.
 */
#include "labs/grader/alike.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/inside/inside.h"
#include "labs/grader/starter.h"

#define SIM "/usr/bin/sim_c"

/** What it writes: a class of copies has more pairs than a pipe keeps. */
#define PAIRS "pairs"
#define MAX_PAIRS_BYTES 0x2000000u

/** Tokens that two texts must share in one piece: fewer are an idiom. */
#define RUN_TOKENS "12"

/* --- What a student wrote ----------------------------------------------- */

/** Where a line's text starts, and how long it is, without blanks around. */
static const char *trim(const char *line, size_t *size)
{
    while (*size && strchr(" \t\r", line[*size - 1]))
        --*size;
    while (*size && strchr(" \t", *line)) {
        line++;
        --*size;
    }
    return line;
}

static bool has_line(const char *text, const char *line, size_t size)
{
    while (*text) {
        size_t length = strcspn(text, "\n"), own = length;
        const char *start = trim(text, &own);

        if (own == size && !memcmp(start, line, size))
            return true;
        text += length + (text[length] == '\n');
    }
    return false;
}

static void add_own_lines(struct text *to, const char *text,
                          const char *starter)
{
    while (*text) {
        size_t length = strcspn(text, "\n"), size = length;
        const char *line = trim(text, &size);

        if (size && !has_line(starter, line, size))
            text_add(to, "%.*s\n", (int)size, line);
        text += length + (text[length] == '\n');
    }
}

char *alike_own_text(const struct lab *lab,
                     const struct submission *submission)
{
    struct text own = { 0 };

    text_add(&own, "%s", "");
    for (unsigned i = 0; i < lab->nr_exercises && !submission->refused;
         i++) {
        const char *file = lab->exercise[i].file;
        struct bytes solution;
        char *starter;

        if (!submission->part[i].source.data)
            continue;
        if (!file_read(file, INTAKE_MAX_FILE, &solution))
            grader_fault("%s cannot be read: %s", file, strerror(errno));
        starter = starter_source(file, solution.data);
        add_own_lines(&own, submission->part[i].source.data, starter);
        free(starter);
        bytes_free(&solution);
    }
    return own.data;
}

/* --- Comparing ---------------------------------------------------------- */

static void add_pair(struct class_table *table, unsigned a, unsigned b,
                     unsigned percent)
{
    if (a >= table->nr || b >= table->nr || a == b || percent > 100)
        return;
    table->pair = reallocarray(table->pair, table->nr_pairs + 1,
                               sizeof *table->pair);
    if (!table->pair)
        grader_fault("out of memory (a list of pairs)");
    table->pair[table->nr_pairs++] = (struct class_pair){
        a < b ? a : b, a < b ? b : a, percent
    };
}

/** The same pair twice: the larger number first. */
static int compare_rows(const void *left, const void *right)
{
    const struct class_pair *x = left, *y = right;

    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return x->percent > y->percent ? -1 : x->percent < y->percent;
}

static int compare_percents(const void *left, const void *right)
{
    const struct class_pair *x = left, *y = right;

    if (x->percent != y->percent)
        return x->percent > y->percent ? -1 : 1;
    return compare_rows(left, right);
}

static void sort_pairs(struct class_table *table)
{
    unsigned kept = 0;

    if (!table->nr_pairs)
        return;
    qsort(table->pair, table->nr_pairs, sizeof *table->pair, compare_rows);
    for (unsigned i = 0; i < table->nr_pairs; i++)
        if (!kept || table->pair[kept - 1].a != table->pair[i].a ||
            table->pair[kept - 1].b != table->pair[i].b)
            table->pair[kept++] = table->pair[i];
    table->nr_pairs = kept;
    qsort(table->pair, kept, sizeof *table->pair, compare_percents);
}

/** Lines like "12.c consists for 93 % of 7.c material". */
static void take_pairs(const char *lines, struct class_table *table)
{
    while (*lines) {
        unsigned a, b, percent;

        if (sscanf(lines, "%u.c consists for %u %% of %u.c material", &a,
                   &percent, &b) == 3)
            add_pair(table, a, b, percent);
        lines += strcspn(lines, "\n");
        lines += *lines == '\n';
    }
    sort_pairs(table);
}

/** Copy the sources as 0.c, 1.c, ...: a name is not to be trusted either.
 *  @return how many there are. */
static unsigned number_sources(const char *results, const char *folder,
                               const struct class_table *table,
                               const char **argv)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < table->nr; i++) {
        char *from = must_format("%s/sources/%s.c", results,
                                 table->row[i].name);
        char *name = must_format("%u.c", i);
        char *to = must_format("%s/%s", folder, name);

        if (file_exists(from) && file_copy(from, to))
            argv[nr++] = name;
        else
            free(name);
        free(to);
        free(from);
    }
    return nr;
}

void alike_find(const struct grader *g, const char *results,
                struct class_table *table)
{
    static const char *const head[] = { SIM, "-p", "-e", "-s", "-r",
                                        RUN_TOKENS, "-o", PAIRS };
    const unsigned nr_head = sizeof head / sizeof head[0];
    const char **argv = must_alloc(nr_head + 3 + table->nr, sizeof *argv);
    char *percent = must_format("%u", ALIKE_PERCENT);
    char *folder = job_folder(g);
    struct sandbox_job job = {
        .folder = folder, .argv = argv, .lent = { { SIM, NULL } },
        .cpu_seconds = 120,
    };
    char *out = must_format("%s/" PAIRS, folder);
    struct sandbox_result result;
    struct bytes lines;
    unsigned nr;

    memcpy(argv, head, sizeof head);
    argv[nr_head] = "-t";
    argv[nr_head + 1] = percent;
    nr = number_sources(results, folder, table, argv + nr_head + 2);
    if (nr > 1) {
        sandbox_run(g->mode, &job, &result);
        if (result.end == SANDBOX_EXITED && result.status == 0 &&
            file_read(out, MAX_PAIRS_BYTES, &lines)) {
            take_pairs(lines.data, table);
            bytes_free(&lines);
        } else {
            fprintf(stderr, "rf-grade: the submissions could not be "
                    "compared with each other\n");
        }
        sandbox_result_free(&result);
    }
    for (unsigned i = 0; i < nr; i++)
        free((char *)argv[nr_head + 2 + i]);
    job_folder_remove(folder);
    free(out);
    free(percent);
    free(argv);
}
