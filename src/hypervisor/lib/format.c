/* SPDX-License-Identifier: MIT */
/**
 * @file format.c
 * Formatted text: the part of C's printf family that a console needs.
 *
 * | directive      | argument                                             |
 * |----------------|------------------------------------------------------|
 * | %d %i %u       | int, unsigned                                        |
 * | %x %X          | unsigned, in base 16                                 |
 * | l ll z j t h   | before those: the argument's size                    |
 * | %p             | pointer, as 0x and eight digits                      |
 * | %s %c %%       | string (NULL prints as "(null)"), character, percent |
 *
 * with the flags `-`, `0`, `+`, space and `#` (for x), a width and a
 * precision as numbers or `*`. There is no %n, on purpose, and no floating
 * point: ring 0 does not touch those registers.
 *
 * An unknown directive is printed as it stands.
 *
 * Source: [C17] 7.21.6.1 "The fprintf function", of which this is a part.
 *
 * @ingroup lib
 */
#include "lib.h"

/** Where text goes: counts on when the room has ended. */
struct sink {
    char *to;
    size_t size;
    size_t length;
};

/** One directive, taken apart. */
struct directive {
    bool left, zero, plus, space, alternate;
    int width;
    int precision; /* -1: none */
    unsigned size; /* bytes of an integer argument */
    char kind;
};

static void put(struct sink *sink, char c)
{
    if (sink->length + 1 < sink->size)
        sink->to[sink->length] = c;
    sink->length++;
}

static void put_times(struct sink *sink, char c, int times)
{
    while (times-- > 0)
        put(sink, c);
}

/** Text inside its field. */
static void put_text(struct sink *sink, const struct directive *d,
                     const char *text)
{
    int length = 0;

    if (!text)
        text = "(null)";
    while ((d->precision < 0 || length < d->precision) && text[length])
        length++;
    if (!d->left)
        put_times(sink, ' ', d->width - length);
    for (int i = 0; i < length; i++)
        put(sink, text[i]);
    if (d->left)
        put_times(sink, ' ', d->width - length);
}

/** A number inside its field: padding, sign or 0x, zeros, digits. */
static void put_number(struct sink *sink, const struct directive *d,
                       uint64_t value, const char *prefix)
{
    const char *digits = d->kind == 'X' ? "0123456789ABCDEF"
                                        : "0123456789abcdef";
    unsigned base = d->kind == 'x' || d->kind == 'X' ? 16 : 10;
    char text[20]; /* 2^64 has 20 digits */
    int nr = 0, zeros, room;

    for (; value > 0; value /= base)
        text[nr++] = digits[value % base];
    zeros = (d->precision < 0 ? 1 : d->precision) - nr;
    room = d->width - nr - (int)strlen(prefix);
    if (d->zero && !d->left && d->precision < 0 && zeros < room)
        zeros = room;
    room -= zeros > 0 ? zeros : 0;
    if (!d->left)
        put_times(sink, ' ', room);
    while (*prefix)
        put(sink, *prefix++);
    put_times(sink, '0', zeros);
    while (nr > 0)
        put(sink, text[--nr]);
    if (d->left)
        put_times(sink, ' ', room);
}

/** A number of the text at *fmt, or the next argument for `*`. */
static int parse_field(const char **fmt, va_list *args)
{
    int value = 0;

    if (**fmt == '*') {
        (*fmt)++;
        return va_arg(*args, int);
    }
    for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++)
        if (value < 10000) /* nobody means more; and it cannot overflow */
            value = value * 10 + (**fmt - '0');
    return value;
}

/** Take the directive at *fmt apart; *fmt goes behind it. */
static struct directive parse(const char **fmt, va_list *args)
{
    struct directive d = { .precision = -1, .size = sizeof(int) };

