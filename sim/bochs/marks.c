/* SPDX-License-Identifier: MIT */
/**
 * @file marks.c
 * Marks and their snaps (marks.h).
 */
#include "sim/bochs/marks.h"

#include <stdlib.h>
#include <string.h>

#include "sim/bochs/memory.h"
#include "sim/bochs/writer.h"

uint8_t marks_filter[1 << 13];

static const struct run_file *run;
static uint32_t *times_seen;

void marks_start(const struct run_file *file)
{
    uint32_t vaddr;
    size_t i;

    run = file;
    times_seen = calloc(file->nr_marks + 1, sizeof(*times_seen));
    if (!times_seen)
        abort();
    for (i = 0; i < file->nr_marks; i++) {
        vaddr = file->marks[i].vaddr;
        marks_filter[(vaddr & 0xFFFF) >> 3] |= (uint8_t)(1u << (vaddr & 7));
    }
}

int marks_next(unsigned from, uint32_t eip, unsigned ring)
{
    size_t i;

    for (i = from; i < run->nr_marks; i++) {
        if (run->marks[i].vaddr == eip && run->marks[i].ring == ring)
            return (int)i;
    }
    return -1;
}

/** Where a snap begins now. */
static uint32_t snap_address(const struct run_snap *snap,
                             const struct event_registers *registers)
{
    uint32_t base = 0;

    if (snap->base != SNAP_NUMBER) /* eax .. eip lie in this order */
        memcpy(&base, (const char *)registers + 4 * snap->reg, 4);
    if (snap->base == SNAP_POINTER &&
        memory_read_virtual(base, &base, 4) < 4)
        base = 0;
    return base + snap->offset;
}

/** Append a snap at `at`. @return Bytes that it takes. */
static size_t take_snap(unsigned index,
                        const struct event_registers *registers, char *at)
{
    const struct run_snap *snap = &run->snaps[index];
    struct event_snap head = { .index = index, .len = snap->bytes };

    head.address = snap_address(snap, registers);
    head.valid = (uint32_t)memory_read_virtual(head.address,
                                               at + sizeof(head), head.len);
    /* What could not be read stays zero, also in a page read in part. */
    memset(at + sizeof(head) + head.valid, 0, head.len - head.valid);
    memcpy(at, &head, sizeof(head));
    return sizeof(head) + event_padded(head.len);
}

void marks_record(unsigned index)
{
    struct event event = writer_event(EVENT_MARK);
    size_t bytes = sizeof(struct event_mark), i;
    struct event_mark *mark;

    for (i = 0; i < run->nr_snaps; i++) {
        if (run->snaps[i].mark == index) {
            bytes += sizeof(struct event_snap) +
                     event_padded(run->snaps[i].bytes);
            event.a[2]++;
        }
    }
    event.a[0] = index;
    event.a[1] = ++times_seen[index];
    mark = calloc(1, bytes);
    if (!mark)
        abort();
    strcpy(mark->name, run->marks[index].name);
    cpu_registers(&mark->registers);
    bytes = sizeof(*mark);
    for (i = 0; i < run->nr_snaps; i++) {
        if (run->snaps[i].mark == index)
            bytes += take_snap((unsigned)i, &mark->registers,
                               (char *)mark + bytes);
    }
    writer_put(event, mark, bytes);
    free(mark);
}
