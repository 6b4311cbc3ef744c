/* SPDX-License-Identifier: MIT */
/**
 * @file variant.h
 * Submissions made from the tree's own solution, to prove that a lab grades
 * as it should: the starter, wrong solutions, attacks. Forms: lab.h.
 *
 * A description that cannot be carried out (an edit whose text is not there
 * exactly once, an unknown test) gives a problem, not a submission.
 */
#ifndef GRADER_VARIANT_H
#define GRADER_VARIANT_H

#include "labs/grader/image.h"

/** mutants/NAME.json */
struct mutant {
    char *name;
    const char *exercise, *killed_by;
    json_t *json;
};

/** attacks/NAME/attack.json */
struct attack {
    char *name;
    exercise_set half;  /**< exercises that the half-done variant has right */
    double starter, halfway; /**< expected points */
    uint64_t seed;      /**< to grade it with; 0: any */
    uint64_t learned_seed; /**< with this one, unless it is 0, the starter */
    double learned;        /**< variant scores so much */
    const char *kind;    /**< such as one of kinds.c; or NULL */
    const char *finding; /**< what a message of its report says; or NULL */
    json_t *json;
};

/** Names in labs/NN/mutants or attacks, sorted. @return how many; free each
 *  and the list. */
unsigned variant_names(const struct lab *lab, const char *kind, char ***names);

/** The starter with the solutions of some exercises put back. */
void variant_partial(const struct grader *g, exercise_set solved,
                     struct submission *to);

/** @retval false with *problem, its own text. */
bool mutant_read(const struct lab *lab, const char *name, struct mutant *to,
                 char **problem);
/** The solution with the mutant's edits. */
bool mutant_make(const struct grader *g, const struct mutant *mutant,
                 struct submission *to, char **problem);
void mutant_free(struct mutant *mutant);

bool attack_read(const struct lab *lab, const char *name, struct attack *to,
                 char **problem);
/**
 * Write the attack as it would be handed in: a folder or an archive.
 *
 * @param g       The grader.
 * @param attack  Read.
 * @param solved  Exercises of which it has the solution.
 * @param path    Where to; nothing is there yet.
 */
void attack_write(const struct grader *g, const struct attack *attack,
                  exercise_set solved, const char *path);
/** The same, read like any other submission. */
void attack_make(const struct grader *g, const struct attack *attack,
                 exercise_set solved, struct submission *to);
/** Pack a folder, and what the attack's "archive" adds, into one at `path`
 *  (attack_archive.c). */
void attack_pack(const struct attack *attack, const char *folder,
                 const char *path);
void attack_free(struct attack *attack);

/**
 * Write submissions like those of a class: from the starter to the solution
 * one exercise at a time, every mutant, every attack on its half-done
 * variant; each as a folder with the lab's files, or an archive where the
 * attack is one.
 *
 * @param g     The grader.
 * @param dest  Folder; made when it is not there.
 * @return How many there are.
 */
unsigned variant_write_all(const struct grader *g, const char *dest);

#endif
