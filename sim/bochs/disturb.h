/* SPDX-License-Identifier: MIT */
/**
 * @file disturb.h
 * A second processor of the guest's that is as hostile as can be: the bytes
 * of pages that a guest shares with the hypervisor change between any two
 * reads of ring 0.
 *
 * Each `arg disturb START-END` in the run file names bytes by their virtual
 * addresses, END excluded; one range a page. After each load of ring 0 from one
 * of them the bytes that were loaded get other values, drawn from the run's
 * seed; when the guest goes on they have their old ones again, changed by what
 * ring 0 itself stored. A run stays a function of its input.
 *
 * The part of *fetch once* that is about bitmaps, tables and grant entries,
 * which a hypervisor may well read twice: it must then expect two values. All
 * other oracles say whether it does.
 */
#ifndef SIM_BOCHS_DISTURB_H
#define SIM_BOCHS_DISTURB_H

#include "sim/bochs/runfile.h"
#include "sim/oracles/oracle.h"

/** Read the run file's arguments; without one nothing is ever disturbed. */
void disturb_start(const struct run_file *file);

/** Whether the other two have anything to do. */
extern bool disturb_active;

/** Ring 0 has loaded bytes, or is about to store some. */
void disturb_access(const struct access *access);

/** A guest is about to go on. */
void disturb_end(void);

#endif
