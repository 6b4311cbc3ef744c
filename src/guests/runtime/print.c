/* SPDX-License-Identifier: MIT */
/**
 * @file print.c
 * @ingroup guests
 * Text for people, on the hypervisor's console. Nothing that is decided about
 * a run depends on it.
 */
#include "guest.h"

#include <stdarg.h>

/** A line under construction. */
struct line {
    char text[256];
    unsigned used;
};

static void put_char(struct line *line, char c)
{
    if (line->used < sizeof(line->text))
        line->text[line->used++] = c;
}

static void put_string(struct line *line, const char *s)
{
    while (*s != 0)
        put_char(line, *s++);
}

static void put_number(struct line *line, uint32_t n, unsigned base,
                       unsigned width)
{
    char digits[10];
    unsigned used = 0;

    do {
        digits[used++] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n != 0);
    while (used < width && used < sizeof(digits))
        digits[used++] = '0';
    while (used > 0)
        put_char(line, digits[--used]);
}

/** One conversion: %s %c %u %d %x, a width with leading zeros, %%. */
static const char *put_conversion(struct line *line, const char *fmt,
                                  va_list *args)
{
    unsigned width = 0;

    while (*fmt >= '0' && *fmt <= '9')
        width = width * 10 + (unsigned)(*fmt++ - '0');
    switch (*fmt) {
    case 's':
        put_string(line, va_arg(*args, const char *));
        break;
    case 'c':
        put_char(line, (char)va_arg(*args, int));
        break;
    case 'u':
        put_number(line, va_arg(*args, uint32_t), 10, width);
        break;
    case 'x':
        put_number(line, va_arg(*args, uint32_t), 16, width);
        break;
    case 'd': {
        int32_t n = va_arg(*args, int32_t);

        if (n < 0)
            put_char(line, '-');
        put_number(line, n < 0 ? -(uint32_t)n : (uint32_t)n, 10, width);
        break;
    }
    default:
        put_char(line, *fmt);
    }
    return *fmt != 0 ? fmt + 1 : fmt;
}

/**
 * Print.
 *
 * @param fmt  Text with %s %c %u %d %x (with a width: zeros in front) and %%;
 *             at most 256 characters in all, the rest is dropped.
 */
void say(const char *fmt, ...)
{
    struct line line = { .used = 0 };
    va_list args;

    va_start(args, fmt);
    while (*fmt != 0) {
        if (*fmt == '%')
            fmt = put_conversion(&line, fmt + 1, &args);
        else
            put_char(&line, *fmt++);
    }
    va_end(args);
    hypercall_3(console_io, CONSOLEIO_write, line.used, line.text);
}
