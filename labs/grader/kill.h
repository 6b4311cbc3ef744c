/* SPDX-License-Identifier: MIT */
/**
 * @file kill.h
 * Mutants of a lab, and which tests kill them; private to mutants.c and
 * kill_*.c.
 *
 * - KILL-I1: a mutant is judged by the tests of its own exercise, with the
 *   reference's code for everything else, as a submission is.
 * - KILL-I2: a mutant that does not compile, that gives the reference's
 *   object, or another mutant's, is counted apart: nothing was killed. The
 *   objects are made without debugging information, so equal code is equal
 *   bytes.
 * - KILL-I3: what is known stays known: verdicts lie in BUILD/labs/mutants,
 *   named by the hash of all that they depend on (the mutant's object, the
 *   reference's bytes, drivers, tests, tools, seed). So a run that was
 *   interrupted goes on where it was, and one without a change runs nothing.
 */
#ifndef GRADER_KILL_H
#define GRADER_KILL_H

#include "labs/grader/grade.h"

/** What became of a mutant. */
enum kill_state {
    KILL_UNKNOWN,
    KILL_LEFT_OUT, /**< of a sample */
    KILL_UNBUILT,  /**< it does not compile */
    KILL_SAME,     /**< it is the reference */
    KILL_TWIN,     /**< it is another mutant, `twin` */
    KILL_UNGRADED, /**< the host's fault */
    KILL_SURVIVED,
    KILL_KILLED,
};

/** One mutant. */
struct kill {
    char *name;        /**< of its file, or the key of a generated one */
    bool generated;
    unsigned exercise; /**< index */
    unsigned line;     /**< generated: in the exercise's file */
    char *killed_by;   /**< named: a test's id */
    char *source;      /**< of the exercise's file, mutated */
    enum kill_state state;
    char object[SHA256_HEX];
    unsigned twin;
    bool *by;          /**< for each test of the lab: did it kill? Generated:
                            true for the first that did */
    uint64_t luck;     /**< a survivor that dies with this seed; or 0 */
};

struct kills {
    struct grader g;    /**< jobs 1: the mutants are parallel */
    struct kill *kill;
    unsigned nr;
    unsigned nr_tests;
    unsigned jobs;
    char *cache;        /**< BUILD/labs/mutants */
    char *depends;      /**< hash of what every verdict depends on */
    unsigned nr_built, nr_run; /**< that were in no cache */
};

/** Compile all and tell which differ: KILL-I2. */
void kill_build(struct kills *kills);
/** Run the tests on those that differ. */
void kill_run(struct kills *kills);
/** Try survivors with other seeds: whatever these kill is no equivalent
 *  program, but one that the test's drawn numbers missed. */
void kill_survivors(struct kills *kills);

/** The matrix of one exercise, to the standard output. */
void kill_show(const struct kills *kills, unsigned exercise);

#endif
