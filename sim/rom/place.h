/* SPDX-License-Identifier: MIT */
/**
 * @file place.h
 * Where in RAM the pieces of a payload may lie: intervals that are taken or
 * told to be unusable, and the search for the lowest free place.
 */
#ifndef SIM_ROM_PLACE_H
#define SIM_ROM_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/rom/compose.h"

/** [start, end) of machine memory, in 64 bits so that 4 GB is a number. */
struct place_interval {
    uint64_t start;
    uint64_t end;
};

/** A map of RAM and what is in it. */
struct place {
    uint64_t ram_bytes;
    const struct rom_range *range;
    unsigned nr_ranges;
    struct place_interval *taken; /**< grows; released by place_free() */
    size_t nr_taken;
};

/**
 * Take [address, address + length).
 *
 * @retval true   It is now taken. A length of 0 takes nothing.
 * @retval false  It is not RAM, or overlaps something that is taken.
 */
bool place_take(struct place *place, uint64_t address, uint64_t length);

/**
 * Take the lowest free place at or above `lowest` in memory that the map
 * calls usable.
 *
 * @param place   What is taken, and what the map says.
 * @param lowest  Machine address.
 * @param length  Bytes; 0 is a place, too.
 * @param align   A power of two.
 * @return The address, or 0 when there is none.
 */
uint32_t place_choose(struct place *place, uint64_t lowest, uint64_t length,
                      uint32_t align);

/** Release what place_take() allocated. */
void place_free(struct place *place);

#endif
