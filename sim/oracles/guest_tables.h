/* SPDX-License-Identifier: MIT */
/**
 * @file guest_tables.h
 * Which frames are page tables of which domain: those that the processor
 * walks for its virtual processors, the bases that they believe in, and
 * everything that it pinned; each with all that it leads to. Read from the
 * tables themselves, in memory.
 *
 * Shared by the oracles *page tables* and *stale translations*; like the
 * owner model it is fed by whichever is on.
 */
#ifndef SIM_ORACLE_GUEST_TABLES_H
#define SIM_ORACLE_GUEST_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "oracle.h"

void guest_tables_start(void);

/** Something is about to be written: by frame, so by whatever mapping. */
void guest_tables_note_write(uint64_t frame);

/** A table of a domain, and what is in it. */
struct guest_table {
    unsigned domain;
    uint32_t frame;
    unsigned level;  /**< 1..3, Xen's way */
    bool reserved;   /**< an L2 that fills slot 3 of an L3 */
    const uint64_t *entry; /**< 512; of an L3 the first four mean something */
};

/**
 * Bring the set of a domain's tables up to date, when it is about to go on.
 *
 * @param m     The machine.
 * @param each  Called for each table that is new in the set, was written to,
 *              or may map what was taken away. NULL: nobody wants to know.
 */
void guest_tables_update(const struct machine *m,
                         void (*each)(const struct machine *m,
                                      const struct guest_table *table));

/** Of any domain's tables: 0: it is none; else its level, 1..3. */
unsigned guest_table_level(uint64_t frame);

#endif
