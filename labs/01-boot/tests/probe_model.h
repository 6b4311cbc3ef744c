/* SPDX-License-Identifier: MIT */
/**
 * @file probe_model.h
 * Accesses that the driver guests/probes.c performs, and what the processor
 * must do with each: taken from the event log, not from the driver.
 */
#ifndef LAB1_PROBE_MODEL_H
#define LAB1_PROBE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "labs/grader/test.h"

#define PROBES_MAX 64u

enum probe_kind { PROBE_LOAD, PROBE_STORE, PROBE_EXECUTE };

/** The driver's places. */
enum probe_place {
    PLACE_ADDRESS,
    PLACE_TEXT,
    PLACE_CONSTANTS,
    PLACE_DATA,
    PLACE_GUARD, /**< the page below the stack */
    PLACE_LOW,   /**< the image, at its machine address */
};

struct probe {
    uint32_t kind, place, drawn;
};

struct probes {
    uint32_t nr;
    struct probe probe[PROBES_MAX];
};

/** One more probe. */
void probe_add(struct probes *probes, struct rng *rng, enum probe_kind kind,
               enum probe_place place, uint32_t drawn);

/** Shuffle, give the driver its input and name the marks. */
void probe_prepare(struct setup *s, struct probes *probes, struct rng *rng);

/** Every probe faulted as it must, or did not. */
void probe_check(struct verdict *v, const struct run *run);

#endif
