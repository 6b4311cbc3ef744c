/* SPDX-License-Identifier: MIT */
/**
 * @file calls.h
 * What a test tells the guest `calls` to do; both sides include this file.
 *
 * The guest has NR_PAGES pages of its own image to play with. A step is five
 * words: an operation and four arguments. What it should give is not said: a
 * hypervisor could read it here.
 */
#ifndef LAB3_CALLS_H
#define LAB3_CALLS_H

#define NR_PAGES 16u

enum call {
    CALL_MAP,   /**< page flags flush: its own mapping, by
                     update_va_mapping; flags 0: none */
    CALL_MAP_AS, /**< page other flags flush: show `other`'s frame there */
    CALL_PIN,   /**< page level: by mmuext_op; level 0: unpin */
    CALL_ENTRY, /**< page index other flags: an entry of that table, by
                     mmu_update */
    CALL_GIVE,  /**< page: back to the hypervisor; the guest forgets it */
    CALL_STORE, /**< page offset: a word into it; 1 when that faults */
    CALL_LOAD,  /**< page offset; 1 when that faults */
    CALL_WRITE_ENTRY, /**< page index other flags: an entry of that table, by
                     an instruction; 1 when that faults */
    CALL_ASSIST, /**< on: kernels may store to their tables */
    CALL_FOREIGN, /**< page number flags: map a frame that is not its own */
};

struct call_step {
    unsigned int call, a, b, c, d;
};

#endif
