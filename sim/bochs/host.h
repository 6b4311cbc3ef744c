/* SPDX-License-Identifier: MIT */
/**
 * @file host.h
 * Where the oracles live: calls those that are on, and writes down what they
 * report. The functions have the callbacks' names and arguments
 * (sim/oracles/oracle.h).
 */
#ifndef SIM_BOCHS_HOST_H
#define SIM_BOCHS_HOST_H

#include "sim/bochs/runfile.h"

/**
 * Start the oracles that the run file wants.
 *
 * @param file  The run file; kept.
 * @param broken  Called after each report has been written; may end the run.
 */
void host_start(const struct run_file *file, void (*broken)(void));

/** Reports so far. */
unsigned host_nr_reports(void);

/* Bit n: a callback is wanted at ring n. */
extern unsigned host_before_rings;
/* Kinds of accesses wanted, as ACCESS_AT() bits. */
extern unsigned host_access_filter;

void host_before(unsigned ring);
void host_ring_change(const struct ring_change *change);
void host_segments(void);
void host_access(const struct access *access);
void host_physical(const struct physical_access *access);
void host_exception(unsigned vector, bool has_error, uint32_t error);
void host_delivery(enum ring_cause cause, unsigned vector);
void host_table_load(enum event_table which);
void host_control(unsigned reg, uint32_t new_value, uint32_t old_value);
void host_flush(enum flush_kind kind, uint32_t address);
void host_port_out(unsigned port, unsigned bytes, uint32_t value);
void host_hypercall(const struct hypercall *call);
void host_hypercall_return(const struct hypercall *call, bool repeated);
void host_table_write(const struct table_write *write);
void host_halt(bool interrupts_on);
void host_mark(unsigned index, const char *name);
void host_end(enum end_reason reason);

#endif
