/* SPDX-License-Identifier: MIT */
/**
 * @file kill_show.c
 * The matrix of mutants and tests; contract in kill.h.
 *
 *       A 1.1/holes
 *       B 1.1/odd-ends
 *
 *     A B   mutant
 *     . X   map-end-rounded-up     X: killed by the test that it names
 *     x .   memory_map.c:34 nth_run: [delete: end = limit;]
 *     . .   memory_map.c:40 ...    survives
 */
#include <stdio.h>
#include <string.h>

#include "labs/grader/kill.h"

static bool is_of(const struct kills *kills, unsigned test, unsigned exercise)
{
    const struct lab *lab = &kills->g.lab;

    return !strcmp(lab->tests[test]->exercise, lab->exercise[exercise].id);
}

static void show_tests(const struct kills *kills, unsigned exercise)
{
    char letter = 'A';

    for (unsigned i = 0; i < kills->nr_tests; i++)
        if (is_of(kills, i, exercise))
            printf("    %c  %s\n", letter++, kills->g.lab.tests[i]->id);
    printf("\n  ");
    for (char c = 'A'; c < letter; c++)
        printf("%c ", c);
    printf("  mutant\n");
}

static void show_one(const struct kills *kills, const struct kill *kill)
{
    const struct lab *lab = &kills->g.lab;

    printf("  ");
    for (unsigned i = 0; i < kills->nr_tests; i++) {
        bool named = kill->killed_by &&
                     !strcmp(kill->killed_by, lab->tests[i]->id);

        if (is_of(kills, i, kill->exercise))
            printf("%c ", !kill->by[i] ? named ? '!' : '.'
                          : named      ? 'X'
                                       : 'x');
    }
    if (kill->generated)
        printf("  line %u, %s", kill->line, kill->name);
    else
        printf("  %s", kill->name);
    if (kill->luck)
        printf("  SURVIVES, but not with seed %llu",
               (unsigned long long)kill->luck);
    else if (kill->state == KILL_SURVIVED)
        printf("  SURVIVES");
    else if (kill->state == KILL_UNGRADED)
        printf("  could not be graded: the host's fault");
    printf("\n");
}

/** How many of an exercise's generated, or named, mutants are in a state. */
static unsigned count(const struct kills *kills, unsigned exercise,
                      bool generated, enum kill_state state)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < kills->nr; i++)
        nr += kills->kill[i].exercise == exercise &&
              kills->kill[i].generated == generated &&
              kills->kill[i].state == state;
    return nr;
}

static void show_kind(const struct kills *kills, unsigned exercise,
                      bool generated)
{
    for (unsigned i = 0; i < kills->nr; i++) {
        const struct kill *kill = &kills->kill[i];

        if (kill->exercise == exercise && kill->generated == generated &&
            kill->state >= KILL_UNGRADED)
            show_one(kills, kill);
    }
    printf("  %s: %u killed, %u survive", generated ? "generated" : "named",
           count(kills, exercise, generated, KILL_KILLED),
           count(kills, exercise, generated, KILL_SURVIVED));
    if (generated)
        printf("; apart from %u that do not compile, %u that give the "
               "reference's object,\n  and %u that give another mutant's",
               count(kills, exercise, true, KILL_UNBUILT),
               count(kills, exercise, true, KILL_SAME),
               count(kills, exercise, true, KILL_TWIN));
    printf("\n\n");
}

void kill_show(const struct kills *kills, unsigned exercise)
{
    const struct exercise *e = &kills->g.lab.exercise[exercise];

    printf("Exercise %s, %s: %s\n\n", e->id, e->title, e->file);
    show_tests(kills, exercise);
    show_kind(kills, exercise, false);
    show_kind(kills, exercise, true);
}
