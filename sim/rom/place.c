/* SPDX-License-Identifier: MIT */
/**
 * @file place.c
 * See place.h. The candidates for a lowest place are `lowest` itself, the
 * ends of what is in the way, and the starts of usable ranges; there are at
 * most a few hundred, so each is simply tried.
 */
#include "sim/rom/place.h"

#include <stdlib.h>

#define RANGE_USABLE 1u
#define LOW_END 0xA0000u
#define HIGH_START 0x100000u

/** The end of a range, which may say that it wraps. */
static uint64_t range_end(const struct rom_range *range)
{
    uint64_t end = range->base + range->length;

    return end < range->base ? UINT64_MAX : end;
}

static bool overlap(uint64_t start, uint64_t end, uint64_t other_start,
                    uint64_t other_end)
{
    return start < other_end && other_start < end;
}

/** Video memory and ROMs lie between 640 KB and 1 MB, RAM elsewhere. */
static bool is_ram(const struct place *place, uint64_t start, uint64_t end)
{
    return end <= place->ram_bytes &&
           !overlap(start, end, LOW_END, HIGH_START);
}

static bool is_taken(const struct place *place, uint64_t start, uint64_t end)
{
    size_t i;

    for (i = 0; i < place->nr_taken; i++)
        if (overlap(start, end, place->taken[i].start, place->taken[i].end))
            return true;
    return false;
}

/** Inside one usable range and outside every other kind of range. */
static bool is_told_usable(const struct place *place, uint64_t start,
                           uint64_t end)
{
    bool usable = false;
    unsigned i;

    for (i = 0; i < place->nr_ranges; i++) {
        const struct rom_range *range = &place->range[i];

        if (range->type != RANGE_USABLE) {
            if (overlap(start, end, range->base, range_end(range)))
                return false;
        } else if (start >= range->base && end <= range_end(range)) {
            usable = true;
        }
    }
    return usable;
}

bool place_take(struct place *place, uint64_t address, uint64_t length)
{
    uint64_t end = address + length;
    struct place_interval *grown;

    if (length == 0)
        return true;
    if (end < address || !is_ram(place, address, end) ||
        is_taken(place, address, end))
        return false;
    grown = realloc(place->taken, (place->nr_taken + 1) * sizeof(*grown));
    if (!grown)
        abort();
    place->taken = grown;
    grown[place->nr_taken++] = (struct place_interval){ address, end };
    return true;
}

/** Make `*best` the candidate if it is lower and everything fits. */
static void try_candidate(const struct place *place, uint64_t candidate,
                          uint64_t lowest, uint64_t length, uint32_t align,
                          uint64_t *best)
{
    uint64_t start, end;

    if (candidate < lowest)
        candidate = lowest;
    if (candidate >= place->ram_bytes)
        return;
    start = (candidate + align - 1) & ~(uint64_t)(align - 1);
    end = start + length;
    if (start < *best && is_ram(place, start, end) &&
        !is_taken(place, start, end) && is_told_usable(place, start, end))
        *best = start;
}

uint32_t place_choose(struct place *place, uint64_t lowest, uint64_t length,
                      uint32_t align)
{
    uint64_t best = UINT64_MAX;
    size_t i;

    try_candidate(place, lowest, lowest, length, align, &best);
    for (i = 0; i < place->nr_taken; i++)
        try_candidate(place, place->taken[i].end, lowest, length, align,
                      &best);
    for (i = 0; i < place->nr_ranges; i++) {
        const struct rom_range *range = &place->range[i];

        try_candidate(place, range->base, lowest, length, align, &best);
        try_candidate(place, range_end(range), lowest, length, align, &best);
    }
    if (best == UINT64_MAX || !place_take(place, best, length))
        return 0;
    return (uint32_t)best;
}

void place_free(struct place *place)
{
    free(place->taken);
    place->taken = NULL;
    place->nr_taken = 0;
}
