/* SPDX-License-Identifier: MIT */
/**
 * @file tables_model.h
 * Which pages a list of sections asks for, and what PAE tables in machine
 * memory really map: walked here entry by entry, reserved bits and all.
 */
#ifndef LAB1_TABLES_MODEL_H
#define LAB1_TABLES_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "labs/grader/test.h"

#define TABLES_MAX_SECTIONS 64u /* the driver's MAX_SECTIONS */
#define TABLES_MAX_CASES 12u

#define PAGE 0x1000u

/** One piece to be mapped. */
struct section {
    uint32_t vaddr, maddr, bytes;
    bool writable, executable;
};

/** One call of page_tables_build(). */
struct tables_case {
    uint32_t pool;   /**< machine address of its first frame */
    uint32_t frames; /**< in the pool */
    bool refuse;     /**< the right answer is 0 */
    const char *why; /**< of a refusal */
    unsigned nr;
    struct section section[TABLES_MAX_SECTIONS];
};

struct tables_cases {
    unsigned nr;
    struct tables_case given[TABLES_MAX_CASES];
    uint32_t next_pool; /**< pools lie apart, one after the other */
};

/** One more call, without sections. */
struct tables_case *tables_add(struct tables_cases *cases);

/** One more section; drawn frames, no page claimed twice by the caller.
 *  @param rights  1 writable, 2 executable, 0 neither */
void tables_section(struct tables_case *c, struct rng *rng, uint32_t vaddr,
                    uint32_t nr_pages, unsigned rights);

/** Frames that the tables of a case need. */
uint32_t tables_needed(const struct tables_case *c);

/** Choose the pool: exactly what is needed and `spare` frames more. */
void tables_pool(struct tables_cases *cases, struct tables_case *c,
                 struct rng *rng, int spare);

/** Give the driver its input and name the marks. */
void tables_prepare(struct setup *s, const struct tables_cases *cases);

/** Judge every call of a run. */
void tables_check(struct verdict *v, const struct run *run);

#endif
