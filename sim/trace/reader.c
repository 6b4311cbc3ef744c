/* SPDX-License-Identifier: MIT */
/**
 * @file reader.c
 * See reader.h. Opening makes one pass over the file, which checks every
 * record and notes where it starts; all questions use those notes.
 */
#include "sim/trace/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/** An open trace. */
struct trace {
    const uint8_t *bytes; /**< the file */
    size_t length;
    bool mapped;          /**< it is; else it was allocated */
    const struct event **event; /**< where each record starts */
    size_t nr_events;
    bool complete; /**< the last one is EVENT_END */
};

/* --- Checking ------------------------------------------------------------- */

static bool has_end(const char *text, size_t length)
{
    return memchr(text, '\0', length) != NULL;
}

/** A mark's name, and snaps that fill the rest of its payload exactly. */
static bool good_mark(const struct event *event)
{
    const uint8_t *payload = trace_payload(event);
    const struct event_mark *mark = (const struct event_mark *)payload;
    size_t left, at = sizeof(*mark);
    uint32_t i;

    if (event->payload_len < sizeof(*mark) ||
        !has_end(mark->name, sizeof(mark->name)))
        return false;
    left = event->payload_len - sizeof(*mark);
    for (i = 0; i < event->a[2]; i++) {
        const struct event_snap *snap;
        uint64_t size;

        if (left < sizeof(*snap))
            return false;
        snap = (const struct event_snap *)(payload + at);
        size = sizeof(*snap) + (((uint64_t)snap->len + 7) & ~7ull);
        if (size > left || snap->valid > snap->len)
            return false;
        at += size;
        left -= size;
    }
    return left == 0;
}

static bool good_text(const struct event *event)
{
    const struct event_text *text = trace_payload(event);

    return event->payload_len > sizeof(*text) &&
           has_end(text->name, sizeof(text->name)) &&
           text->text[event->payload_len - sizeof(*text) - 1] == '\0';
}

/** The payload is what the kind demands. */
static bool good_payload(const struct event *event)
{
    switch (event->kind) {
    case EVENT_MARK:
        return good_mark(event);
    case EVENT_ORACLE:
    case EVENT_END:
    case EVENT_TEXT_CHANGED:
        return good_text(event);
    default:
        return true;
    }
}

static int check_file_header(const struct trace *trace,
                             struct sim_error *error)
{
    const struct event_file *file = (const struct event_file *)trace->bytes;

    if (trace->length < sizeof(*file))
        return sim_fail(error, "%zu bytes are too few for an event file",
                        trace->length);
    if (memcmp(file->magic, EVENT_MAGIC, sizeof(file->magic)) != 0)
        return sim_fail(error, "it does not start with \"%s\": not an event "
                        "file", EVENT_MAGIC);
    if (file->version != EVENT_VERSION ||
        file->header_bytes != sizeof(struct event))
        return sim_fail(error, "format version %u with headers of %u bytes; "
                        "this reader knows version %u with %zu",
                        file->version, file->header_bytes, EVENT_VERSION,
                        sizeof(struct event));
    return 0;
}

/** Check a record whose bytes are all there, in its place. */
static int check_record(const struct trace *trace, const struct event *event,
                        size_t at, struct sim_error *error)
{
    const struct event *last =
        trace->nr_events ? trace->event[trace->nr_events - 1] : NULL;

    if ((event->kind == EVENT_START) != !last)
        return sim_fail(error, "byte 0x%zx: %s", at,
                        last ? "a second start record"
                             : "the first record is not a start record");
    if (last && last->kind == EVENT_END)
        return sim_fail(error, "byte 0x%zx: a record after the end record",
                        at);
    if (last && event->icount < last->icount)
        return sim_fail(error, "byte 0x%zx: the instruction count falls from "
                        "%llu to %llu", at,
                        (unsigned long long)last->icount,
                        (unsigned long long)event->icount);
    if (!good_payload(event))
        return sim_fail(error, "byte 0x%zx: the payload of %u bytes is not "
                        "one of kind %u", at, event->payload_len,
                        event->kind);
    return 0;
}

/** Note where a record starts. */
static int note(struct trace *trace, const struct event *event,
                struct sim_error *error)
{
    size_t nr = trace->nr_events;

    if ((nr & (nr - 1)) == 0) { /* full at every power of two */
        const struct event **grown =
            realloc(trace->event, (nr ? 2 * nr : 1) * sizeof(*grown));

        if (!grown)
            return sim_fail(error, "the host is out of memory");
        trace->event = grown;
    }
    trace->event[trace->nr_events++] = event;
    return 0;
}

/** The pass over all records. */
static int check_records(struct trace *trace, bool partial,
                         struct sim_error *error)
{
    size_t at = sizeof(struct event_file);

    while (at < trace->length) {
        const struct event *event =
            (const struct event *)(trace->bytes + at);
        size_t left = trace->length - at;
        uint64_t size = sizeof(*event);

        if (left >= size)
            size += ((uint64_t)event->payload_len + 7) & ~7ull;
        if (left < size) {
            if (partial)
                break;
            return sim_fail(error, "byte 0x%zx: a record that is cut short",
                            at);
        }
        if (check_record(trace, event, at, error) ||
            note(trace, event, error))
            return -1;
        at += size;
    }
    if (trace->nr_events == 0)
        return sim_fail(error, "there is no record in it");
    trace->complete =
        trace->event[trace->nr_events - 1]->kind == EVENT_END;
    if (!trace->complete && !partial)
        return sim_fail(error, "there is no end record: the simulator was "
                        "stopped from outside");
    return 0;
}

/* --- Opening -------------------------------------------------------------- */

