/* SPDX-License-Identifier: MIT */
/**
 * @file run.c
 * Questions about a run; contracts in test.h. Page tables are in walk.c.
 */
#include <string.h>

#include "labs/grader/execute.h"

const void *run_kept(const struct run *run)
{
    return run->setup->kept;
}

const struct event *run_end(const struct run *run)
{
    return trace_end(run->trace);
}

enum end_reason run_end_reason(const struct run *run)
{
    return (enum end_reason)run_end(run)->a[0];
}

const struct event *run_event(const struct run *run, size_t index)
{
    return trace_event(run->trace, index);
}

const struct event *run_next(const struct run *run, const struct event *after,
                             enum event_kind kind)
{
    return trace_next(run->trace, after, kind);
}

size_t run_nr_marks(const struct run *run, const char *name)
{
    return trace_nr_marks(run->trace, name);
}

bool run_mark(const struct run *run, const char *name, size_t index,
              struct mark *to)
{
    const struct event *event = trace_find_mark(run->trace, name, index);
    const struct event_snap *snap;
    const uint8_t *bytes;

    *to = (struct mark){ .event = event };
    if (!event)
        return false;
    to->r = trace_mark(event)->registers;
    while (to->nr_snaps < MARK_MAX_SNAPS &&
           (snap = trace_snap(event, to->nr_snaps, &bytes)))
        to->snap[to->nr_snaps++] = (struct snap){
            .bytes = bytes,
            .len = snap->len,
            .valid = snap->valid,
            .address = snap->address,
        };
    return true;
}

const struct event_registers *run_registers(const struct run *run)
{
    return &run->registers;
}

bool run_find_symbol(const struct run *run, const char *name,
                     uint32_t *address)
{
    const char *of_guest = guest_name(name);

    if (of_guest)
        return run->guest.symbols &&
               symbols_address(run->guest.symbols, of_guest, address);
    return image_address(run->image, name, address);
}

uint32_t run_symbol(const struct run *run, const char *name)
{
    uint32_t address;

    return run_find_symbol(run, name, &address) ? address : 0;
}

bool run_image_part(const struct run *run, char part, uint32_t *start,
                    uint32_t *end)
{
    const char *names[2];

    switch (part) {
    case 'x':
        names[0] = "image_text_start";
        names[1] = "image_text_end";
        break;
    case 'r':
        names[0] = "image_rodata_start";
        names[1] = "image_data_start";
        break;
    case 'w':
        names[0] = "image_data_start";
        names[1] = "image_data_end";
        break;
    default:
        return false;
    }
    return image_address(run->image, names[0], start) &&
           image_address(run->image, names[1], end);
}

bool run_read_machine(const struct run *run, uint64_t maddr, void *to,
                      size_t bytes)
{
    if (maddr > run->memory_bytes || bytes > run->memory_bytes - maddr)
        return false;
    memcpy(to, run->memory + maddr, bytes);
    return true;
}

uint64_t run_ram_bytes(const struct run *run)
{
    return run->memory_bytes;
}

const struct event *run_oracle(const struct run *run, const char *name)
{
    const struct event *event = NULL;

    while ((event = trace_next(run->trace, event, EVENT_ORACLE)))
        if (!name || !strcmp(trace_text(event)->name, name))
            return event;
    return NULL;
}

const struct event *run_jump(const struct run *run)
{
    return trace_next(run->trace, NULL, EVENT_JUMP);
}

uint64_t run_instructions(const struct run *run)
{
    return run_end(run)->icount;
}
