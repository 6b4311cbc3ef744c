/* SPDX-License-Identifier: MIT */
/**
 * @file boot.h
 * Lab 1: from the boot loader's hand-off to the hypervisor's own tables.
 */
#ifndef HV_BOOT_H
#define HV_BOOT_H

#include "types.h"

/* Multiboot limits: more than this is reported and left out, never overrun. */
#define BOOT_MAX_RANGES 64
#define BOOT_MAX_MODULES 128
#define BOOT_STRING_BYTES 1024

/** One entry of the boot loader's memory map, as given: nothing is checked. */
struct boot_range {
    uint64_t base;   /**< first byte */
    uint64_t length; /**< bytes; base + length may wrap */
    uint32_t type;   /**< 1 is usable RAM; anything else is not */
};

/** One module, as given: its bytes are in [start, end). */
struct boot_module {
    uint32_t start;                  /**< machine address of the first byte */
    uint32_t end;                    /**< machine address after the last */
    char string[BOOT_STRING_BYTES];  /**< its command line, always ended */
};

/**
 * What the boot loader handed over, copied out of low memory before paging
 * is turned on, because afterwards low memory is not mapped any more.
 */
struct boot_info {
    char command_line[BOOT_STRING_BYTES];
    unsigned nr_ranges;
    unsigned nr_modules;
    unsigned nr_dropped; /**< ranges and modules that did not fit */
    struct boot_range range[BOOT_MAX_RANGES];
    struct boot_module module[BOOT_MAX_MODULES];
};

/** A run of whole frames: [start, end), by frame number. */
struct frame_range {
    uint32_t start;
    uint32_t end;
};

#define MEMORY_MAP_MAX 256

/**
 * Usable memory: ranges ascending, disjoint and never touching (BOOT-I1).
 */
struct memory_map {
    unsigned nr;
    struct frame_range range[MEMORY_MAP_MAX];
};

#endif
