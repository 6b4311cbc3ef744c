/* SPDX-License-Identifier: MIT */
/**
 * @file memory_map_take.c
 * What others do with a finished memory map: measure it, and take pieces out
 * before the frame allocator gets the rest.
 *
 * @ingroup boot
 */
#include "boot.h"

/**
 * The end of usable memory.
 *
 * @param map  a memory map
 * @context{boot}
 * @return one more than its highest frame's number; 0 when it is empty.
 * @ingroup boot
 */
uint32_t memory_map_end(const struct memory_map *map)
{
    return map->nr > 0 ? map->range[map->nr - 1].end : 0;
}

/**
 * Count the frames of a memory map.
 *
 * @param map  a memory map
 * @context{boot}
 * @return frames in all its ranges.
 * @ingroup boot
 */
uint32_t memory_map_frames(const struct memory_map *map)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < map->nr; i++)
        sum += map->range[i].end - map->range[i].start;
    return sum;
}

/** Take [start, end) out of range i, which holds it. */
static bool cut(struct memory_map *map, unsigned i, uint32_t start,
                uint32_t end)
{
    struct frame_range old = map->range[i];

    if (start > old.start && end < old.end) { /* a hole: two ranges of one */
        if (map->nr == MEMORY_MAP_MAX)
            return false;
        for (unsigned j = map->nr++; j > i; j--)
            map->range[j] = map->range[j - 1];
        map->range[i].end = start;
        map->range[i + 1].start = end;
    } else if (start > old.start) {
        map->range[i].end = start;
    } else if (end < old.end) {
        map->range[i].start = end;
    } else { /* nothing is left */
        map->nr--;
        for (; i < map->nr; i++)
            map->range[i] = map->range[i + 1];
    }
    return true;
}

/**
 * Take a contiguous piece out of a memory map: the highest that fits.
 *
 * @param map        a memory map; keeps its order (BOOT-I1)
 * @param nr_frames  how many frames, at least 1
 * @param alignment  a power of 2: the first frame's number is a multiple
 * @param below      no frame of the piece has this number or a higher one
 * @param first      OUT the first frame
 * @context{boot}
 * @retval false  there is no such piece; nothing is changed
 * @ingroup boot
 */
bool memory_map_take(struct memory_map *map, uint32_t nr_frames,
                     uint32_t alignment, uint32_t below, mfn_t *first)
{
    for (unsigned i = map->nr; i-- > 0;) {
        uint32_t end = map->range[i].end < below ? map->range[i].end : below;
        uint32_t start;

        if (end < nr_frames)
            continue;
        start = (end - nr_frames) & -alignment;
        if (start < map->range[i].start)
            continue;
        if (!cut(map, i, start, start + nr_frames))
            return false;
        *first = mfn(start);
        return true;
    }
    return false;
}
