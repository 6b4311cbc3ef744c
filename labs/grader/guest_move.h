/* SPDX-License-Identifier: MIT */
/**
 * @file guest_move.h
 * A trusted guest at another address than the one that it was linked for.
 *
 * A submission could know our guests by heart: they are in every starter. So
 * where a guest lies is drawn from the seed. It is linked once, with its
 * relocations kept in the file (ld --emit-relocs), and moved here.
 */
#ifndef GRADER_GUEST_MOVE_H
#define GRADER_GUEST_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "labs/grader/util.h"

/**
 * Move a linked guest: everything in the file that says an address of its
 * image says the new one then, notes, symbols and lines included.
 *
 * @param file   An ELF file of ours for 32 bits, with relocations.
 * @param delta  Added to each address; whole pages.
 * @retval false  It is no such file; it may be half moved.
 */
bool guest_move(struct bytes *file, uint32_t delta);

#endif
