/* SPDX-License-Identifier: MIT */
/**
 * @file alloc_model.h
 * What a frame allocator may answer, followed call by call: the model does
 * not say *which* block must be handed out, only which ones may be, and when
 * "there is none" is the truth.
 */
#ifndef LAB1_ALLOC_MODEL_H
#define LAB1_ALLOC_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "labs/grader/test.h"

#define ALLOC_BITS 0x10000u /* the driver's MAX_BITS */
#define ALLOC_MAX_RANGES 48u
#define ALLOC_MAX_STEPS 1200u
#define MAX_ORDER 10u /* FRAME_MAX_ORDER */

/** The driver's operations (guests/frame_alloc.c). */
enum operation { OP_ALLOC, OP_BELOW, OP_FREE_STEP, OP_FREE, OP_DRAIN };

struct step {
    uint32_t operation, a, b;
};

/** A map and a list of calls: all that the driver gets. */
struct alloc_plan {
    unsigned nr_ranges;
    struct {
        uint32_t start, end;
    } range[ALLOC_MAX_RANGES];
    uint32_t nr_frames; /**< bits of the allocator's bitmap */
    unsigned nr_steps;
    struct step step[ALLOC_MAX_STEPS];
};

/** A map of a few odd ranges, `frames` of them in all, more or less. */
void plan_map(struct alloc_plan *plan, struct rng *rng, uint32_t frames);

/** One more call; gives its number. */
unsigned plan_step(struct alloc_plan *plan, uint32_t operation, uint32_t a,
                   uint32_t b);

/** An OP_FREE_STEP, `offset` frames behind the block's first. */
#define FREE_BEHIND(offset) (OP_FREE_STEP | (uint32_t)(offset) << 8)

/** Give the driver its input and name the marks. */
void plan_prepare(struct setup *s, const struct alloc_plan *plan);

/** Follow every call of a run. */
void plan_check(struct verdict *v, const struct run *run);

#endif
