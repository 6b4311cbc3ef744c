/* SPDX-License-Identifier: MIT */
/**
 * @file timeline.h
 * A trace as a list of rows that a person can read: events in words, with
 * the function and line that they happened in, and repetition folded.
 *
 * Three things are folded, in this order:
 *  1. events that say the same twice (INT 0x82 and its hypercall, a CR3
 *     write and its flush) become one row;
 *  2. neighbours of one sort (text on COM1, page tables at work) become
 *     one row with a count;
 *  3. a sequence of rows that comes at least three times in a row stays
 *     once, as a cycle.
 */
#ifndef SIM_TRACE_TIMELINE_H
#define SIM_TRACE_TIMELINE_H

#include "sim/trace/reader.h"
#include "sim/trace/symbols.h"

/** An ELF file whose names count for code in some rings. */
struct timeline_symbols {
    const struct symbols *symbols;
    unsigned rings; /**< bit n: ring n */
};

#define TIMELINE_MAX_SYMBOLS 8

/** What a timeline is made from. */
struct timeline_options {
    uint64_t from; /**< instruction counts, both included */
    uint64_t to;
    uint32_t kinds; /**< bit n: events of kind n; 0: all */
    uint32_t rings; /**< bit n: events in ring n; 0: all */
    struct timeline_symbols symbols[TIMELINE_MAX_SYMBOLS];
    unsigned nr_symbols;
};

/** One row. */
struct timeline_row {
    const struct event *first; /**< the event, or the first folded one */
    const struct event *last;
    unsigned count;  /**< events folded into it by step 2 */
    unsigned cycle;  /**< rows of the cycle that starts here; 0: none */
    unsigned times;  /**< how often that cycle came */
    uint64_t cycle_end; /**< instruction count of its last event */
};

struct timeline {
    struct timeline_row *row;
    size_t nr_rows;
};

/** Make a timeline; release it with timeline_free(). */
void timeline_make(const struct trace *trace,
                   const struct timeline_options *options,
                   struct timeline *timeline);
void timeline_free(struct timeline *timeline);

/** What happened in a row, in words. */
void timeline_what(const struct trace *trace, const struct timeline_row *row,
                   char *text, size_t size);

/** Where an event happened, by the symbols of its ring. */
void timeline_where(const struct timeline_options *options,
                    const struct event *event, char *text, size_t size);

#endif
