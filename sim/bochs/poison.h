/* SPDX-License-Identifier: MIT */
/**
 * @file poison.h
 * The oracle *no leaks*: what nobody wrote must not be seen by a guest.
 *
 * `arg poison WORD` in the run file gives a value to all memory that is zero
 * at reset, and to the stack of ring 0 below its pointer at each entry. What a
 * guest can see is noted in the file VISIBLE_FILE of the run's folder. Two runs
 * that differ in nothing but WORD must have noted the same: a difference is
 * something that ring 0 told the guest and never wrote (tests/oracles/leaks.c
 * compares).
 *
 * Seen by a guest, and noted:
 *  - its registers at each return from ring 0;
 *  - the bytes that ring 0 stored at the guest's addresses since its entry, as
 *    they are at the return;
 *  - from time to time, all memory that is mapped for it.
 */
#ifndef SIM_BOCHS_POISON_H
#define SIM_BOCHS_POISON_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/bochs/runfile.h"
#include "sim/oracles/oracle.h"

#define VISIBLE_FILE "visible.bin"

/** What a note is about. */
enum visible_kind {
    VISIBLE_REGISTERS = 1,
    VISIBLE_STORES = 2,
    VISIBLE_MEMORY = 3,
};

/** One note: the file is an array of them. */
struct visible {
    uint64_t icount; /**< instructions before the guest goes on */
    uint64_t digest;
    uint32_t eip;    /**< where it goes on */
    uint32_t kind;   /**< enum visible_kind */
};

/** Read the run file's argument, and fill memory. Without it nothing is ever
 *  poisoned, nor noted. */
void poison_start(const struct run_file *file);

/** Whether the others have anything to do. */
extern bool poison_active;

/** Ring 0 is about to store bytes. */
void poison_store(const struct access *access);

/** Ring 0 is entered from a guest. */
void poison_enter(void);

/** A guest is about to go on. */
void poison_leave(void);

/** The run is over. @return false when the notes could not be written. */
bool poison_end(void);

#endif
