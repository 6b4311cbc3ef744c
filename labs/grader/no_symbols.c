/* SPDX-License-Identifier: MIT */
/**
 * @file no_symbols.c
 * The table of names that a graded image has: none. See link.c.
 */
#include <stdint.h>

#define IN_SYMBOLS __attribute__((section(".symbols"), used))

IN_SYMBOLS const uint32_t image_symbols_nr = 0;
IN_SYMBOLS const struct {
    uint32_t address, name;
} image_symbols[] = { { 0, 0 } };
IN_SYMBOLS const char image_symbol_names[] = "";
