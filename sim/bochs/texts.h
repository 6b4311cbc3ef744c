/* SPDX-License-Identifier: MIT */
/**
 * @file texts.h
 * Trusted text: bytes whose hash the run file knows (`text` lines).
 *
 * A text is hashed again only when a store reached one of its frames or it
 * is mapped to other frames, so a check costs a walk of its pages.
 *
 * What executes is looked at as well, not only what the tables say: the
 * processor may remember another translation, mask an address line, or add a
 * segment's base.
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

/**
 * Look where an instruction at CPL > 0 is fetched from: a guest's text is
 * executed from the frames that hold its bytes, between marks, too. Cheap
 * while the page is the last one.
 *
 * @return The index of a text that is wrong, or -1.
 */
int texts_fetch(void);

/** Does the processor fetch the instruction that is at `eip` there: has its
 *  code segment the base 0? */
bool texts_is_flat(uint32_t eip);

#endif
