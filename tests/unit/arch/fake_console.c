/* SPDX-License-Identifier: MIT */
#include "fake_console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "console.h"
#include "console_ring.h"

/* Weak, so that a test of the console itself links the real one. */
#define WEAK __attribute__((weak))

char fake_console[FAKE_CONSOLE_BYTES];
size_t fake_console_length;
unsigned fake_console_full;
const char *fake_console_typed = "";

void fake_console_reset(void)
{
    fake_console_length = 0;
    fake_console[0] = 0;
    fake_console_full = 0;
    fake_console_typed = "";
}

static void print_list(const char *fmt, va_list args)
{
    size_t room = sizeof(fake_console) - fake_console_length;
    int length = vsnprintf(fake_console + fake_console_length, room, fmt,
                           args);

    if (length > 0)
        fake_console_length += (size_t)length < room ? (size_t)length
                                                     : room - 1;
}

WEAK void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    (void)level;
    va_start(args, fmt);
    print_list(fmt, args);
    va_end(args);
}

WEAK void printk_guest(enum log_level level, const char *fmt, ...)
{
    va_list args;

    (void)level;
    va_start(args, fmt);
    print_list(fmt, args);
    va_end(args);
}

WEAK void console_write(const char *text, size_t bytes)
{
    printk(LOG_INFO, "%.*s", (int)bytes, text);
}

WEAK int console_read(void)
{
    return *fake_console_typed ? (uint8_t)*fake_console_typed++ : -1;
}

WEAK bool console_has_input(void)
{
    return *fake_console_typed;
}

WEAK void console_input_wanted(void)
{
}

WEAK void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

WEAK void panic_frame(const trap_frame_t *frame, const char *fmt, ...)
{
    va_list args;

    (void)frame;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

WEAK void console_queue_wait(void)
{
}

WEAK void console_rest(void)
{
}

WEAK bool console_has_room(void)
{
    if (fake_console_full == 0)
        return true;
    fake_console_full--;
    return false;
}

WEAK void console_wait_for_room(void)
{
    fake_console_full = 0;
}

WEAK void machine_end(enum machine_exit how)
{
    exit((int)how);
}
