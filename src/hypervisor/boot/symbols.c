/* SPDX-License-Identifier: MIT */
/**
 * @file symbols.c
 * Names for addresses in the hypervisor's own text, for its reports. The
 * table is made at link time (arch/link.sh).
 *
 * @ingroup boot
 */
#include "boot.h"

/* Ascending by address; `name` counts from image_symbol_names. */
extern const struct {
    uint32_t address, name;
} image_symbols[];
extern const uint32_t image_symbols_nr;
extern const char image_symbol_names[];

extern const uint8_t image_text_start[], image_text_end[];

/**
 * Find the function that holds an address.
 *
 * @param address  any number
 * @param offset   OUT how far behind the function's start it is
 * @context{any}
 * @return the function's name, or NULL when the address is not in the text.
 * @ingroup boot
 */
const char *symbol_of(uint32_t address, uint32_t *offset)
{
    uint32_t low = 0, high = image_symbols_nr;

    if (address < (uint32_t)(uintptr_t)image_text_start ||
        address >= (uint32_t)(uintptr_t)image_text_end)
        return NULL;
    while (low < high) { /* the first symbol above the address */
        uint32_t middle = low + (high - low) / 2;

        if (image_symbols[middle].address > address)
            high = middle;
        else
            low = middle + 1;
    }
    if (low == 0)
        return NULL;
    *offset = address - image_symbols[low - 1].address;
    return image_symbol_names + image_symbols[low - 1].name;
}
