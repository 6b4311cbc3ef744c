/* SPDX-License-Identifier: MIT */
/**
 * @file bitmap.c
 * Runs of bits, a word at a time: marking a gigabyte of frames takes 8192
 * steps and not 262144.
 *
 * @ingroup lib
 */
#include "lib.h"

/** The bits of word `word` that lie in [start, end), which are not empty. */
static uint32_t run_mask(uint32_t word, uint32_t start, uint32_t end)
{
    uint32_t mask = 0xFFFFFFFFu;

    if (word == start / 32)
        mask &= 0xFFFFFFFFu << (start % 32);
    if (word == (end - 1) / 32)
        mask &= 0xFFFFFFFFu >> (31 - (end - 1) % 32);
    return mask;
}

/**
 * Set the bits [start, end); nothing when the run is empty.
 *
 * @param map    Words enough for `end` bits, the caller's.
 * @param start  First bit.
 * @param end    The first bit behind the run; not above `start`: nothing to do.
 * @context{any}
 * @ingroup lib
 */
void bitmap_set_range(uint32_t *map, uint32_t start, uint32_t end)
{
    for (uint32_t w = start / 32; start < end && w <= (end - 1) / 32; w++)
        map[w] |= run_mask(w, start, end);
}

/**
 * Clear the bits [start, end); nothing when the run is empty.
 *
 * @param map    Words enough for `end` bits, the caller's.
 * @param start  First bit.
 * @param end    The first bit behind the run; not above `start`: nothing to do.
 * @context{any}
 * @ingroup lib
 */
void bitmap_clear_range(uint32_t *map, uint32_t start, uint32_t end)
{
    for (uint32_t w = start / 32; start < end && w <= (end - 1) / 32; w++)
        map[w] &= ~run_mask(w, start, end);
}

/**
 * Whether every bit of [start, end) is set.
 *
 * @param map    Words enough for `end` bits.
 * @param start  First bit.
 * @param end    The first bit behind the run.
 * @context{any}
 * @return true also of an empty run.
 * @ingroup lib
 */
bool bitmap_all_set(const uint32_t *map, uint32_t start, uint32_t end)
{
    for (uint32_t w = start / 32; start < end && w <= (end - 1) / 32; w++)
        if (~map[w] & run_mask(w, start, end))
            return false;
    return true;
}

/**
 * Whether every bit of [start, end) is clear.
 *
 * @param map    Words enough for `end` bits.
 * @param start  First bit.
 * @param end    The first bit behind the run.
 * @context{any}
 * @return true also of an empty run.
 * @ingroup lib
 */
bool bitmap_all_clear(const uint32_t *map, uint32_t start, uint32_t end)
{
    for (uint32_t w = start / 32; start < end && w <= (end - 1) / 32; w++)
        if (map[w] & run_mask(w, start, end))
            return false;
    return true;
}

/** The lowest bit of the highest run of 2^order set bits (order 0..5) in one
 *  word, aligned to its length; -1 when there is none. */
static int block_in_word(uint32_t word, unsigned order)
{
    /* Where such a run may start. */
    static const uint32_t starts[] = { 0xFFFFFFFF, 0x55555555, 0x11111111,
                                       0x01010101, 0x00010001, 0x00000001 };

    /* After step i a bit says that the 2^(i + 1) bits from it on are set. */
    for (unsigned i = 0; i < order; i++)
        word &= word >> (1u << i);
    word &= starts[order];
    return word ? 31 - __builtin_clz(word) : -1;
}

/**
 * Find the highest run of set bits that is aligned to its own length.
 *
 * @param map    a bitmap
 * @param order  the run has 2^order bits; 0..31
 * @param limit  only bits below this number count
 * @context{any}
 * @return the number of the run's lowest bit, or BITMAP_NONE.
 * @note A word that is 0, or not wholly set where whole words are asked for,
 *       costs one comparison.
 * @ingroup lib
 */
uint32_t bitmap_find_block(const uint32_t *map, unsigned order, uint32_t limit)
{
    uint32_t size = 1u << order;

    if (order > 5) {
        for (uint32_t end = limit & -size; end >= size; end -= size)
            if (bitmap_all_set(map, end - size, end))
                return end - size;
        return BITMAP_NONE;
    }
    for (uint32_t w = BITMAP_WORDS(limit); w-- > 0;) {
        uint32_t word = map[w];
        int bit;

        if (word == 0)
            continue; /* most words of a machine in use */
        if (w == limit / 32) /* the last word: only the bits below the limit */
            word &= (1u << (limit % 32)) - 1;
        bit = block_in_word(word, order);
        if (bit >= 0)
            return w * 32 + (uint32_t)bit;
    }
    return BITMAP_NONE;
}