/** Map the file. */
static int map(const char *path, struct trace *trace, struct sim_error *error)
{
    struct stat about;
    void *bytes;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &about)) {
        sim_fail(error, "%s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    trace->length = (size_t)about.st_size;
    if (!S_ISREG(about.st_mode) || trace->length == 0) {
        close(fd);
        return sim_fail(error, "it is empty or not a file");
    }
    bytes = mmap(NULL, trace->length, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return sim_fail(error, "%s", strerror(errno));
    trace->bytes = bytes;
    trace->mapped = true;
    return 0;
}

int trace_open(const char *path, bool partial, struct trace **result,
               struct sim_error *error)
{
    struct trace *trace = calloc(1, sizeof(*trace));
    struct sim_error why;

    if (!trace)
        return sim_fail(error, "the host is out of memory");
    if (map(path, trace, &why) || check_file_header(trace, &why) ||
        check_records(trace, partial, &why)) {
        trace_close(trace);
        return sim_fail(error, "%.200s: %.250s", path, why.text);
    }
    *result = trace;
    return 0;
}

int trace_take(uint8_t *bytes, size_t length, struct trace **result,
               struct sim_error *error)
{
    struct trace *trace = calloc(1, sizeof(*trace));

    if (!trace) {
        free(bytes);
        return sim_fail(error, "the host is out of memory");
    }
    trace->bytes = bytes;
    trace->length = length;
    if (check_file_header(trace, error) ||
        check_records(trace, false, error)) {
        trace_close(trace);
        return -1;
    }
    *result = trace;
    return 0;
}

void trace_close(struct trace *trace)
{
    if (!trace)
        return;
    if (trace->bytes && trace->mapped)
        munmap((void *)trace->bytes, trace->length);
    else
        free((void *)trace->bytes);
    free(trace->event);
    free(trace);
}

/* --- Questions ------------------------------------------------------------ */

size_t trace_nr_events(const struct trace *trace)
{
    return trace->nr_events;
}

const struct event *trace_event(const struct trace *trace, size_t index)
{
    return index < trace->nr_events ? trace->event[index] : NULL;
}

const void *trace_payload(const struct event *event)
{
    return event + 1;
}

/** The index of the first record at or behind an address of the file. */
static size_t index_from(const struct trace *trace, const struct event *event)
{
    size_t low = 0, high = trace->nr_events;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (trace->event[middle] < event)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t trace_index(const struct trace *trace, const struct event *event)
{
    return index_from(trace, event);
}

const struct event *trace_end(const struct trace *trace)
{
    return trace->complete ? trace->event[trace->nr_events - 1] : NULL;
}

const struct event *trace_next(const struct trace *trace,
                               const struct event *after,
                               enum event_kind kind)
{
    size_t i = after ? index_from(trace, after) + 1 : 0;

    for (; i < trace->nr_events; i++)
        if (trace->event[i]->kind == kind)
            return trace->event[i];
    return NULL;
}

const struct event *trace_previous(const struct trace *trace,
                                   const struct event *before,
                                   enum event_kind kind)
{
    size_t i = before ? index_from(trace, before) : trace->nr_events;

    while (i-- > 0)
        if (trace->event[i]->kind == kind)
            return trace->event[i];
    return NULL;
}

const struct event *trace_next_in_ring(const struct trace *trace,
                                       const struct event *after,
                                       unsigned ring)
{
    size_t i = after ? index_from(trace, after) + 1 : 0;

    for (; i < trace->nr_events; i++)
        if (trace->event[i]->ring == ring)
            return trace->event[i];
    return NULL;
}

/** The index of the first record at or after an instruction count. */
static size_t index_at(const struct trace *trace, uint64_t icount)
{
    size_t low = 0, high = trace->nr_events;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (trace->event[middle]->icount < icount)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct event *trace_at(const struct trace *trace, uint64_t icount)
{
    return trace_event(trace, index_at(trace, icount));
}

const struct event *trace_last_ring_change(const struct trace *trace,
                                           uint64_t icount)
{
    size_t i = icount == UINT64_MAX ? trace->nr_events
                                    : index_at(trace, icount + 1);

    while (i-- > 0)
        if (trace->event[i]->kind == EVENT_RING)
            return trace->event[i];
    return NULL;
}

const struct event_mark *trace_mark(const struct event *event)
{
    return event->kind == EVENT_MARK ? trace_payload(event) : NULL;
}

const struct event *trace_find_mark(const struct trace *trace,
                                    const char *name, size_t index)
{
    size_t i;

    for (i = 0; i < trace->nr_events; i++) {
        const struct event_mark *mark = trace_mark(trace->event[i]);

        if (mark && strcmp(mark->name, name) == 0 && index-- == 0)
            return trace->event[i];
    }
    return NULL;
}

size_t trace_nr_marks(const struct trace *trace, const char *name)
{
    size_t nr = 0, i;

    for (i = 0; i < trace->nr_events; i++) {
        const struct event_mark *mark = trace_mark(trace->event[i]);

        nr += mark && strcmp(mark->name, name) == 0;
    }
    return nr;
}

const struct event_snap *trace_snap(const struct event *event, size_t index,
                                    const uint8_t **bytes)
{
    const uint8_t *at = trace_payload(event);

    if (event->kind != EVENT_MARK || index >= event->a[2])
        return NULL;
    at += sizeof(struct event_mark);
    for (;; index--) {
        const struct event_snap *snap = (const struct event_snap *)at;

        if (index == 0) {
            *bytes = at + sizeof(*snap);
            return snap;
        }
        at += sizeof(*snap) + event_padded(snap->len);
    }
}

const struct event_text *trace_text(const struct event *event)
{
    switch (event->kind) {
    case EVENT_ORACLE:
    case EVENT_END:
    case EVENT_TEXT_CHANGED:
        return trace_payload(event);
    default:
        return NULL;
    }
}
