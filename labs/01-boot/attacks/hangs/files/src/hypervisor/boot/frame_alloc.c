/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "arch_cpu.h"

void frame_alloc_init(const struct memory_map *map, uint32_t *bitmap,
                      uint32_t nr_frames)
{
    (void)map;
    (void)bitmap;
    (void)nr_frames;
    arch_interrupts_off();
    for (;;)
        arch_pause();
}

mfn_t frame_alloc_below(unsigned order, uint32_t first_mfn_not_allowed)
{
    (void)order;
    (void)first_mfn_not_allowed;
    return INVALID_MFN;
}

mfn_t frame_alloc(unsigned order)
{
    return frame_alloc_below(order, MAX_FRAMES);
}

bool frame_free(mfn_t first, unsigned order)
{
    (void)first;
    (void)order;
    return false;
}

uint32_t frames_free(void)
{
    return 0;
}
