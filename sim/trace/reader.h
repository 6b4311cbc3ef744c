/* SPDX-License-Identifier: MIT */
/**
 * @file reader.h
 * Reading an event file (event.h) and asking it questions.
 *
 * - TRACE-I1: trace_open() checks the whole file: every record, its payload
 *   and the strings in it lie inside the file and are well formed. After
 *   that no question can read outside.
 * - TRACE-I2: a trace is read-only and there is no global state: any number
 *   of traces may be open, and one may be asked by several threads.
 *
 * Events are handed out as pointers into the file: valid until trace_close().
 */
#ifndef SIM_TRACE_READER_H
#define SIM_TRACE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/run/error.h"
#include "sim/trace/event.h"

struct trace;

/**
 * Open a trace and check it.
 *
 * @param path     An event file.
 * @param partial  Accept a file without EVENT_END, or whose last record was
 *                 cut short: what came before is the trace. For people's
 *                 eyes; a verdict needs a complete one (EVENT-I3).
 * @param trace    The trace; release with trace_close().
 * @param error    What is wrong with the file and at which byte.
 * @retval -1      It cannot be read, or it is not a well-formed event file.
 */
int trace_open(const char *path, bool partial, struct trace **trace,
               struct sim_error *error);
/**
 * The same of bytes in memory.
 *
 * @param bytes   From malloc(); the trace's from here on, also on an error.
 * @param length  How many.
 * @param trace   The trace; release with trace_close().
 * @param error   What is wrong with them and at which byte.
 * @retval -1     They are not a complete, well-formed event file.
 */
int trace_take(uint8_t *bytes, size_t length, struct trace **trace,
               struct sim_error *error);
void trace_close(struct trace *trace);

/** Number of events. */
size_t trace_nr_events(const struct trace *trace);
/** The index-th event, from 0; NULL beyond the last. */
const struct event *trace_event(const struct trace *trace, size_t index);
/** The index of an event of this trace. */
size_t trace_index(const struct trace *trace, const struct event *event);

/** The bytes behind an event: event->payload_len of them. */
const void *trace_payload(const struct event *event);

/** The EVENT_END, or NULL in a partial trace. */
const struct event *trace_end(const struct trace *trace);

/** The first event of a kind after another one (NULL: from the start), or
 *  NULL when there is none. */
const struct event *trace_next(const struct trace *trace,
                               const struct event *after,
                               enum event_kind kind);
/** The last event of a kind before another one (NULL: from the end). */
const struct event *trace_previous(const struct trace *trace,
                                   const struct event *before,
                                   enum event_kind kind);
/** The first event after another one (NULL: from the start) that happened at
 *  a privilege level. */
const struct event *trace_next_in_ring(const struct trace *trace,
                                       const struct event *after,
                                       unsigned ring);
/** The first event at or after an instruction count, or NULL. */
const struct event *trace_at(const struct trace *trace, uint64_t icount);
/** The last EVENT_RING at or before an instruction count: how the processor
 *  came to where it was then. NULL: it was still in the ring of its reset. */
const struct event *trace_last_ring_change(const struct trace *trace,
                                           uint64_t icount);

/* --- Marks ---------------------------------------------------------------- */

/** Name and registers of an EVENT_MARK; NULL for any other kind. */
const struct event_mark *trace_mark(const struct event *event);
/** How often a mark of that name was executed. */
size_t trace_nr_marks(const struct trace *trace, const char *name);
/** The index-th execution of a mark, from 0; NULL beyond the last. */
const struct event *trace_find_mark(const struct trace *trace,
                                    const char *name, size_t index);
/**
 * The index-th snap of an EVENT_MARK, from 0.
 *
 * @param event  Of any kind.
 * @param index  Counts the snaps of this mark.
 * @param bytes  Its bytes: snap->len of them.
 * @return NULL when the mark has no such snap.
 */
const struct event_snap *trace_snap(const struct event *event, size_t index,
                                    const uint8_t **bytes);

/* --- Sentences ------------------------------------------------------------ */

/** The payload of an EVENT_ORACLE, EVENT_END or EVENT_TEXT_CHANGED (a zero
 *  ends its text); NULL for any other kind. */
const struct event_text *trace_text(const struct event *event);

#endif
