/* SPDX-License-Identifier: MIT */
/**
 * @file texts.h
 * Trusted text: bytes whose hash the run file knows (`text` lines).
 *
 * A text is hashed again only when a store reached one of its frames or it
 * is mapped to other frames, so a check costs a walk of its pages.
 */
#ifndef SIM_BOCHS_TEXTS_H
#define SIM_BOCHS_TEXTS_H

#include "sim/bochs/runfile.h"

void texts_start(const struct run_file *file, uint64_t ram_bytes);

/** An instruction is about to store there: cheap. */
void texts_store(uint64_t maddr);

/**
 * Check all texts where they are due (see runfile.h).
 *
 * @param eip  Where the processor is.
 * @param at_mark  A mark at `eip` is about to execute.
 * @return The index of a text that is wrong, or -1.
 */
int texts_check(bool at_mark, uint32_t eip);

#endif
