/* SPDX-License-Identifier: MIT */
/**
 * @file timeline.c
 * See timeline.h.
 */
#include "sim/trace/timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/trace/describe.h"

#define COM1 0x3F8u
#define COM1_PORTS 8u
#define COM1_TEXT_BYTES 64u
#define HYPERCALL_VECTOR 0x82u

/* Longer cycles than this are not looked for: the search is quadratic. */
#define MAX_CYCLE 24u
#define MIN_TIMES 3u

/* --- Step 1: events that say the same twice ------------------------------- */

/** The next event already says all that this one does. */
static bool said_by_next(const struct event *event, const struct event *next)
{
    return next && event->kind == EVENT_SOFT_INTERRUPT &&
           event->a[0] == HYPERCALL_VECTOR && next->kind == EVENT_HYPERCALL;
}

/** The event before already said all that this one does. */
static bool said_before(const struct event *event, const struct event *before)
{
    return before && event->kind == EVENT_FLUSH &&
           event->a[0] != FLUSH_INVLPG && before->kind == EVENT_CR_WRITE;
}

static bool wanted(const struct timeline_options *options,
                   const struct event *event)
{
    return event->icount >= options->from && event->icount <= options->to &&
           (!options->kinds ||
            (event->kind < 32 && (options->kinds >> event->kind & 1))) &&
           (!options->rings || (options->rings >> (event->ring & 3) & 1));
}

/* --- Step 2: neighbours of one sort --------------------------------------- */

static bool is_com1(const struct event *event)
{
    return (event->kind == EVENT_PORT_OUT || event->kind == EVENT_PORT_IN) &&
           event->a[0] >= COM1 && event->a[0] < COM1 + COM1_PORTS;
}

/** Page tables at work: an entry changes, its old translation is flushed. */
static bool is_paging(const struct event *event)
{
    return event->kind == EVENT_PT_WRITE ||
           (event->kind == EVENT_FLUSH && event->a[0] == FLUSH_INVLPG);
}

static bool same_sort(const struct event *a, const struct event *b)
{
    return a->ring == b->ring && ((is_com1(a) && is_com1(b)) ||
                                  (is_paging(a) && is_paging(b)));
}

/** Append one character as it would be written in C. */
static void append_character(char *text, size_t size, uint32_t character)
{
    size_t used = strlen(text);

    if (character == '\n')
        snprintf(text + used, size - used, "\\n");
    else if (character >= ' ' && character < 0x7F)
        snprintf(text + used, size - used, "%c", (char)character);
    else if (character != '\r')
        snprintf(text + used, size - used, "\\x%02x", character & 0xFF);
}

/** What was written to COM1 in a row's events. */
static void describe_com1(const struct trace *trace,
                          const struct timeline_row *row, char *what,
                          size_t size)
{
    size_t i = trace_index(trace, row->first);
    size_t last = trace_index(trace, row->last);
    char text[COM1_TEXT_BYTES] = "";

    for (; i <= last; i++) {
        const struct event *event = trace_event(trace, i);

        if (event->kind == EVENT_PORT_OUT && event->a[0] == COM1)
            append_character(text, sizeof(text), event->a[2]);
    }
    if (text[0] != '\0')
        snprintf(what, size, "COM1 \"%s%s\"", text,
                 strlen(text) == sizeof(text) - 1 ? "..." : "");
    else
        snprintf(what, size, "COM1 set up or asked");
}

/** How many entries of which level were written, and pages flushed. */
static void describe_paging(const struct trace *trace,
                            const struct timeline_row *row, char *what,
                            size_t size)
{
    size_t i = trace_index(trace, row->first);
    size_t last = trace_index(trace, row->last), used = 0;
    unsigned nr[4] = { 0 }, level;

    for (; i <= last; i++) {
        const struct event *event = trace_event(trace, i);

        nr[event->kind == EVENT_PT_WRITE ? event->a[6] & 3 : 0]++;
    }
    for (level = 3; level > 0; level--)
        if (nr[level] && used < size)
            used += (size_t)snprintf(what + used, size - used,
                                     "%s%u write%s to L%u", used ? ", " : "",
                                     nr[level], nr[level] > 1 ? "s" : "",
                                     level);
    if (nr[0] && used < size)
        snprintf(what + used, size - used, "%s%u page%s flushed",
                 used ? ", " : "", nr[0], nr[0] > 1 ? "s" : "");
}

void timeline_what(const struct trace *trace, const struct timeline_row *row,
                   char *text, size_t size)
{
    if (is_com1(row->first))
        describe_com1(trace, row, text, size);
    else if (row->count > 1)
        describe_paging(trace, row, text, size);
    else
        event_describe(row->first, text, size);
}

