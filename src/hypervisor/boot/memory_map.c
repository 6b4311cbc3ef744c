/* SPDX-License-Identifier: MIT */
/**
 * @file memory_map.c
 * Exercise 1.1: which frames of the machine are ours to use.
 *
 * The boot loader's map comes from the firmware, and firmware is written by
 * people: ranges overlap, come in any order, start and end in the middle of a
 * page, and now and then one wraps around the end of the address space. What
 * is in doubt is not used: to lose a frame costs 4 KB, to use one that is not
 * RAM, or that holds a module, costs the machine.
 *
 *     given      |  RAM        |      |     RAM   |
 *                          | reserved  |
 *     image      |###|
 *     frames     +---+---+---+---+---+---+---+---+---+
 *     usable         |-------|             |---|
 *
 * Source: [Multiboot] 0.6.96, 3.3 "Boot information format".
 *
 * @ingroup boot
 */
#include "boot.h"

#include "xen_abi.h"

//@solution-helper 1.1
/** The i-th thing that a frame can belong to: the image with all that lies
 *  below it, then the ranges, then the modules. Says whether it is RAM, and
 *  which frames: for RAM those it holds whole, else those it touches. */
static bool nth_run(const struct boot_info *info, unsigned i,
                    struct frame_range *run)
{
    const uint64_t limit = (uint64_t)MAX_FRAMES << PAGE_SHIFT;
    uint64_t start = 0, end = info->image_end;
    bool ram = false;

    if (i > info->nr_ranges) {
        start = info->module[i - info->nr_ranges - 1].start;
        end = info->module[i - info->nr_ranges - 1].end;
    } else if (i > 0) {
        start = info->range[i - 1].base;
        end = start + info->range[i - 1].length;
        ram = info->range[i - 1].type == BOOT_RAM;
        if (end < start && !ram) /* it wraps: believe the worst */
            end = limit;
    }
    if (end <= start || start >= limit)
        start = end = 0;
    if (end > limit)
        end = limit;
    run->start = (uint32_t)((start + (ram ? PAGE_SIZE - 1 : 0)) >> PAGE_SHIFT);
    run->end = (uint32_t)((end + (ram ? 0 : PAGE_SIZE - 1)) >> PAGE_SHIFT);
    return ram;
}
//@end

/**
 * Find the usable frames (BOOT-I1).
 *
 * A frame is usable when all of it is RAM (boot_range.type BOOT_RAM), and no
 * byte of it belongs to a range of another type, to a module, or to what lies
 * below `info->image_end`: the image, and the first megabyte, where firmware
 * keeps its data. Frames from MAX_FRAMES on (16 GB) are left out. A range
 * whose end is 2^64, or wraps past it, is a lie: if it claims to be RAM it
 * counts as nothing, otherwise as everything from its base on. Two ranges of
 * RAM that share a frame do not make it whole. A module that ends before it
 * starts is nothing.
 *
 * @param info  what the boot loader said; nothing in it is checked
 * @param map   OUT usable ranges as BOOT-I1 says: ascending, not empty,
 *              disjoint and never touching
 * @context{boot}
 * @retval 0        there is at least one usable frame
 * @retval -ENOMEM  there is none; map->nr is 0
 * @note MEMORY_MAP_MAX ranges are enough for any boot_info: each range starts
 *       where one of RAM does or one of something else ends.
 * @ingroup boot
 */
int memory_map_build(const struct boot_info *info, struct memory_map *map)
//@solution 1.1 -- (void)info; (void)map; return -ENOSYS;
{
    unsigned nr_runs = 1 + info->nr_ranges + info->nr_modules;
    uint32_t frame, next;

    map->nr = 0;
    for (frame = 0; frame < MAX_FRAMES; frame = next) {
        bool usable = false, taken = false;

        next = MAX_FRAMES; /* the next place where anything changes */
        for (unsigned i = 0; i < nr_runs; i++) {
            struct frame_range run;
            bool ram = nth_run(info, i, &run);
            bool inside = run.start <= frame && frame < run.end;
            uint32_t change = run.start > frame ? run.start : run.end;

            if (inside && ram)
                usable = true;
            if (inside && !ram)
                taken = true;
            if (change > frame && change < next)
                next = change;
        }
        if (!usable || taken)
            continue;
        if (map->nr > 0 && map->range[map->nr - 1].end == frame)
            map->range[map->nr - 1].end = next;
        else if (map->nr < MEMORY_MAP_MAX)
            map->range[map->nr++] = (struct frame_range){ frame, next };
    }
    return map->nr > 0 ? 0 : -ENOMEM;
}
//@end
