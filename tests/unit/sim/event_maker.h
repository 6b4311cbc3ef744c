/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Event files made in host memory, for the tests of what reads them.
 */
#ifndef EVENT_MAKER_H
#define EVENT_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/trace/reader.h"

#define MAKER_BYTES 65536

/** The file in the making; tests damage it as they like. */
struct event_maker {
    uint8_t bytes[MAKER_BYTES];
    size_t length;
    size_t last; /**< where the last record starts */
};

/** Begin a file: its first 16 bytes. */
void maker_begin(struct event_maker *maker);

/** Append bytes. */
void maker_append(struct event_maker *maker, const void *from, size_t size);

/**
 * Append one record; its payload is padded as the format says.
 *
 * @param a  Eight numbers, or NULL for zeros.
 * @return The record, to set its other fields.
 */
struct event *maker_record(struct event_maker *maker, uint64_t icount,
                           unsigned kind, unsigned ring, const uint32_t *a,
                           const void *payload, uint32_t size);

/** Append a record of a kind that carries a sentence, in ring 0. */
void maker_text(struct event_maker *maker, uint64_t icount, unsigned kind,
                const char *sentence);

/** Open the file by trace_open(), through a file in memory only. */
int maker_open(const struct event_maker *maker, bool partial,
               struct trace **trace, struct sim_error *error);

#endif
