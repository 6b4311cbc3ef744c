/* SPDX-License-Identifier: MIT */
/**
 * @file traps.h
 * The guest guests/traps: what a test tells it, and how each exception that
 * it raised is judged, from the instruction that raised it to the first one
 * of the handler.
 */
#ifndef LAB2_TRAPS_H
#define LAB2_TRAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "labs/grader/test.h"

#define TRAPS_MAX 100u
#define STEP_FAILSAFE 256u
#define STEP_STACK 257u

/* Of a trap table's entry. */
#define TRAP_MASKS 4u
#define TRAP_STAYS 0x100u

#define CALL 0x80u /* the vector of the direct trap */

/** One step of the guest's; in its order of words. */
struct trap_step {
    uint32_t vector, ring, mask, entry, value, eflags;
};

struct traps {
    uint32_t nr;
    struct trap_step step[TRAPS_MAX];
};

void traps_add(struct traps *t, struct trap_step step);

/** An exception that the processor raises, at random. */
struct trap_step traps_draw(struct rng *rng, uint32_t vector, uint32_t ring);

/** Give the guest its input and name the marks. */
void traps_prepare(struct setup *s, const struct traps *t);

/** Judge every step: the frame word by word, and all registers. */
void traps_check(struct verdict *v, const struct run *run);

/** No instruction of ring 0 was executed between two marks. */
void traps_direct(struct verdict *v, const struct run *run,
                  const struct mark *from, const struct mark *to);

/** The vectors that the guest can raise, -1 at the end; CALL is the last. */
extern const int traps_vectors[];

#endif
