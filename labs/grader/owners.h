/* SPDX-License-Identifier: MIT */
/**
 * @file owners.h
 * Whose code lies where in an image. The linker knows, who placed it; the line
 * table does not, because a `#line` in a submission says there what it likes.
 */
#ifndef GRADER_OWNERS_H
#define GRADER_OWNERS_H

#include "labs/grader/lab.h"
#include "labs/grader/util.h"

/**
 * Take the linker's map apart.
 *
 * @param lab    Whose exercises' objects are looked for, the submission's and
 *               the reference's.
 * @param map    What the linker wrote; it is cut into pieces.
 * @param lines  OUT Gets a line `owner WHO ADDRESS BYTES` for each piece of
 *               an exercise (its index) or of a driver (IMAGE_OF_DRIVER), in
 *               hexadecimal.
 */
void owners_of_map(const struct lab *lab, char *map, struct text *lines);

#endif
