/* SPDX-License-Identifier: MIT */
/**
 * @file
 * See event_maker.h.
 */
#include "event_maker.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void maker_append(struct event_maker *maker, const void *from, size_t size)
{
    ck_assert_uint_le(maker->length + size, MAKER_BYTES);
    memcpy(maker->bytes + maker->length, from, size);
    maker->length += size;
}

void maker_begin(struct event_maker *maker)
{
    const struct event_file header = { EVENT_MAGIC, EVENT_VERSION,
                                       sizeof(struct event) };

    maker->length = 0;
    maker_append(maker, &header, sizeof(header));
}

struct event *maker_record(struct event_maker *maker, uint64_t icount,
                           unsigned kind, unsigned ring, const uint32_t *a,
                           const void *payload, uint32_t size)
{
    static const uint8_t zeros[8];
    struct event event = {
        .icount = icount,
        .kind = (uint16_t)kind,
        .ring = (uint8_t)ring,
        .payload_len = size,
    };

    if (a)
        memcpy(event.a, a, sizeof(event.a));
    maker->last = maker->length;
    maker_append(maker, &event, sizeof(event));
    if (size)
        maker_append(maker, payload, size);
    maker_append(maker, zeros, event_padded(size) - size);
    return (struct event *)(maker->bytes + maker->last);
}

void maker_text(struct event_maker *maker, uint64_t icount, unsigned kind,
                const char *sentence)
{
    struct {
        struct event_text text;
        char sentence[64];
    } payload = { { "name", { 0 } }, "" };

    snprintf(payload.sentence, sizeof(payload.sentence), "%s", sentence);
    maker_record(maker, icount, kind, 0, NULL, &payload,
                 (uint32_t)(sizeof(struct event_text) + strlen(sentence) +
                            1));
}

int maker_open(const struct event_maker *maker, bool partial,
               struct trace **trace, struct sim_error *error)
{
    char path[64];
    int fd = memfd_create("events", 0), result;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, maker->bytes, maker->length),
                     (ssize_t)maker->length);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    *trace = NULL;
    error->text[0] = '\0';
    result = trace_open(path, partial, trace, error);
    close(fd);
    return result;
}
