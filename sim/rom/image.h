/* SPDX-License-Identifier: MIT */
/**
 * @file image.h
 * A Multiboot 1 image in ELF32, as the boot ROM's composer needs it: which
 * bytes of the file go where. A file may say anything in its headers, so
 * every number is checked against the file's size and the 32-bit address
 * space before it is used, and what is wrong is named by its field.
 */
#ifndef SIM_ROM_IMAGE_H
#define SIM_ROM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/run/error.h"

/** More loadable segments than this are refused. */
#define ROM_MAX_SEGMENTS 32

/** Bytes of the file [offset, offset + file_bytes) go to machine address
 *  `target`; zeros follow up to memory_bytes. */
struct rom_segment {
    uint32_t target;
    uint32_t offset;
    uint32_t file_bytes;
    uint32_t memory_bytes;
    uint32_t virtual_address; /**< not checked: nothing is loaded there */
    bool executable;
};

/** What to load; read from the headers and checked. */
struct rom_image {
    uint32_t entry;  /**< machine address, inside a segment */
    uint32_t flags;  /**< of the Multiboot header */
    unsigned nr_segments;
    struct rom_segment segment[ROM_MAX_SEGMENTS];
};

/**
 * Read an image's headers.
 *
 * @param bytes   The file.
 * @param length  Its size in bytes.
 * @param image   Filled in; on an error its content is not to be used.
 * @param error   Which field was wrong, in a sentence.
 * @retval 0      The segments lie inside the file, below 4 GB and apart
 *                from each other, and the entry is in one of them.
 * @retval -1     Not a Multiboot 1 ELF32 image for i386 that can be loaded.
 * @par Source
 * [Multiboot] 0.6.96, 3.1 "OS image format"; [ELF] "Program Header".
 */
int rom_image_read(const uint8_t *bytes, size_t length,
                   struct rom_image *image, struct sim_error *error);

#endif
