/* SPDX-License-Identifier: MIT */
/**
 * @file string.c
 * Bytes and strings.
 *
 * The compiler counts on memcpy(), memmove(), memset() and memcmp() even in
 * freestanding code. They use the processor's string instructions: short, as
 * fast as anything without vector registers, and one instruction a word in a
 * simulator that counts instructions.
 *
 * boot/low_string.c includes this file to get the copies for code that runs
 * before paging.
 *
 * Sources: [C17] 7.24 "String handling <string.h>"; [SDM2] "REP".
 *
 * @ingroup lib
 */
#include "lib.h"

/**
 * Copy bytes between areas that do not overlap.
 *
 * @param to     Room for them; of any alignment.
 * @param from   Of any alignment; no byte of it is in `to`.
 * @param bytes  How many.
 * @context{any}
 * @return `to`.
 * @ingroup lib
 */
void *memcpy(void *to, const void *from, size_t bytes)
{
    void *d = to;
    const void *s = from;
    size_t words = bytes / 4;
    size_t rest = bytes % 4;

    __asm__ volatile("rep movsl"
                     : "+D"(d), "+S"(s), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb"
                     : "+D"(d), "+S"(s), "+c"(rest) : : "memory");
    return to;
}

/**
 * Copy bytes between areas that may overlap.
 *
 * @param to     Room for them.
 * @param from   May overlap `to`, either way.
 * @param bytes  How many.
 * @context{any}
 * @return `to`.
 * @ingroup lib
 */
void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    if ((uintptr_t)d - (uintptr_t)s >= bytes)
        return memcpy(to, from, bytes); /* forwards overwrites nothing */
    while (bytes-- > 0) {
        d[bytes] = s[bytes];
        __asm__ volatile("" : : : "memory"); /* or it calls itself */
    }
    return to;
}

/**
 * Fill an area with one byte.
 *
 * @param to     Where.
 * @param byte   Its lowest eight bits count.
 * @param bytes  How many.
 * @context{any}
 * @return `to`.
 * @ingroup lib
 */
void *memset(void *to, int byte, size_t bytes)
{
    void *d = to;
    uint32_t word = (uint8_t)byte * 0x01010101u;
    size_t words = bytes / 4;
    size_t rest = bytes % 4;

    __asm__ volatile("rep stosl" : "+D"(d), "+c"(words) : "a"(word)
                     : "memory");
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(rest) : "a"(word)
                     : "memory");
    return to;
}

/**
 * Compare bytes: less, equal or greater than 0, as C says.
 *
 * @param a      Some bytes.
 * @param b      Others, as many.
 * @param bytes  How many; 0 are equal.
 * @context{any}
 * @return less than, equal to or greater than 0 as `a` is, by the first byte in
 *         which they differ, taken as unsigned.
 * @ingroup lib
 */
int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *p = a;
    const uint8_t *q = b;

    for (size_t i = 0; i < bytes; i++)
        if (p[i] != q[i])
            return p[i] - q[i];
    return 0;
}

/**
 * Length of a string without its end.
 *
 * @param s  Ended by a NUL.
 * @context{any}
 * @return bytes before the NUL.
 * @ingroup lib
 */
size_t strlen(const char *s)
{
    const char *p = s;

    while (*p) {
        p++;
        __asm__ volatile("" : : : "memory"); /* or it calls itself */
    }
    return (size_t)(p - s);
}
