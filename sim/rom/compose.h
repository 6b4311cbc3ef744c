/* SPDX-License-Identifier: MIT */
/**
 * @file compose.h
 * A boot ROM with a payload: what a Multiboot boot loader would do (load the
 * image, the modules and the information about them), decided on the host
 * and then carried out by the code in the ROM, instruction by instruction,
 * on the simulated machine.
 *
 * - ROM-I1: the same plan gives the same bytes.
 * - ROM-I2: no two pieces overlap, and all of them lie in RAM; where the
 *   composer chooses an address, it lies in memory that the map calls usable
 *   and that no other range of the map denies.
 * - ROM-I3: what the memory map and claimed modules *say* is handed over as
 *   given, nonsense included: boot loaders lie, and tests check for it.
 */
#ifndef SIM_ROM_COMPOSE_H
#define SIM_ROM_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/run/error.h"

/** The simulator takes no larger ROM. */
#define ROM_MAX_BYTES 0x400000u

/** RAM that a machine may have: the map's first hole below 4 GB starts at
 *  3 GB, and less than 4 MB hold no image. */
#define ROM_MIN_RAM 0x400000u
#define ROM_MAX_RAM 0xC0000000u

/** A memory map's ordinary `size` field, which does not count itself. */
#define ROM_RANGE_BYTES 20u

/** One entry of the memory map, handed over as it is. */
struct rom_range {
    uint64_t base;
    uint64_t length;
    uint32_t type;
};

/** One module. */
struct rom_module {
    const void *bytes;  /**< NULL with `claim` */
    size_t length;
    const char *string; /**< its command line; NULL is "" */
    uint32_t address;   /**< of its first byte, page-aligned; 0: choose */
    bool claim;         /**< no bytes: the information says [address, end) */
    uint32_t end;       /**< only with `claim` */
};

/** What the machine is to find when the image's entry is reached. All
 *  pointers stay the caller's. */
struct rom_plan {
    const void *image; /**< a Multiboot 1 ELF32 file */
    size_t image_length;
    const char *command_line; /**< NULL is "" */
    const struct rom_module *module;
    unsigned nr_modules;
    const struct rom_range *range; /**< the map that the image is told */
    unsigned nr_ranges;            /**< 0: the map of a PC with that RAM */
    uint64_t ram_bytes;            /**< what exists */
    uint32_t delay; /**< iterations, of two instructions, before the copy */
};

/** Bytes that found no room in the ROM and must be in RAM at reset. */
struct rom_preload {
    uint32_t address;
    const void *bytes; /**< the plan's */
    size_t length;
};

#define ROM_MAX_MODULES 128

/** A composed ROM; release with rom_free(). */
struct rom {
    uint8_t *bytes;
    size_t length;  /**< a multiple of 64 KB, at most ROM_MAX_BYTES */
    uint32_t entry; /**< of the image */
    uint32_t info;  /**< machine address of the Multiboot information */
    uint32_t info_length;
    uint32_t image_end; /**< machine address after the image's last byte */
    uint32_t module_address[ROM_MAX_MODULES];
    unsigned nr_preloads;
    struct rom_preload preload[ROM_MAX_MODULES];
};

/**
 * Iterations of the delay loop for a seed: below 2^18, so that the timer's
 * phase moves by up to 2^19 instructions: a whole tick of 100 Hz at 50
 * million instructions a second. A run grows by a few milliseconds.
 */
uint32_t rom_delay_of_seed(uint64_t seed);

/**
 * The honest memory map of a PC.
 *
 * @param ram_bytes  ROM_MIN_RAM .. ROM_MAX_RAM.
 * @param range      Room for ROM_PC_RANGES entries.
 */
#define ROM_PC_RANGES 5
void rom_pc_map(uint64_t ram_bytes, struct rom_range *range);

/**
 * Compose a ROM.
 *
 * @param plan   See struct rom_plan.
 * @param rom    Filled in; on an error nothing in it needs to be released.
 * @param error  What is wrong with the plan, in a sentence.
 * @retval 0     Done. Modules that do not fit into ROM_MAX_BYTES, largest
 *               index first, are in rom->preload.
 * @retval -1    The image is no Multiboot image or lies (see image.h), or
 *               the pieces fit neither into RAM nor beside each other.
 * @par Source
 * [Multiboot] 0.6.96, 3.3 "Boot information format".
 */
int rom_compose(const struct rom_plan *plan, struct rom *rom,
                struct sim_error *error);

/** Release a ROM's bytes. */
void rom_free(struct rom *rom);

#endif
