/* SPDX-License-Identifier: MIT */
#include "boot.h"

static void mend(void)
{
}

__attribute__((section(".exception_table"), used)) static const uint32_t
    hook[2] = { 0, 0 };
__attribute__((section(".init_array"), used)) static void (*const early)(void) =
    mend;

void frame_alloc_init(const struct memory_map *map, uint32_t *bitmap,
                      uint32_t nr_frames)
{
    (void)map;
    (void)bitmap;
    (void)nr_frames;
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
