/* SPDX-License-Identifier: MIT */
/**
 * @file work.c
 * How much a call has done already.
 *
 * Work is counted in page-table entries looked at; zeroing a frame counts as
 * many as take as long. Counting instead of looking at a clock makes a run the
 * same every time, and the place where a call stops is one that tests can hit.
 */
#include "memory.h"

/** What a call does before it lets interrupts in: about 100,000 instructions,
 *  half of what the hypervisor may keep them out. */
#ifndef WORK_SHARE /* the fuzzer has a small one: more calls are cut */
#define WORK_SHARE 2048u
#endif

unsigned work_done;

/** A whole share is left again. */
void work_reset(void)
{
    work_done = 0;
}

/** A part of a share is left: for work that an interrupt does on nobody's
 *  behalf, perhaps right after a whole share. */
void work_reset_to_part(void)
{
    work_done = WORK_SHARE - WORK_SHARE / 4;
}

/** Count work: 1 is what looking at one entry takes. */
void work_add(unsigned amount)
{
    work_done += amount;
}

/** True if the share is used up: stop at the next good place. */
bool work_exhausted(void)
{
    return work_done >= WORK_SHARE;
}
