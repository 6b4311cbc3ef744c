/* SPDX-License-Identifier: MIT */
/**
 * @file text.c
 * Strings as words and numbers. Here and not in string.c is what no code
 * before paging needs.
 *
 * Source: [C17] 7.24 "String handling <string.h>".
 *
 * @ingroup lib
 */
#include "lib.h"

/**
 * Compare strings: less, equal or greater than 0, as C says.
 *
 * @param a  Ended by a NUL.
 * @param b  Ended by a NUL.
 * @context{any}
 * @return less than, equal to or greater than 0 as `a` is.
 * @ingroup lib
 */
int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, (size_t)-1);
}

/**
 * Compare at most n characters of two strings.
 *
 * @param a  Ended by a NUL, or `n` characters long.
 * @param b  The same.
 * @param n  Characters behind it are not looked at.
 * @context{any}
 * @return less than, equal to or greater than 0 as `a` is.
 * @ingroup lib
 */
int strncmp(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t p = (uint8_t)a[i], q = (uint8_t)b[i];

        if (p != q)
            return p - q;
        if (p == 0)
            break;
    }
    return 0;
}

/**
 * The first place of a character in a string, or NULL.
 *
 * @param s  Ended by a NUL.
 * @param c  The character; the NUL can be found as well.
 * @context{any}
 * @return its first place in `s`, or NULL.
 * @ingroup lib
 */
char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++)
        if (*s == 0)
            return NULL;
    return (char *)(uintptr_t)s;
}

/**
 * Copy a string as far as it fits, with an end always written.
 *
 * @param to    room for `size` bytes
 * @param from  a string with an end
 * @param size  bytes, at least 1
 * @context{any}
 * @return the length of `from`: `size` or more means that it was cut.
 * @ingroup lib
 */
size_t strlcpy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);
    size_t copied = length < size ? length : size - 1;

    memcpy(to, from, copied);
    to[copied] = 0;
    return length;
}

/** The value of a digit in bases up to 16, or 99. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 99;
}

/** Read digits (0x…: hexadecimal) up to the first character that is none;
 *  NULL when there is no digit or the value has more than 64 bits. */
static const char *parse_digits(const char *text, uint64_t *value)
{
    unsigned base = 10;
    const char *start;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    start = text;
    *value = 0;
    for (; digit_value(*text) < base; text++) {
        uint64_t more;

        if (__builtin_mul_overflow(*value, (uint64_t)base, &more) ||
            __builtin_add_overflow(more, digit_value(*text), value))
            return NULL;
    }
    return text == start ? NULL : text;
}

/**
 * Read a whole string as an unsigned number, decimal or 0x….
 *
 * @param text   a string
 * @param value  OUT the number; unchanged on failure
 * @context{any}
 * @retval false  not a number, or more than 32 bits
 * @ingroup lib
 */
bool parse_unsigned(const char *text, uint32_t *value)
{
    uint64_t wide;
    const char *rest = parse_digits(text, &wide);

    if (!rest || *rest != 0 || wide > UINT32_MAX)
        return false;
    *value = (uint32_t)wide;
    return true;
}

/**
 * Read a whole string as a size: a number and at most one of the letters
 * B, K, M, G, T (either case). Without a letter it counts KB, as on Xen's
 * command line.
 *
 * @param text   a string
 * @param bytes  OUT the size; unchanged on failure
 * @context{any}
 * @retval false  not a size, or more than 64 bits
 * @ingroup lib
 */
bool parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "bkmgt";
    uint64_t value;
    const char *rest = parse_digits(text, &value);
    unsigned shift = 10;

    if (!rest)
        return false;
    if (*rest != 0) {
        const char *unit = strchr(units, *rest | 0x20);

        if (!unit || rest[1] != 0)
            return false;
        shift = (unsigned)(unit - units) * 10;
    }
    if (value << shift >> shift != value)
        return false;
    *bytes = value << shift;
    return true;
}
