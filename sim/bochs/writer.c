/* SPDX-License-Identifier: MIT */
/**
 * @file writer.c
 * Event records on their way into a file.
 */
#include "sim/bochs/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CR0_PG 0x80000000u
#define EFLAGS_IF 0x200u

static FILE *file;
static bool failed;
static uint32_t kernel_start, kernel_end;

bool writer_open(const char *path)
{
    struct event_file head = { .magic = EVENT_MAGIC,
                               .version = EVENT_VERSION,
                               .header_bytes = sizeof(struct event) };

    file = fopen(path, "w+b");
    if (!file)
        return false;
    setvbuf(file, NULL, _IOFBF, 1 << 18);
    failed = fwrite(&head, sizeof(head), 1, file) != 1;
    return true;
}

void writer_kernel(uint32_t start, uint32_t end)
{
    kernel_start = start;
    kernel_end = end;
}

struct event writer_event(enum event_kind kind)
{
    struct event event = { .kind = (uint16_t)kind };
    struct cpu_now now;

    cpu_now(&now);
    event.icount = now.icount;
    event.ring = now.ring;
    event.cs = now.cs;
    event.ss = now.ss;
    event.eip = now.eip;
    event.esp = now.esp;
    event.cr3 = now.cr3;
    event.flags = (uint8_t)((now.eflags & EFLAGS_IF ? EVENT_INTERRUPTS : 0) |
                            (now.cr0 & CR0_PG ? EVENT_PAGING : 0));
    if (!now.ring && now.eip >= kernel_start && now.eip < kernel_end)
        event.flags |= EVENT_IN_KERNEL;
    return event;
}

void writer_put(struct event event, const void *payload, size_t bytes)
{
    static const char zeros[8];
    size_t padding = event_padded((uint32_t)bytes) - bytes;

    if (!file)
        return;
    event.payload_len = (uint32_t)bytes;
    failed |= fwrite(&event, sizeof(event), 1, file) != 1;
    if (bytes)
        failed |= fwrite(payload, 1, bytes, file) != bytes ||
                  fwrite(zeros, 1, padding, file) != padding;
}

void writer_put_text(struct event event, const char *name, const char *text)
{
    size_t bytes = sizeof(struct event_text) + strlen(text) + 1;
    struct event_text *payload;

    if (!file)
        return;
    payload = calloc(1, bytes);
    if (!payload)
        abort(); /* a few hundred bytes: the host cannot go on */
    strncpy(payload->name, name, sizeof(payload->name) - 1);
    cpu_registers(&payload->registers);
    strcpy(payload->text, text);
    writer_put(event, payload, bytes);
    free(payload);
}

uint64_t writer_flush(void)
{
    long at;

    if (!file)
        return 0;
    failed |= fflush(file) != 0;
    at = ftell(file);
    failed |= at < 0;
    return at < 0 ? 0 : (uint64_t)at;
}

bool writer_read(uint64_t offset, void *to, size_t bytes)
{
    return file &&
           pread(fileno(file), to, bytes, (off_t)offset) == (ssize_t)bytes;
}

void writer_bytes(const void *bytes, size_t nr)
{
    failed |= !file || fwrite(bytes, 1, nr, file) != nr;
}

bool writer_divert(int to)
{
    /* The parent's stream stays as it is: it has nothing to write. */
    file = fdopen(to, "wb");
    return file && !failed;
}

bool writer_close(void)
{
    bool good = !failed;

    if (file)
        good &= !fclose(file);
    file = NULL;
    return good;
}
