/* SPDX-License-Identifier: MIT */
/**
 * @file frame_alloc.c
 * Exercise 1.4: handing out frames.
 *
 * One bit a frame: set means free. 16 GB of RAM take half a megabyte of bits,
 * and a search (bitmap_find_block() in lib.h) looks at 32 frames at once.
 *
 * A block of order n is 2^n frames, aligned to its own size. Blocks are taken
 * from the top of memory down, because what lies low is precious: the L3 of a
 * base, shared_info and old devices need frames below 4 GB.
 *
 * @ingroup boot
 */
#include "boot.h"

#include "lib.h"

/** The allocator's whole state. */
static struct {
    uint32_t *free;               /**< bit n set: frame n is free */
    uint32_t nr_frames;           /**< bits in it */
    uint32_t nr_free;             /**< bits that are set */
    const struct memory_map *map; /**< the frames whose bits may be set */
    uint32_t top;                 /**< no bit is set above this word, so that
                                       a search need not look there */
} frames;

/**
 * Start over: every frame of a map is free. May be called again and again;
 * nothing of before is left.
 *
 * @param map        usable frames (BOOT-I1); read later, too, so it must stay
 * @param bitmap     room for BITMAP_WORDS(nr_frames) words; they hold garbage
 * @param nr_frames  frames 0..nr_frames-1 are looked after; what the map has
 *                   beyond is never handed out. At least 1
 * @context{boot}
 * @post frames_free() is the number of frames in the map below nr_frames.
 * @ingroup boot
 */
void frame_alloc_init(const struct memory_map *map, uint32_t *bitmap,
                      uint32_t nr_frames)
//@solution 1.4 -- (void)map; (void)bitmap; (void)nr_frames;
{
    frames.free = bitmap;
    frames.nr_frames = nr_frames;
    frames.nr_free = 0;
    frames.map = map;
    frames.top = (nr_frames - 1) / 32;
    memset(bitmap, 0, BITMAP_WORDS(nr_frames) * sizeof(*bitmap));
    for (unsigned i = 0; i < map->nr; i++) {
        uint32_t start = map->range[i].start;
        uint32_t end = map->range[i].end;

        if (end > nr_frames)
            end = nr_frames;
        if (start >= end)
            continue;
        bitmap_set_range(bitmap, start, end);
        frames.nr_free += end - start;
    }
}
//@end

/**
 * Take a block of frames that lies below a limit.
 *
 * @param order  2^order frames, aligned to their number; at most
 *               FRAME_MAX_ORDER
 * @param first_mfn_not_allowed  no frame of the block has this number or a
 *               higher one
 * @context{any}
 * @return the first frame, or INVALID_MFN when there is no such block. The
 *         frames' content is what the last holder left.
 * @post No frame of the block is handed out again before it is freed
 *       (BOOT-I5).
 * @ingroup boot
 */
mfn_t frame_alloc_below(unsigned order, uint32_t first_mfn_not_allowed)
//@solution 1.4 -- (void)order; (void)first_mfn_not_allowed; return INVALID_MFN;
{
    uint32_t limit = first_mfn_not_allowed;
    uint32_t first;

    if (order > FRAME_MAX_ORDER)
        return INVALID_MFN;
    while (frames.top > 0 && frames.free[frames.top] == 0)
        frames.top--;
    if (limit > frames.nr_frames)
        limit = frames.nr_frames;
    if (limit > (frames.top + 1) * 32)
        limit = (frames.top + 1) * 32;
    first = bitmap_find_block(frames.free, order, limit);
    if (first == BITMAP_NONE)
        return INVALID_MFN;
    bitmap_clear_range(frames.free, first, first + (1u << order));
    frames.nr_free -= 1u << order;
    return mfn(first);
}
//@end

/**
 * Take a block of frames anywhere; see frame_alloc_below().
 *
 * @param order  2^order frames, aligned to their number
 * @context{any}
 * @return the first frame, or INVALID_MFN when there is no such block.
 * @ingroup boot
 */
mfn_t frame_alloc(unsigned order)
{
    return frame_alloc_below(order, MAX_FRAMES);
}

/**
 * Give a block back, or a smaller aligned block out of one.
 *
 * @param first  its first frame
 * @param order  2^order frames; at most FRAME_MAX_ORDER
 * @context{entry}
 * @retval true   they are free again
 * @retval false  nothing is changed, because the block is not aligned, not
 *                wholly in the map, or one of its frames is free already: a
 *                bug of the caller, who knows best how to report it
 * @ingroup boot
 */
bool frame_free(mfn_t first, unsigned order)
//@solution 1.4 -- (void)first; (void)order; return false;
{
    uint32_t start = first.n, end;
    bool in_map = false;

    if (order > FRAME_MAX_ORDER || start >= frames.nr_frames)
        return false;
    end = start + (1u << order);
    if (end > frames.nr_frames || start % (1u << order) != 0)
        return false;
    /* Ranges never touch (BOOT-I1), so a block in the map is inside one. */
    for (unsigned i = 0; i < frames.map->nr; i++)
        if (frames.map->range[i].start <= start &&
            end <= frames.map->range[i].end)
            in_map = true;
    if (!in_map || !bitmap_all_clear(frames.free, start, end))
        return false;
    bitmap_set_range(frames.free, start, end);
    frames.nr_free += end - start;
    if ((end - 1) / 32 > frames.top)
        frames.top = (end - 1) / 32;
    return true;
}
//@end

/**
 * Count the free frames.
 *
 * @context{any}
 * @return frames that frame_alloc(0) can still hand out.
 * @ingroup boot
 */
uint32_t frames_free(void)
{
    return frames.nr_free;
}
