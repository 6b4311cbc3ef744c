/* SPDX-License-Identifier: MIT */
/**
 * @file flood.c
 * A guest that prints more than the serial line takes in its lifetime, and
 * ends badly on top of it: what it is told to wait for, and the report of its
 * end, must keep no interrupt waiting.
 *
 * | mark   | first value     | second value |
 * |--------|-----------------|--------------|
 * | before | bytes to print  | 0            |
 * | after  | the call's result | 0          |
 */
#include "guest.h"

MARK(before)
MARK(after)

static char text[16500];

void guest_main(const start_info_t *start)
{
    (void)start;
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = i % 64 == 63 ? '\n' : '.';
    mark_before(sizeof(text), 0);
    mark_after((uint32_t)hypercall_3(console_io, CONSOLEIO_write,
                                     sizeof(text), text), 0);
    __asm__ volatile("ud2");
}