    for (;; (*fmt)++) {
        if (**fmt == '-')
            d.left = true;
        else if (**fmt == '0')
            d.zero = true;
        else if (**fmt == '+')
            d.plus = true;
        else if (**fmt == ' ')
            d.space = true;
        else if (**fmt == '#')
            d.alternate = true;
        else
            break;
    }
    d.width = parse_field(fmt, args);
    if (d.width < 0) {
        d.left = true;
        d.width = -d.width;
    }
    if (**fmt == '.') {
        (*fmt)++;
        d.precision = parse_field(fmt, args);
    }
    for (unsigned longs = 0;; (*fmt)++) {
        if (**fmt == 'l')
            d.size = ++longs > 1 ? sizeof(long long) : sizeof(long);
        else if (**fmt == 'z' || **fmt == 't')
            d.size = sizeof(size_t);
        else if (**fmt == 'j')
            d.size = sizeof(intmax_t);
        else if (**fmt != 'h')
            break;
    }
    d.kind = **fmt;
    if (d.kind)
        (*fmt)++;
    return d;
}

static uint64_t next_integer(const struct directive *d, bool is_signed,
                             va_list *args)
{
    if (d->size == sizeof(uint64_t))
        return va_arg(*args, uint64_t);
    if (is_signed)
        return (uint64_t)(int64_t)va_arg(*args, int);
    return va_arg(*args, unsigned);
}

static void put_signed(struct sink *sink, const struct directive *d,
                       int64_t value)
{
    const char *sign = d->plus ? "+" : d->space ? " " : "";

    if (value < 0)
        put_number(sink, d, 0 - (uint64_t)value, "-");
    else
        put_number(sink, d, (uint64_t)value, sign);
}

/** Print one directive; false when it is unknown. */
static bool put_directive(struct sink *sink, struct directive *d,
                          va_list *args)
{
    uint64_t value;

    switch (d->kind) {
    case 'd':
    case 'i':
        put_signed(sink, d, (int64_t)next_integer(d, true, args));
        return true;
    case 'u':
    case 'x':
    case 'X':
        value = next_integer(d, false, args);
        put_number(sink, d, value,
                   d->alternate && d->kind != 'u' && value ? "0x" : "");
        return true;
    case 'p':
        value = (uintptr_t)va_arg(*args, void *);
        d->kind = 'x';
        d->precision = 8;
        put_number(sink, d, value, "0x");
        return true;
    case 's':
        put_text(sink, d, va_arg(*args, const char *));
        return true;
    case 'c': {
        char text[2] = { (char)va_arg(*args, int), 0 };

        put_text(sink, d, text);
        return true;
    }
    case '%':
        put(sink, '%');
        return true;
    default:
        return false;
    }
}

/**
 * Write formatted text, with an end always written when there is room at all.
 *
 * @param to    room for `size` bytes; may be NULL when `size` is 0
 * @param size  bytes
 * @param fmt   directives as at the top of this file
 * @param args  their arguments
 * @context{any}
 * @return the length of the whole text: `size` or more means that it was cut.
 * @ingroup lib
 */
int format_list(char *to, size_t size, const char *fmt, va_list args)
{
    struct sink sink = { .to = to, .size = size };
    va_list list;

    va_copy(list, args);
    while (*fmt) {
        const char *start = fmt;
        struct directive d;

        if (*fmt++ != '%') {
            put(&sink, *start);
            continue;
        }
        d = parse(&fmt, &list);
        if (!put_directive(&sink, &d, &list))
            while (start < fmt)
                put(&sink, *start++);
    }
    va_end(list);
    if (size > 0)
        to[sink.length < size ? sink.length : size - 1] = 0;
    return (int)sink.length;
}

/**
 * Write formatted text; see format_list().
 *
 * @param to    room for `size` bytes
 * @param size  bytes
 * @param fmt   directives as at the top of this file
 * @context{any}
 * @return the length of the whole text: `size` or more means that it was cut.
 * @ingroup lib
 */
int format(char *to, size_t size, const char *fmt, ...)
{
    va_list args;
    int length;

    va_start(args, fmt);
    length = format_list(to, size, fmt, args);
    va_end(args);
    return length;
}
