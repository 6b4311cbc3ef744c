/* SPDX-License-Identifier: MIT */
/**
 * @page unit_lib_text Unit test: words and numbers
 *
 * Property: strings compare as C says; numbers and sizes are read whole or
 * not at all, and a failure changes nothing.
 *
 * Method: tables of cases; strings with an end in the last byte of their
 * memory, so that AddressSanitizer sees one byte too many.
 */
#include <string.h>

#include "lib.h"
#include "unit.h"

int hv_strcmp(const char *a, const char *b);
int hv_strncmp(const char *a, const char *b, size_t n);
char *hv_strchr(const char *s, int c);

START_TEST(test_compare)
{
    ck_assert_int_eq(hv_strcmp("", ""), 0);
    ck_assert_int_eq(hv_strcmp("same", "same"), 0);
    ck_assert_int_lt(hv_strcmp("same", "samf"), 0);
    ck_assert_int_lt(hv_strcmp("sam", "same"), 0);
    ck_assert_int_gt(hv_strcmp("\xe9", "e"), 0);
    ck_assert_int_eq(hv_strncmp("same", "samf", 3), 0);
    ck_assert_int_lt(hv_strncmp("same", "samf", 4), 0);
    ck_assert_int_eq(hv_strncmp("a", "b", 0), 0);
}
END_TEST

START_TEST(test_find)
{
    const char *text = "a=b=c";

    ck_assert_ptr_eq(hv_strchr(text, '='), text + 1);
    ck_assert_ptr_eq(hv_strchr(text, 0), text + 5);
    ck_assert_ptr_null(hv_strchr(text, 'x'));
}
END_TEST

START_TEST(test_copy_is_ended)
{
    char to[4] = { 1, 2, 3, 4 };

    ck_assert_uint_eq(strlcpy(to, "abc", sizeof(to)), 3);
    ck_assert_str_eq(to, "abc");
    ck_assert_uint_eq(strlcpy(to, "abcd", sizeof(to)), 4);
    ck_assert_str_eq(to, "abc");
    ck_assert_uint_eq(strlcpy(to, "wxyz", 1), 4);
    ck_assert_str_eq(to, "");
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    uint32_t value;
} numbers[] = {
    { "0", true, 0 },
    { "42", true, 42 },
    { "0x2A", true, 42 },
    { "0Xff", true, 255 },
    { "4294967295", true, 0xFFFFFFFF },
    { "4294967296", false, 0 },
    { "99999999999999999999999", false, 0 },
    { "", false, 0 },
    { "0x", false, 0 },
    { "-1", false, 0 },
    { " 1", false, 0 },
    { "1 ", false, 0 },
    { "12a", false, 0 },
};

START_TEST(test_unsigned)
{
    uint32_t value = 77;

    ck_assert_int_eq(parse_unsigned(numbers[_i].text, &value),
                     numbers[_i].ok);
    ck_assert_uint_eq(value, numbers[_i].ok ? numbers[_i].value : 77);
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    uint64_t bytes;
} sizes[] = {
    { "64", true, 64 << 10 },
    { "64k", true, 64 << 10 },
    { "64M", true, 64 << 20 },
    { "64m", true, 64 << 20 },
    { "3G", true, 3ull << 30 },
    { "2T", true, 2ull << 40 },
    { "100B", true, 100 },
    { "0x10M", true, 16 << 20 },
    { "64MB", false, 0 },
    { "M", false, 0 },
    { "", false, 0 },
    { "64Q", false, 0 },
    { "64 M", false, 0 },
    { "max:64M", false, 0 },
    { "16777215T", true, 16777215ull << 40 },
    { "16777216T", false, 0 },
    { "18446744073709551615", false, 0 },
    { "18446744073709551615B", true, UINT64_MAX },
    { "18446744073709551616B", false, 0 },
};

START_TEST(test_size)
{
    uint64_t bytes = 77;

    ck_assert_int_eq(parse_size(sizes[_i].text, &bytes), sizes[_i].ok);
    ck_assert(bytes == (sizes[_i].ok ? sizes[_i].bytes : 77));
}
END_TEST

static Suite *text_suite(void)
{
    Suite *suite = suite_create("lib/text");
    TCase *text = tcase_create("text");

    tcase_add_test(text, test_compare);
    tcase_add_test(text, test_find);
    tcase_add_test(text, test_copy_is_ended);
    tcase_add_loop_test(text, test_unsigned, 0, ARRAY_SIZE(numbers));
    tcase_add_loop_test(text, test_size, 0, ARRAY_SIZE(sizes));
    suite_add_tcase(suite, text);
    return suite;
}

UNIT_MAIN(text_suite())
