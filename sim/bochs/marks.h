/* SPDX-License-Identifier: MIT */
/**
 * @file marks.h
 * Marks: addresses whose execution at a given ring is recorded.
 */
#ifndef SIM_BOCHS_MARKS_H
#define SIM_BOCHS_MARKS_H

#include "sim/bochs/runfile.h"

/* One bit an address, by its low 16 bits: almost every instruction is
   answered here. Every mark's bit is set. */
extern uint8_t marks_filter[1 << 13];

void marks_start(const struct run_file *file);

/** False when there is no mark at this address. */
static inline bool marks_maybe(uint32_t eip)
{
    return marks_filter[(eip & 0xFFFF) >> 3] >> (eip & 7) & 1;
}

/**
 * The next mark at this address and ring.
 *
 * @param eip  Where the processor is.
 * @param ring  Its ring.
 * @param from  Index to begin with.
 * @return Its index, or -1.
 */
int marks_next(unsigned from, uint32_t eip, unsigned ring);

/** Write the record of a mark with its snaps. */
void marks_record(unsigned index);

#endif
