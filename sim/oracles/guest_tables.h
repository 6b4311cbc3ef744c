/* SPDX-License-Identifier: MIT */
/**
 * @file guest_tables.h
 * Which frames are page tables of the guest: those that the processor walks,
 * the base that the guest believes in, and everything that it pinned; each
 * with all that it leads to. Read from the tables themselves, in memory.
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

/** Another root was loaded. */
void guest_tables_note_root(void);

/**
 * Bring the set up to date, when a guest is about to go on.
 *
 * @param m     The machine.
 * @param each  Called for each L1 that is new in the set, was written to, or
 *              may map what was taken away; and for each L2. NULL: nobody
 *              wants to know.
 */
void guest_tables_update(const struct machine *m,
                         void (*each)(const struct machine *m, uint32_t frame,
                                      unsigned level, bool reserved,
                                      const uint64_t entry[512]));

/** 0: no table; else its level, 1..3, Xen's way. */
unsigned guest_table_level(uint64_t frame);

#endif
