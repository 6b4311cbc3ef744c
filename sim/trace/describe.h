/* SPDX-License-Identifier: MIT */
/**
 * @file describe.h
 * Events in words: what people read in timelines, differences and reports.
 */
#ifndef SIM_TRACE_DESCRIBE_H
#define SIM_TRACE_DESCRIBE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/trace/event.h"

/** A kind's name, as in KIND=: "ring", "exception"; NULL for an unknown one. */
const char *event_kind_name(unsigned kind);

/** The kind of a name, or 0. */
unsigned event_kind_of_name(const char *name);

/** "#PF", or, in the buffer given, "exception 40" for a vector without a
 *  name. */
const char *exception_name(unsigned vector, char *text, size_t size);

/** The name of a hypercall of the public ABI, or NULL. */
const char *hypercall_name(uint32_t number);

/**
 * What happened, in a few words.
 *
 * @param event  Of an open trace.
 * @param text   Filled in, always ended.
 * @param size   Bytes of `text`; at least 1.
 */
void event_describe(const struct event *event, char *text, size_t size);

#endif
