/* SPDX-License-Identifier: MIT */
/**
 * @file io.c
 * Which frames are no RAM: device registers, firmware, holes.
 *
 * They have no owner and no counts. A privileged domain may map them (it
 * drives the machine's devices); nobody else may. What is RAM is what the
 * boot loader's map said, before the hypervisor took its own part: a frame of
 * the hypervisor's is RAM, has no owner either, and is nobody's to map.
 *
 * Source: [Multiboot] 0.6.96, 3.3 "Boot information format".
 */
#include "memory.h"

#include "boot.h"

static const struct boot_info *machine_map;

/** Clear PAGE_IO on the whole frames of one range of RAM. */
static void unmark(const struct boot_range *range)
{
    uint64_t end = range->base + range->length;
    uint64_t first = (range->base + PAGE_SIZE - 1) >> PAGE_SHIFT;

    if (end < range->base)
        end = UINT64_MAX;
    for (uint64_t n = first; n < end >> PAGE_SHIFT; n++) {
        if (n >= frame_table_size())
            break;
        frame_info(mfn((uint32_t)n))->flags &= ~PAGE_IO;
    }
}

/**
 * Mark the frames that are no RAM.
 *
 * @param info  The boot loader's map, as it was handed over; it stays.
 * @context{boot}
 * @pre   Before the first frame has an owner.
 */
void memory_io_init(const struct boot_info *info)
{
    machine_map = info;
    for (uint32_t n = 0; n < frame_table_size(); n++)
        frame_info(mfn(n))->flags |= PAGE_IO;
    for (unsigned i = 0; i < info->nr_ranges; i++) {
        if (info->range[i].type == 1)
            unmark(&info->range[i]);
    }
}

/**
 * Ask what is behind a frame number: RAM, or something else.
 *
 * @param m  Any number.
 * @context{entry}
 * @return true if it is no RAM, as no frame beyond the table ever is.
 */
bool frame_is_io(mfn_t m)
{
    const struct page_info *info = frame_info(m);

    return !info || (info->flags & PAGE_IO);
}

/**
 * Get the machine's memory as the boot loader described it.
 *
 * @context{hypercall}
 * @return what memory_io_init() was given; it stays as it is.
 */
const struct boot_info *memory_machine_map(void)
{
    return machine_map;
}
