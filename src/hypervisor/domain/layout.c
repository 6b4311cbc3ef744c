/* SPDX-License-Identifier: MIT */
/**
 * @file layout.c
 * Where the parts of a new domain's memory go: numbers only.
 *
 * Virtual addresses ascend from the guest's virt_base, and pfn 0 is there:
 *
 *     virt_base            end of image                            end
 *     | gap | image | ramdisk | p2m | start_info | store | console |
 *           | L3 | L2s | L1s | boot stack | at least 512 KB, unused |
 *
 * `end` is on a 4 MB boundary, and all of [virt_base, end) is mapped. How
 * many L1 tables that takes depends on where the end is, and the end depends
 * on how many tables there are; so the numbers are iterated until they agree.
 *
 * The number of tables is part of the interface. Old Mini-OS computes what is
 * mapped as (nr_pt_frames - 3) * 512 pages, which is right only with one L3,
 * one L2 for the image and one more L2 for slot 3. So there is never an L2
 * that is not needed.
 *
 * Invariants:
 *  - LAY-I1: the parts are page aligned, ascending, disjoint, below `end`.
 *  - LAY-I2: end <= M2P_START, and every page below `end` has a pfn below
 *    nr_pages.
 *  - LAY-I3: nr_tables = 1 + nr_l2 + nr_l1, and the L1s cover [virt_base,
 *    end) exactly.
 *
 * Source: [XenABI] xen/xen.h, "Start-of-day memory layout".
 */
#include "builder.h"

#include "layout.h"
#include "lib.h"
#include "memory.h"
#include "xen_abi.h"

#define END_ALIGNMENT 0x400000ull /* 4 MB */
#define END_SLACK 0x80000ull      /* 512 KB after the last allocation */
#define L1_REACH 0x200000ull      /* what one L1 table maps */

static uint64_t round_up(uint64_t n, uint64_t alignment)
{
    return (n + alignment - 1) & ~(alignment - 1);
}

/** Take `bytes`, in whole pages, at `*at`. */
static uint64_t take(uint64_t *at, uint64_t bytes)
{
    uint64_t va = *at;

    *at += round_up(bytes, PAGE_SIZE);
    return va;
}

/** Table counts for [virt_base, end), slot 3's L2 always among them. */
static void count_tables(struct guest_layout *layout, uint64_t end)
{
    uint64_t start = layout->virt_base & ~(L1_REACH - 1);
    unsigned first_slot = l3_index(layout->virt_base);
    unsigned last_slot = l3_index((uint32_t)(end - 1));

    layout->nr_l1 = (uint32_t)((end - start) / L1_REACH);
    layout->nr_l2 = last_slot - first_slot + 1 + (last_slot < 3);
    layout->nr_tables = 1 + layout->nr_l2 + layout->nr_l1;
}

/** Place tables and stack at `at`; the number of tables that fits itself. */
static uint64_t place_tables(struct guest_layout *layout, uint64_t at)
{
    uint64_t end;
    uint32_t guess;

    layout->nr_tables = 0;
    do {
        guess = layout->nr_tables;
        end = round_up(at + (guess + 1ull) * PAGE_SIZE + END_SLACK,
                       END_ALIGNMENT);
        if (end > M2P_START)
            return end;
        count_tables(layout, end);
    } while (layout->nr_tables != guess);
    layout->tables_va = (uint32_t)take(&at, (uint64_t)guess * PAGE_SIZE);
    layout->stack_va = (uint32_t)take(&at, PAGE_SIZE);
    return end;
}

/**
 * Compute a new domain's layout.
 *
 * @param request      Its image has passed image_read().
 * @param[out] layout  Filled on success, else undefined.
 * @param[out] error   One sentence on failure.
 * @context{boot}
 * @retval 0        LAY-I1 to I3 hold.
 * @retval -EINVAL  too little memory, or no room below the hypervisor.
 * @par Source
 * [XenABI] xen/xen.h, "Start-of-day memory layout".
 */
int layout_compute(const struct layout_request *request,
                   struct guest_layout *layout, struct build_error *error)
{
    const struct guest_image *image = request->image;
    uint64_t ramdisk = round_up(request->ramdisk_bytes, PAGE_SIZE);
    bool mapped = ramdisk != 0 && !image->ramdisk_unmapped;
    uint64_t at = round_up(image->end, PAGE_SIZE), end, needed;

    memset(layout, 0, sizeof(*layout));
    layout->virt_base = image->virt_base;
    if (mapped)
        layout->ramdisk_va = (uint32_t)take(&at, ramdisk);
    layout->p2m_va = (uint32_t)take(&at, request->nr_pages * 4ull);
    layout->start_info_va = (uint32_t)take(&at, PAGE_SIZE);
    if (request->ring_pages) {
        layout->store_va = (uint32_t)take(&at, PAGE_SIZE);
        layout->console_va = (uint32_t)take(&at, PAGE_SIZE);
    }
    end = place_tables(layout, at);
    if (end > M2P_START)
        return build_refuse(error,
                            "the image at 0x%x-0x%x with a ramdisk of %u KB "
                            "and %u KB of memory has no room below 0x%x",
                            image->start, image->end,
                            request->ramdisk_bytes / 1024,
                            request->nr_pages * 4, M2P_START);
    layout->end = (uint32_t)end;
    needed = (end - image->virt_base) / PAGE_SIZE;
    layout->ramdisk_pfn = (uint32_t)needed;
    if (mapped)
        layout->ramdisk_pfn =
            (layout->ramdisk_va - image->virt_base) / PAGE_SIZE;
    else
        needed += ramdisk / PAGE_SIZE;
    if (needed > request->nr_pages)
        return build_refuse(error,
                            "the image (0x%x-0x%x) and its ramdisk need "
                            "%u KB of memory, the domain has %u KB",
                            image->start, image->end, (uint32_t)needed * 4,
                            request->nr_pages * 4);
    return 0;
}
