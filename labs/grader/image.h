/* SPDX-License-Identifier: MIT */
/**
 * @file image.h
 * Linked images: the reference's objects, a submission's in place of some of
 * them, and a trusted driver.
 */
#ifndef GRADER_IMAGE_H
#define GRADER_IMAGE_H

#include "labs/grader/submission.h"

#define IMAGE_MAX_PARTS 16

/** A piece of the image that is loaded. */
struct image_part {
    uint32_t virtual_start, machine_start;
    uint32_t offset, file_bytes; /**< in the file; inside it */
    uint32_t bytes;              /**< in memory; >= file_bytes */
    bool writable, executable;
};

struct image_name {
    uint32_t address;
    bool global;
    const char *name;
};

/** The owner of a test's driver; an exercise's is its index. */
#define IMAGE_OF_DRIVER LAB_MAX_EXERCISES

/** Whose code or data this is, by the linker's map. */
struct image_owner {
    uint32_t start, bytes;
    int owner;
};

/** An image that was linked and read. */
struct image {
    struct bytes file; /**< the ELF file */
    char *path;        /**< where it lies, in the scratch folder */
    struct image_part part[IMAGE_MAX_PARTS];
    unsigned nr_parts;
    struct image_name *names;
    unsigned nr_names;
    exercise_set own; /**< whose objects are the submission's */
    struct image_owner *owners;
    unsigned nr_owners;
    char *lines; /**< what rf-inside said; the names point into it */
};

/**
 * Link an image and read it.
 *
 * @param g  Paths, limits and the sandbox.
 * @param set  The exercises whose objects come from `sub`.
 * @param sub      Where replaced objects come from; every exercise in `set`
 *                 has an object. NULL with an empty set: the reference.
 * @param driver   A driver's name, or NULL.
 * @param image    Filled in; release with image_free().
 * @param problem  Why there is no image, the submission's fault; free() it.
 * @retval false   There is no image.
 */
bool image_link(const struct grader *g, const struct submission *sub,
                exercise_set set, const char *driver, struct image *image,
                char **problem);
void image_free(struct image *image);

/** Remove what image_link() keeps of one image, so that many of them need
 *  not lie in the scratch folder together. */
void image_forget(const struct grader *g, const struct submission *sub,
                  exercise_set set, const char *driver);

/** A global name's address. @retval false there is no such global name. */
bool image_address(const struct image *image, const char *name,
                   uint32_t *address);

/** The exercise that an address belongs to, IMAGE_OF_DRIVER, or -1. */
int image_owner(const struct image *image, uint32_t address);

/** The bytes of the file that are loaded at [address, address + size), or
 *  NULL when they are not all there. */
char *image_at(struct image *image, uint32_t address, size_t size);

/**
 * Take what `rf-inside image` printed apart, and owners.h's lines; every number
 * is checked against the file's size.
 *
 * @retval false  It is not what they print.
 */
bool image_take_lines(struct image *image, char *lines);

/** Function, file and line of addresses, by rf-inside: one line each; NULL
 *  when nothing could be read. free() it. */
char *image_where(const struct grader *g, const struct image *image,
                  const uint32_t *address, unsigned nr);

#endif
