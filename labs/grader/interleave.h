/* SPDX-License-Identifier: MIT */
/**
 * @file interleave.h
 * The verdict over all interleavings of a run (setup_interleave() in test.h).
 *
 * - INTERLEAVE-I1: every boundary of the window has been judged, or the
 *   verdict is not "pass".
 * - INTERLEAVE-I2: which interleaving fails is found among the children, but
 *   a report is about an ordinary run: the same test again, with the event
 *   there and nowhere else. A judgement that it does not repeat is nobody's.
 */
#ifndef GRADER_INTERLEAVE_H
#define GRADER_INTERLEAVE_H

#include "labs/grader/verdict.h"

/** What was found. */
struct interleavings {
    uint64_t instructions; /**< that the children took */
    uint64_t fails_at;     /**< instructions before the boundary of the first
                                that fails; 0: none does */
    char *where;           /**< of that boundary in the window; free() it */
};

/**
 * Judge a run's interleavings, one after the other, up to the first failure.
 *
 * @param run    Has passed, without the event.
 * @param v      Still passing. Fails if there are too many interleavings to
 *               judge them all; is a harness error where the host is at fault.
 * @param found  Filled in; a failing interleaving leaves the verdict as it is:
 *               it is to be run again alone.
 */
void interleave_judge(const struct run *run, struct verdict *v,
                      struct interleavings *found);

/** What interleavings cost here, for bench.h. */
struct interleave_cost {
    uint64_t boundaries;
    unsigned children;
    double seconds; /**< of all children together */
};

/**
 * Run a test on the reference with its interleavings and without them.
 *
 * @param g     The grader.
 * @param test  Any of the lab's.
 * @param cost  Filled in.
 * @retval false It has none, or it does not run.
 */
bool interleave_measure(const struct grader *g, const struct test *test,
                        struct interleave_cost *cost);

#endif
