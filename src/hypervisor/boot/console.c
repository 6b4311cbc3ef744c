/* SPDX-License-Identifier: MIT */
/**
 * @file console.c
 * The serial console: what the hypervisor has to say, and the guests' text
 * on its way to a person. No verdict ever depends on it.
 *
 * A line of ours starts with "(RF) ". When a guest has left a line unfinished,
 * ours starts on a new one.
 *
 * Source: [16550] "Registers".
 *
 * @ingroup boot
 */
#include "console.h"

#include "lib.h"
#include "uart.h"

/* The longest text that one call of printk() prints. */
#define LINE_BYTES 512

static bool output = true;
static bool at_line_start = true;
static bool in_own_line;
static int level_own = LOG_INFO;
static int level_guest = LOG_INFO;

/**
 * Set the serial port up.
 *
 * @context{boot}
 * @ingroup boot
 */
void console_init(void)
{
    uart_init(COM1);
}

/**
 * Switch the console on or off, for us and for guests.
 *
 * @param on  false: nothing is printed any more, a panic included
 * @context{boot}
 * @ingroup boot
 */
void console_set_output(bool on)
{
    output = on;
}

/**
 * Choose what is printed.
 *
 * @param own    printk() prints up to this level; LOG_NONE: nothing
 * @param guest  printk_guest() the same
 * @context{boot}
 * @ingroup boot
 */
void console_set_levels(int own, int guest)
{
    level_own = own;
    level_guest = guest;
}

/**
 * Wait until everything printed has left the machine.
 *
 * @context{panic}
 * @ingroup boot
 */
void console_drain(void)
{
    if (!output)
        return;
    console_queue_flush();
    uart_drain(COM1);
}

static void put(char c)
{
    if (!output)
        return;
    if (c == '\n')
        console_queue_put('\r');
    console_queue_put(c);
    at_line_start = c == '\n';
}

static void put_own(const char *text)
{
    if (!at_line_start && !in_own_line)
        put('\n');
    for (; *text; text++) {
        if (at_line_start)
            for (const char *p = "(RF) "; *p; p++)
                put(*p);
        put(*text);
    }
    in_own_line = !at_line_start;
}

static void print_list(const char *fmt, va_list args)
{
    char line[LINE_BYTES];
    int length = format_list(line, sizeof(line), fmt, args);

    /* What is cut keeps its end, or the next line would begin in its middle. */
    if (length >= (int)sizeof(line) && fmt[strlen(fmt) - 1] == '\n')
        line[sizeof(line) - 2] = '\n';
    put_own(line);
}

/**
 * Print a line, or a part of one, of the hypervisor's own.
 *
 * @param level  how much it matters
 * @param fmt    as format(); ends with a newline unless more follows. Longer
 *               than 511 characters it is cut
 * @context{any}
 * @note Before guests run, waits for the serial port.
 * @ingroup boot
 */
void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    if ((int)level > level_own)
        return;
    va_start(args, fmt);
    print_list(fmt, args);
    va_end(args);
}

/**
 * Print a line about something that a guest did.
 *
 * @param level  how much it matters
 * @param fmt    as printk()
 * @context{entry}
 * @ingroup boot
 */
void printk_guest(enum log_level level, const char *fmt, ...)
{
    va_list args;

    if ((int)level > level_guest)
        return;
    va_start(args, fmt);
    print_list(fmt, args);
    va_end(args);
}

/**
 * Print a guest's text as it is.
 *
 * @param text   any bytes
 * @param bytes  how many
 * @context{any}
 * @ingroup boot
 */
void console_write(const char *text, size_t bytes)
{
    if (bytes > 0 && in_own_line)
        put('\n');
    in_own_line = false;
    for (size_t i = 0; i < bytes; i++)
        put(text[i]);
}

/**
 * Take one byte that arrived on the serial line.
 *
 * @context{hypercall}
 * @return the byte, or -1 when none waits.
 * @ingroup boot
 */
int console_read(void)
{
    return uart_get(COM1);
}

/**
 * Whether console_read() would find a byte.
 *
 * @context{hypercall}
 * @return true if console_read() would return one now.
 * @ingroup boot
 */
bool console_has_input(void)
{
    return uart_has_received(COM1);
}