void timeline_where(const struct timeline_options *options,
                    const struct event *event, char *text, size_t size)
{
    unsigned i;

    for (i = 0; i < options->nr_symbols; i++) {
        const struct timeline_symbols *symbols = &options->symbols[i];

        if ((symbols->rings >> (event->ring & 3) & 1) &&
            symbols_name(symbols->symbols, event->eip, NULL)) {
            symbols_describe(symbols->symbols, event->eip, text, size);
            return;
        }
    }
    snprintf(text, size, "0x%08x", event->eip);
}

static struct timeline_row *add_row(struct timeline *timeline)
{
    size_t nr = timeline->nr_rows;

    if ((nr & (nr - 1)) == 0) {
        timeline->row = realloc(timeline->row,
                                (nr ? 2 * nr : 1) * sizeof(*timeline->row));
        if (!timeline->row)
            abort();
    }
    timeline->nr_rows++;
    return memset(&timeline->row[nr], 0, sizeof(*timeline->row));
}

/** Steps 1 and 2. */
static void make_rows(const struct trace *trace,
                      const struct timeline_options *options,
                      struct timeline *timeline)
{
    size_t i;

    for (i = 0; i < trace_nr_events(trace); i++) {
        const struct event *event = trace_event(trace, i);
        struct timeline_row *row =
            timeline->nr_rows ? &timeline->row[timeline->nr_rows - 1] : NULL;

        if (!wanted(options, event) ||
            said_by_next(event, trace_event(trace, i + 1)) ||
            (i && said_before(event, trace_event(trace, i - 1))))
            continue;
        if (row && row->last == trace_event(trace, i - 1) &&
            same_sort(row->last, event)) {
            row->last = event;
            row->count++;
            continue;
        }
        row = add_row(timeline);
        row->first = row->last = event;
        row->count = 1;
    }
}

/* --- Step 3: cycles ------------------------------------------------------- */

/** The same thing at the same instruction; arguments may differ, but not what
 *  came of a call: a refusal among successes is worth a line. */
static bool same_row(const struct timeline_row *a,
                     const struct timeline_row *b)
{
    if (a->first->kind == EVENT_HYPERCALL_RETURN &&
        a->first->a[1] != b->first->a[1])
        return false;
    return a->first->kind == b->first->kind &&
           a->first->ring == b->first->ring &&
           a->first->eip == b->first->eip && a->first->a[0] == b->first->a[0];
}

/** How often the `cycle` rows at `at` come, one after the other. */
static size_t count_times(const struct timeline *timeline, size_t at,
                          size_t cycle)
{
    size_t i = at + cycle;

    while (i < timeline->nr_rows &&
           same_row(&timeline->row[i], &timeline->row[i - cycle]))
        i++;
    return (i - at) / cycle;
}

/** The cycle at `at` that covers most rows, the shortest of equals. */
static size_t find_cycle(const struct timeline *timeline, size_t at,
                         size_t *times)
{
    size_t best = 0, cycle;

    *times = 1;
    for (cycle = 1; cycle <= MAX_CYCLE && at + cycle < timeline->nr_rows;
         cycle++) {
        size_t here = count_times(timeline, at, cycle);

        if (here >= MIN_TIMES && here * cycle > best * *times) {
            best = cycle;
            *times = here;
        }
    }
    return best;
}

static void fold_cycles(struct timeline *timeline)
{
    size_t from = 0, to = 0;

    while (from < timeline->nr_rows) {
        size_t times, cycle = find_cycle(timeline, from, &times);
        size_t keep = cycle ? cycle : 1;

        memmove(&timeline->row[to], &timeline->row[from],
                keep * sizeof(*timeline->row));
        if (cycle) {
            timeline->row[to].cycle = (unsigned)cycle;
            timeline->row[to].times = (unsigned)times;
            timeline->row[to].cycle_end =
                timeline->row[from + cycle * times - 1].last->icount;
        }
        to += keep;
        from += cycle ? cycle * times : 1;
    }
    timeline->nr_rows = to;
}

void timeline_make(const struct trace *trace,
                   const struct timeline_options *options,
                   struct timeline *timeline)
{
    *timeline = (struct timeline){ NULL, 0 };
    make_rows(trace, options, timeline);
    fold_cycles(timeline);
}

void timeline_free(struct timeline *timeline)
{
    free(timeline->row);
    *timeline = (struct timeline){ NULL, 0 };
}
