/* SPDX-License-Identifier: MIT */
/**
 * @file table.c
 * The frame table: one struct page_info for each frame of the machine, so
 * that a frame number is also an index. The boot code maps it, all zero.
 *
 * Nobody may index it with a number that a guest gave: frame_info() is the
 * only way in, and it knows the end (MM-I1).
 *
 * Source: [Xen2003] 3.3.3 "Virtual address translation".
 */
#include "memory.h"

struct frame_infos frame_infos;

/** A right was taken from some mapping since the last flush of everything:
 *  flush.c's, and here because the short ways set it as well. */
bool stale;

/**
 * Take over the frame table.
 *
 * @param table      All zero, for frames 0..nr_frames-1; never given back.
 * @param nr_frames  At most MAX_FRAMES.
 * @context{boot}
 * @pre   Called once, before the first domain is made.
 */
void frame_table_init(struct page_info *table, uint32_t nr_frames)
{
    frame_infos = (struct frame_infos){ table, nr_frames };
}

/**
 * Tell how far the frame table goes.
 *
 * @context{any}
 * @return one more than the highest frame number with an entry.
 */
uint32_t frame_table_size(void)
{
    return frame_infos.nr;
}
