/* SPDX-License-Identifier: MIT */
/**
 * @file writer.h
 * Writing event records (sim/trace/event.h) to a file.
 *
 * Records appear in the file in the order of their icount (EVENT-I1). With
 * no file open, everything is a no-op.
 */
#ifndef SIM_BOCHS_WRITER_H
#define SIM_BOCHS_WRITER_H

#include "sim/bochs/cpu.h"

/**
 * Begin a file.
 *
 * @return false when it cannot be written; errno says why.
 */
bool writer_open(const char *path);

/** The hypervisor's text, [start, end): what EVENT_IN_KERNEL means. */
void writer_kernel(uint32_t start, uint32_t end);

/** A record of the kind with its general fields filled in for now. */
struct event writer_event(enum event_kind kind);

/** Append a record; payload_len is set here. `payload` may be NULL. */
void writer_put(struct event event, const void *payload, size_t bytes);

/** The same with a struct event_text as payload. */
void writer_put_text(struct event event, const char *name, const char *text);

/** Write what is kept in memory. @return Bytes in the file. */
uint64_t writer_flush(void);

/** Bytes of the file, flushed before. @return false without them. */
bool writer_read(uint64_t offset, void *to, size_t bytes);

/** Bytes that are no record, behind the last one. */
void writer_bytes(const void *bytes, size_t nr);

/** In a forked process, with everything flushed: the records go to another
 *  file descriptor. @return false when they cannot. */
bool writer_divert(int to);

/**
 * Write what is left and end the file.
 *
 * @return false when anything could not be written since writer_open().
 */
bool writer_close(void);

#endif
