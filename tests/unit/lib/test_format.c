/* SPDX-License-Identifier: MIT */
/**
 * @page unit_lib_format Unit test: formatted text
 *
 * Property: format() writes what the host's snprintf() writes, for every
 * directive it has; it never writes outside its room, and always an end.
 *
 * Method: both are called with the same arguments, over flags, widths,
 * precisions and values.
 */
#include <stdio.h>
#include <string.h>

#include "lib.h"
#include "unit.h"

/* Formats made at run time, and wrong ones: on purpose. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-overflow"

static char ours[256], theirs[256];

#define SAME(...)                                                            \
    do {                                                                     \
        int a = format(ours, sizeof(ours), __VA_ARGS__);                     \
        int b = snprintf(theirs, sizeof(theirs), __VA_ARGS__);               \
        ck_assert_str_eq(ours, theirs);                                      \
        ck_assert_int_eq(a, b);                                              \
    } while (0)

static const char *const flags[] = { "", "-", "0", "+", " ", "-0", "+0", "#" };
static const char *const fields[] = { "",   "1",  "5",  "12",
                                      ".0", ".3", "8.3", "3.8" };
static const long long values[] = { 0,          1,         -1,
                                    42,         -42,       2147483647,
                                    -2147483647 - 1, 4294967295ll,
                                    1234567890123ll };

START_TEST(test_integers)
{
    static const char kinds[] = "diuxX";

    for (unsigned f = 0; f < ARRAY_SIZE(flags); f++)
        for (unsigned w = 0; w < ARRAY_SIZE(fields); w++)
            for (unsigned k = 0; k < sizeof(kinds) - 1; k++)
                for (unsigned v = 0; v < ARRAY_SIZE(values); v++) {
                    char fmt[32];

                    /* 0x of %#X is 0X in C; we only have the small one. */
                    if (flags[f][0] == '#' && kinds[k] != 'x')
                        continue;
                    snprintf(fmt, sizeof(fmt), "<%%%s%s%c>", flags[f],
                             fields[w], kinds[k]);
                    SAME(fmt, (int)values[v]);
                    snprintf(fmt, sizeof(fmt), "<%%%s%sll%c>", flags[f],
                             fields[w], kinds[k]);
                    SAME(fmt, values[v]);
                }
}
END_TEST

START_TEST(test_text)
{
    for (unsigned w = 0; w < ARRAY_SIZE(fields); w++) {
        char fmt[32];

        snprintf(fmt, sizeof(fmt), "<%%%ss|%%-%ss>", fields[w], fields[w]);
        SAME(fmt, "four", "");
        SAME(fmt, "a longer text", "x");
    }
    SAME("%c%c%%", 'a', 'b');
    SAME("%*d|%-*d|%.*s|%*d", 5, 42, 5, 42, 2, "abc", -6, 7);
    SAME("%zu %lu %ld", (size_t)7, 8ul, -9l);
}
END_TEST

START_TEST(test_ours_alone)
{
    format(ours, sizeof(ours), "%p", (void *)0x1234);
    ck_assert_str_eq(ours, "0x00001234");
    ck_assert_int_eq(format(ours, sizeof(ours), "%s", (const char *)NULL), 6);
    ck_assert_str_eq(ours, "(null)");
    format(ours, sizeof(ours), "a%kb%");
    ck_assert_str_eq(ours, "a%kb%");
}
END_TEST

/** A string with no end is read only as far as the precision says. */
START_TEST(test_precision_bounds_reading)
{
    char *text = malloc(3);

    memcpy(text, "abc", 3);
    format(ours, sizeof(ours), "%.3s", text);
    ck_assert_str_eq(ours, "abc");
    free(text);
}
END_TEST

START_TEST(test_room)
{
    for (size_t size = 0; size < 16; size++) {
        char *room = malloc(size ? size : 1);
        int length = format(size ? room : NULL, size, "%s %d", "text", 12345);

        ck_assert_int_eq(length, 10);
        if (size > 0) {
            ck_assert_uint_eq(strlen(room), size > 10 ? 10 : size - 1);
            ck_assert(strncmp(room, "text 12345", strlen(room)) == 0);
        }
        free(room);
    }
}
END_TEST

static Suite *format_suite(void)
{
    Suite *suite = suite_create("lib/format");
    TCase *format_case = tcase_create("format");

    tcase_add_test(format_case, test_integers);
    tcase_add_test(format_case, test_text);
    tcase_add_test(format_case, test_ours_alone);
    tcase_add_test(format_case, test_precision_bounds_reading);
    tcase_add_test(format_case, test_room);
    suite_add_tcase(suite, format_case);
    return suite;
}

UNIT_MAIN(format_suite())
