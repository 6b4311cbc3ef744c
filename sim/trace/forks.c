/* SPDX-License-Identifier: MIT */
/**
 * @file forks.c
 * See forks.h. Both files are small enough to be held in memory; a child's
 * trace is a copy of its prefix and its records, one behind the other.
 */
#include "sim/trace/forks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    uint8_t *at;
    size_t nr;
};

struct forks {
    struct bytes file, events;
    const struct forks_child **child; /**< where each starts */
};

/** A whole file in memory. */
static int read_whole(const char *path, struct bytes *to,
                      struct sim_error *error)
{
    FILE *file = fopen(path, "rb");
    long length = -1;
    bool good = file && !fseek(file, 0, SEEK_END) &&
                (length = ftell(file)) >= 0 && !fseek(file, 0, SEEK_SET);

    to->nr = good ? (size_t)length : 0;
    to->at = malloc(to->nr + 1);
    good = good && to->at && fread(to->at, 1, to->nr, file) == to->nr;
    if (file)
        fclose(file);
    return good ? 0 : sim_fail(error, "%s: %s", path, strerror(errno));
}

static int check_head(const struct forks *forks, struct sim_error *error)
{
    const struct forks_file *head = forks_about(forks);

    if (forks->file.nr < sizeof(*head) ||
        memcmp(head->magic, FORKS_MAGIC, sizeof(head->magic)) != 0 ||
        head->version != FORKS_VERSION ||
        head->header_bytes != sizeof(struct forks_child))
        return sim_fail(error, "it is not a children's file of version %u",
                        FORKS_VERSION);
    if (!head->end)
        return sim_fail(error, "it has no end: the simulator was stopped "
                        "from outside");
    if (head->nr_children > forks->file.nr / sizeof(struct forks_child))
        return sim_fail(error, "%u children do not fit into it",
                        head->nr_children);
    return 0;
}

/** Find every child. */
static int find_children(struct forks *forks, struct sim_error *error)
{
    const struct forks_file *head = forks_about(forks);
    size_t at = sizeof(*head);
    uint32_t i;

    forks->child = calloc(head->nr_children + 1, sizeof(*forks->child));
    if (!forks->child)
        return sim_fail(error, "the host is out of memory");
    for (i = 0; i < head->nr_children; i++) {
        const struct forks_child *child =
            (const struct forks_child *)(forks->file.at + at);
        size_t left = forks->file.nr - at;

        if (left < sizeof(*child) || child->bytes > left - sizeof(*child) ||
            child->bytes % 8 != 0 || child->prefix % 8 != 0 ||
            child->prefix > forks->events.nr)
            return sim_fail(error, "byte 0x%zx: child %u does not fit", at,
                            i);
        forks->child[i] = child;
        at += sizeof(*child) + child->bytes;
    }
    return at == forks->file.nr
               ? 0
               : sim_fail(error, "byte 0x%zx: more than its children", at);
}

int forks_read(const char *path, const char *events, struct forks **result,
               struct sim_error *error)
{
    struct forks *forks = calloc(1, sizeof(*forks));
    struct sim_error why;

    if (!forks)
        return sim_fail(error, "the host is out of memory");
    if (read_whole(path, &forks->file, error) ||
        read_whole(events, &forks->events, error)) {
        forks_free(forks);
        return -1;
    }
    if (check_head(forks, &why) || find_children(forks, &why)) {
        forks_free(forks);
        return sim_fail(error, "%.200s: %.250s", path, why.text);
    }
    *result = forks;
    return 0;
}

void forks_free(struct forks *forks)
{
    if (!forks)
        return;
    free(forks->file.at);
    free(forks->events.at);
    free(forks->child);
    free(forks);
}

const struct forks_file *forks_about(const struct forks *forks)
{
    return (const struct forks_file *)forks->file.at;
}

const struct forks_child *forks_nth(const struct forks *forks, size_t index)
{
    return index < forks_about(forks)->nr_children ? forks->child[index]
                                                   : NULL;
}

int forks_trace(const struct forks *forks, size_t index,
                struct trace **trace, struct sim_error *error)
{
    const struct forks_child *child = forks_nth(forks, index);
    size_t length = child->prefix + child->bytes;
    uint8_t *bytes = malloc(length + 1);

    if (!bytes)
        return sim_fail(error, "the host is out of memory");
    memcpy(bytes, forks->events.at, child->prefix);
    memcpy(bytes + child->prefix, child + 1, child->bytes);
    return trace_take(bytes, length, trace, error);
}
