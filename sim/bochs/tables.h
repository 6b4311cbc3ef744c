/* SPDX-License-Identifier: MIT */
/**
 * @file tables.h
 * Which frames of memory are page tables, and every change of an entry.
 *
 * Nobody tells us which frames are tables, so we follow the links. When a
 * root is loaded (CR3 with PAE paging on), its four entries name L2 tables,
 * and their entries L1 tables; from then on every store into one of them is
 * seen, and a changed L2 entry links and unlinks L1s.
 *
 * - TABLES-I1: an L1 is known exactly while a known L2 entry links it (a
 *   count of links a frame).
 * - TABLES-I2: an L2 stays known: a root may be loaded again at any time.
 *   Of an L3 only the 32 bytes that a CR3 pointed to count.
 * - TABLES-I3: only instructions' stores count: the accessed and dirty bits
 *   that the processor itself sets are not told.
 */
#ifndef SIM_BOCHS_TABLES_H
#define SIM_BOCHS_TABLES_H

#include "sim/bochs/cpu.h"

/** Forget everything, for RAM of so many bytes. */
void tables_start(uint64_t ram_bytes);

/** A root is in use now: PAE paging is on and CR3 holds this. */
void tables_root(uint32_t cr3);

/** True when a store into this frame may change a table: cheap. */
bool tables_in_frame(uint64_t maddr);

/**
 * An instruction is about to store; remember what is there.
 *
 * @param maddr  Where the store goes.
 * @param bytes  How many.
 * @param by  Who stores.
 * @param event  The general fields of the records that may follow.
 */
void tables_store(const struct event *event, uint64_t maddr, unsigned bytes,
                  enum pt_writer by);

/**
 * The stores before this moment have happened: tell those that changed an
 * entry.
 *
 * @param done  The instruction is over and will not store again.
 * @param tell  Called once for each changed entry, in the order of the
 *              stores.
 */
void tables_settle(bool done, void (*tell)(const struct event *,
                                           const struct table_write *));

#endif
