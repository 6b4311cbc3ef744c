/* SPDX-License-Identifier: MIT */
/**
 * @page unit_lib_string Unit test: bytes
 *
 * Property: memcpy() and its kin do what C says, for every alignment and
 * overlap, and touch no byte outside.
 *
 * Method: the build renames them with hv_ in front; they are compared with
 * the host's.
 */
#include <string.h>

#include "unit.h"

void *hv_memcpy(void *to, const void *from, size_t bytes);
void *hv_memmove(void *to, const void *from, size_t bytes);
void *hv_memset(void *to, int byte, size_t bytes);
int hv_memcmp(const void *a, const void *b, size_t bytes);
size_t hv_strlen(const char *s);

#define ROOM 64

static void fill(uint8_t *area, uint8_t first)
{
    for (unsigned i = 0; i < ROOM; i++)
        area[i] = (uint8_t)(first + i);
}

START_TEST(test_copy)
{
    for (unsigned to = 0; to < 8; to++)
        for (unsigned from = 0; from < 8; from++)
            for (unsigned bytes = 0; bytes < 24; bytes++) {
                uint8_t a[ROOM], b[ROOM], source[ROOM];

                fill(a, 100);
                fill(b, 100);
                fill(source, 1);
                ck_assert_ptr_eq(hv_memcpy(a + to, source + from, bytes),
                                 a + to);
                memcpy(b + to, source + from, bytes);
                ck_assert_mem_eq(a, b, ROOM);
            }
}
END_TEST

START_TEST(test_move)
{
    for (unsigned to = 0; to < 24; to++)
        for (unsigned from = 0; from < 24; from++)
            for (unsigned bytes = 0; bytes < 32; bytes++) {
                uint8_t a[ROOM], b[ROOM];

                fill(a, 7);
                fill(b, 7);
                ck_assert_ptr_eq(hv_memmove(a + to, a + from, bytes), a + to);
                memmove(b + to, b + from, bytes);
                ck_assert_mem_eq(a, b, ROOM);
            }
}
END_TEST

START_TEST(test_set)
{
    for (unsigned to = 0; to < 8; to++)
        for (unsigned bytes = 0; bytes < 24; bytes++) {
            uint8_t a[ROOM], b[ROOM];

            fill(a, 0);
            fill(b, 0);
            ck_assert_ptr_eq(hv_memset(a + to, 0x1A5, bytes), a + to);
            memset(b + to, 0xA5, bytes);
            ck_assert_mem_eq(a, b, ROOM);
        }
}
END_TEST

START_TEST(test_compare)
{
    ck_assert_int_eq(hv_memcmp("abc", "abd", 2), 0);
    ck_assert_int_lt(hv_memcmp("abc", "abd", 3), 0);
    ck_assert_int_gt(hv_memcmp("\xff", "\x01", 1), 0);
    ck_assert_int_eq(hv_memcmp("a", "b", 0), 0);
    ck_assert_uint_eq(hv_strlen(""), 0);
    ck_assert_uint_eq(hv_strlen("twelve chars"), 12);
}
END_TEST

static Suite *string_suite(void)
{
    Suite *suite = suite_create("lib/string");
    TCase *bytes = tcase_create("bytes");

    tcase_add_test(bytes, test_copy);
    tcase_add_test(bytes, test_move);
    tcase_add_test(bytes, test_set);
    tcase_add_test(bytes, test_compare);
    suite_add_tcase(suite, bytes);
    return suite;
}

UNIT_MAIN(string_suite())
