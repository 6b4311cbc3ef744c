/* SPDX-License-Identifier: MIT */
/**
 * @file kinds.c
 * The kinds of attacks, and whether the labs have them; contracts in kinds.h.
 *
 * - KINDS-I1: a kind of this list without an attack fails the tests of the
 *   labs. A lab may have attacks of other kinds; they are counted together.
 */
#include "labs/grader/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "labs/grader/labs.h"
#include "labs/grader/variant.h"

/** What the design wants, all labs together. */
#define MIN_KINDS 12u

static const struct {
    const char *name, *what;
} kinds[] = {
    { "text forgery", "print what a right solution's run might print" },
    { "forged marks", "go from ring 0 to where a right run would come by" },
    { "replay", "hand in the record of another run" },
    { "a faked machine", "look like the wanted state without being in it" },
    { "trusted code", "write over the test's code while it runs" },
    { "the driver's data", "read or change what the test is about to ask" },
    { "the test's guest", "know the test by its guest, and do just that" },
    { "answers by heart", "give the answers of a seed that everybody has" },
    { "somebody else's work", "have another part of the tree do the work" },
    { "end of the run", "end the run before anybody asks" },
    { "harness error", "break what judges, so that it is nobody's fault" },
    { "symbols", "be the test, by a name: aliases, weak, common, indirect" },
    { "sections", "be run before the test, or lie where it looks" },
    { "the assembler", "have files taken in, by .incbin and the like" },
    { "the linker", "tell the linker what to do" },
    { "the host's files", "read tests, answers, secrets while compiled" },
    { "files of others", "bring files that are not the student's to bring" },
    { "writing outside", "write where only others may" },
    { "archive tricks", "be one thing to one reader, another to the next" },
    { "report format", "be a report, or the end of one, by a name" },
    { "too many instructions", "never come to an end" },
    { "too much memory", "take all memory of a tool" },
    { "too much disk", "fill the disk" },
    { "too much output", "print until nobody can read it" },
    { "others", "of a kind of the lab's own" },
};

/** The last one is for the others, of which there need be none. */
#define NR_KINDS (sizeof kinds / sizeof kinds[0] - 1)

_Static_assert(NR_KINDS >= MIN_KINDS, "the design wants as many kinds");

/** Attacks of one kind, by lab and in all. */
struct count {
    unsigned of_lab[LAB_NOT_SAID];
    unsigned all, whole; /**< with a half-done solution and a finding */
};

static unsigned index_of(const char *name)
{
    unsigned i = 0;

    while (i < NR_KINDS && (!name || strcmp(kinds[i].name, name)))
        i++;
    return i;
}

/** Count one lab's; what cannot be read is a line of its own. */
static void count_lab(const struct lab *lab, struct count *count,
                      struct text *lines)
{
    char **names;
    unsigned nr = variant_names(lab, "attacks", &names);

    for (unsigned i = 0; i < nr; i++) {
        struct attack attack;
        char *problem = NULL;

        if (attack_read(lab, names[i], &attack, &problem)) {
            struct count *of = &count[index_of(attack.kind)];

            of->of_lab[lab->number]++;
            of->all++;
            of->whole += attack.half != 0 && attack.finding;
        } else if (lines) {
            text_add(lines, "fail labs/%u/attack/%s %s\n", lab->number,
                     names[i], problem);
        }
        free(problem);
        attack_free(&attack);
        free(names[i]);
    }
    free(names);
}

static struct count *count_all(struct text *lines)
{
    struct count *count = must_alloc(NR_KINDS + 1, sizeof *count);

    for (unsigned i = 0; i < nr_all_labs; i++) {
        struct lab lab;

        if (!all_labs[i])
            continue;
        lab_read(all_labs[i]->lab, &lab);
        count_lab(&lab, count, lines);
        lab_free(&lab);
    }
    return count;
}

void kinds_check(struct text *lines)
{
    struct count *count = count_all(lines);

    for (unsigned i = 0; i < NR_KINDS; i++) {
        char *name = must_copy(kinds[i].name);

        for (char *at = name; *at; at++)
            *at = *at == ' ' ? '-' : *at;
        if (count[i].whole)
            text_add(lines, "pass labs/attacks/%s\n", name);
        else
            text_add(lines, "fail labs/attacks/%s %u attacks of all labs are "
                     "of this kind, none with a finding on a half-done "
                     "solution\n",
                     name, count[i].all);
        free(name);
    }
    free(count);
}

void kinds_write(struct text *page)
{
    struct count *count = count_all(NULL);

    text_add(page, "\n## Attempts to get points without doing the work\n\n"
             "| kind | what it tries |");
    for (unsigned i = 0; i < nr_all_labs; i++)
        if (all_labs[i])
            text_add(page, " lab %u |", all_labs[i]->lab);
    text_add(page, "\n|---|---|");
    for (unsigned i = 0; i < nr_all_labs; i++)
        if (all_labs[i])
            text_add(page, "---|");
    for (unsigned i = 0; i <= NR_KINDS; i++) {
        text_add(page, "\n| %s | %s |", kinds[i].name, kinds[i].what);
        for (unsigned k = 0; k < nr_all_labs; k++)
            if (all_labs[k])
                text_add(page, " %u |", count[i].of_lab[all_labs[k]->lab]);
    }
    text_add(page, "\n");
    free(count);
}
