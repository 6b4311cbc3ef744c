/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A stand-in for the frame table: frames that belong to the made-up guest or
 * to nobody, with counts that a test can look at. Promotion to FRAME_SEG_DESC
 * fails where the test says so; that it checks descriptors is memory/'s own
 * test.
 */
#ifndef FRAMES_DOUBLE_H
#define FRAMES_DOUBLE_H

#include "fake_guest.h"

#define NR_FRAMES 64u

struct frames_double {
    struct page_info info[NR_FRAMES];
    bool bad[NR_FRAMES];            /**< holds a descriptor that is refused */
    uint8_t content[NR_FRAMES][PAGE_SIZE];
    unsigned windows;               /**< held now */
    uint32_t shown[32];             /**< fixed windows: frame + 1, 0: none */
    struct table_walk walk[16];     /**< of the LDT's pages, by number */
    vaddr_t walk_base;
};

extern struct frames_double frames;

/** All frames of the guest's, untyped, one general reference. */
void frames_reset(void);

/** Frames whose counts are not as after frames_reset(). */
unsigned frames_held(void);

#endif
