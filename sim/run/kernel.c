/* SPDX-License-Identifier: MIT */
/**
 * @file kernel.c
 * See kernel.h.
 */
#include "sim/run/kernel.h"

#include "layout.h"
#include "sim/rom/image.h"
#include "sim/run/description.h"

int sim_kernel_of_image(struct sim_run *run, struct sim_error *error)
{
    struct rom_image image;
    uint64_t start = UINT64_MAX, end = 0;
    unsigned i;

    if (rom_image_read(run->image, run->image_length, &image, error))
        return -1;
    for (i = 0; i < image.nr_segments; i++) {
        const struct rom_segment *segment = &image.segment[i];

        if (!segment->executable ||
            segment->virtual_address < HYPERVISOR_START)
            continue;
        if (segment->virtual_address < start)
            start = segment->virtual_address;
        if ((uint64_t)segment->virtual_address + segment->memory_bytes > end)
            end = (uint64_t)segment->virtual_address + segment->memory_bytes;
    }
    if (end > UINT32_MAX)
        return sim_fail(error, "a segment's p_vaddr and p_memsz end beyond "
                        "4 GB");
    if (end)
        sim_kernel(run, (uint32_t)start, (uint32_t)end);
    return 0;
}
