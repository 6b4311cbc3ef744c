/* SPDX-License-Identifier: MIT */
/**
 * @file map_model.h
 * What memory_map_build() must answer, computed on the host in bytes: cut
 * the address space at every boundary that the hand-off names, judge each of
 * the pieces by itself, and round at the end.
 */
#ifndef LAB1_MAP_MODEL_H
#define LAB1_MAP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "labs/grader/test.h"

#define CASE_MAX_RANGES 64u   /* BOOT_MAX_RANGES */
#define CASE_MAX_MODULES 128u /* BOOT_MAX_MODULES */
#define CASES_MAX 48u

#define RAM 1u
#define MAX_FRAMES 0x400000u /* layout.h: 16 GB */
#define MAP_MAX 256u         /* MEMORY_MAP_MAX */
#define MAP_BYTES (4u + 8u * MAP_MAX)

struct given_range {
    uint64_t base, length;
    uint32_t type;
};

struct given_module {
    uint32_t start, end;
};

/** One hand-off. */
struct map_case {
    uint32_t image_end;
    unsigned nr_ranges, nr_modules;
    struct given_range range[CASE_MAX_RANGES];
    struct given_module module[CASE_MAX_MODULES];
};

/** What a test keeps: the hand-offs, in the order of the driver's calls. */
struct map_cases {
    unsigned nr;
    struct map_case given[CASES_MAX];
};

/** Frames [start, end). */
struct frames {
    uint32_t start, end;
};

/** The answer: ascending, disjoint, never touching. */
struct map_answer {
    unsigned nr;
    struct frames range[2 * (CASE_MAX_RANGES + CASE_MAX_MODULES) + 2];
};

/** One more hand-off without ranges; the image ends at a drawn place. */
struct map_case *case_add(struct map_cases *cases, struct rng *rng);
void case_range(struct map_case *c, uint64_t base, uint64_t length,
                uint32_t type);
void case_module(struct map_case *c, uint32_t start, uint32_t end);

/** Shuffle a hand-off's ranges and modules: order means nothing. */
void case_shuffle(struct map_case *c, struct rng *rng);

void map_expect(const struct map_case *c, struct map_answer *to);

/** Why a frame is not usable, or that it is; for a message. */
const char *map_why(const struct map_case *c, uint32_t frame, char *text,
                    size_t bytes);

/** Give the driver its input and name the marks. */
void map_prepare(struct setup *s, const struct map_cases *cases);

/** Compare every answer of a run with the model's. */
void map_check(struct verdict *v, const struct run *run);

#endif
