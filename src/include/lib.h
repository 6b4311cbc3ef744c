/* SPDX-License-Identifier: MIT */
/**
 * @file lib.h
 * Strings, formatted text, bitmaps: no hypervisor state, no privileged
 * instruction.
 *
 * @defgroup lib The library
 * What C's own library would give us, as far as we need it.
 */
#ifndef HV_LIB_H
#define HV_LIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch_boot.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Names from the C standard, with the standard's meaning. */
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/* Copies with an end that is always written. */
size_t strlcpy(char *to, const char *from, size_t size);

/* Formatted text; returns the length that the whole text has. */
int format(char *to, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int format_list(char *to, size_t size, const char *fmt, va_list args);

/* Numbers from text. */
bool parse_unsigned(const char *text, uint32_t *value);
bool parse_size(const char *text, uint64_t *bytes);

/*
 * Bitmaps: bit n is bit n % 32 of word n / 32. The caller knows the size and
 * stays inside.
 */
#define BITMAP_WORDS(bits) ((bits) / 32u + ((bits) % 32u != 0))

static inline bool bitmap_test(const uint32_t *map, uint32_t bit)
{
    return (map[bit / 32] >> (bit % 32)) & 1;
}

static inline void bitmap_set(uint32_t *map, uint32_t bit)
{
    map[bit / 32] |= 1u << (bit % 32);
}

static inline void bitmap_clear(uint32_t *map, uint32_t bit)
{
    map[bit / 32] &= ~(1u << (bit % 32));
}

/* Whole runs [start, end), a word at a time. */
void bitmap_set_range(uint32_t *map, uint32_t start, uint32_t end);
void bitmap_clear_range(uint32_t *map, uint32_t start, uint32_t end);
bool bitmap_all_set(const uint32_t *map, uint32_t start, uint32_t end);
bool bitmap_all_clear(const uint32_t *map, uint32_t start, uint32_t end);

#define BITMAP_NONE 0xFFFFFFFFu
uint32_t bitmap_find_block(const uint32_t *map, unsigned order,
                           uint32_t limit);

#endif
