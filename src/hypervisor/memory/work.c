/* SPDX-License-Identifier: MIT */
/**
 * @file work.c
 * How much a call has done already.
 *
 * Work is counted in steps of about 50 instructions: looking at a page-table
 * entry is one, taking or putting what it refers to is ENTRY_WORK, and whatever
 * else takes long counts as many as take as long. Counting instead of looking
 * at a clock makes a run the same every time, and the place where a call stops
 * is one that tests can hit.
 *
 *     the longest stay    a share, but for its last step  |  one whole L1
 *     in ring 0           64,000 instructions             |  118,000
 *
 *                         1,024 frames for 1,024 others (work_fresh_for())
 *                         179,000
 *
 * An L1 is promoted in one go (table_promote()), and may begin with the last
 * step of a share: both together must stay below the 200,000 instructions that
 * an interrupt may have to wait. That is why the share is no larger.
 */
#include "memory.h"

unsigned work_done;

/**
 * A whole share is left again.
 *
 * @context{entry}
 */
void work_reset(void)
{
    work_done = 0;
}

/**
 * A part of a share is left: for work that an interrupt does on nobody's
 * behalf, perhaps right after a whole share.
 *
 * @context{exit}
 */
void work_reset_to_part(void)
{
    work_done = WORK_SHARE - WORK_SHARE / 4;
}

/**
 * Ask whether the work is to go on.
 *
 * @context{entry}
 * @return true if the share is used up: stop at the next good place.
 */
bool work_exhausted(void)
{
    return work_done >= WORK_SHARE;
}
