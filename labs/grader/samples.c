/* SPDX-License-Identifier: MIT */
/**
 * @file samples.c
 * Submissions as a class could hand them in, made up from the tree's own
 * files: the starter, the solution, every part of it, every mutant and every
 * attack. Contract in variant.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/variant.h"

/** One submission as a folder with the lab's files. */
static void write_one(const struct grader *g,
                      const struct submission *submission, const char *dest,
                      const char *kind, const char *name)
{
    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        const struct bytes *source = &submission->part[i].source;
        char *path = must_format("%s/%s%s/%s", dest, kind, name,
                                 g->lab.exercise[i].file);

        if (source->data &&
            (!make_parent(path) ||
             !file_write(path, source->data, source->size)))
            grader_usage("%s cannot be written: %s", path, strerror(errno));
        free(path);
    }
}

/** The starter, then one exercise more each, to the solution. */
static unsigned write_partial(const struct grader *g, const char *dest)
{
    for (unsigned i = 0; i <= g->lab.nr_exercises; i++) {
        struct submission submission;
        char *name = must_format("%u-solved", i);

        variant_partial(g, (1u << i) - 1, &submission);
        write_one(g, &submission, dest, "", name);
        submission_free(&submission);
        free(name);
    }
    return g->lab.nr_exercises + 1;
}

static void write_mutant(const struct grader *g, const char *dest,
                         const char *name)
{
    struct submission submission;
    struct mutant mutant;
    char *problem;

    if (!mutant_read(&g->lab, name, &mutant, &problem) ||
        !mutant_make(g, &mutant, &submission, &problem))
        grader_fault("mutant %s: %s", name, problem);
    write_one(g, &submission, dest, "mutant-", name);
    submission_free(&submission);
    mutant_free(&mutant);
}

static void write_attack(const struct grader *g, const char *dest,
                         const char *name)
{
    char *path = must_format("%s/attack-%s", dest, name);
    struct attack attack;
    char *problem;

    if (!attack_read(&g->lab, name, &attack, &problem))
        grader_fault("attack %s: %s", name, problem);
    attack_write(g, &attack, attack.half, path);
    attack_free(&attack);
    free(path);
}

static unsigned write_named(const struct grader *g, const char *dest,
                            const char *kind,
                            void (*write)(const struct grader *, const char *,
                                          const char *))
{
    char **names;
    unsigned nr = variant_names(&g->lab, kind, &names);

    for (unsigned i = 0; i < nr; i++) {
        write(g, dest, names[i]);
        free(names[i]);
    }
    free(names);
    return nr;
}

unsigned variant_write_all(const struct grader *g, const char *dest)
{
    return write_partial(g, dest) +
           write_named(g, dest, "mutants", write_mutant) +
           write_named(g, dest, "attacks", write_attack);
}
