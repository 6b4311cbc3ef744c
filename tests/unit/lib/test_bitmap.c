/* SPDX-License-Identifier: MIT */
/**
 * @page unit_lib_bitmap Unit test: bitmaps
 *
 * Property: runs of bits are set, cleared, tested and found exactly, at every
 * place in a word, and nothing outside the map is read or written.
 *
 * Method: the same with an array of bools, one bit at a time; the map is the
 * whole of a heap block, so that AddressSanitizer guards its ends.
 */
#include <string.h>

#include "lib.h"
#include "unit.h"

#define BITS 160u

static uint32_t *map;
static bool model[BITS];

static void set_up(void)
{
    map = calloc(BITMAP_WORDS(BITS), sizeof(*map));
    memset(model, 0, sizeof(model));
}

static void tear_down(void)
{
    free(map);
}

static void check_same(void)
{
    for (uint32_t i = 0; i < BITS; i++)
        ck_assert_int_eq(bitmap_test(map, i), model[i]);
}

START_TEST(test_words)
{
    ck_assert_uint_eq(BITMAP_WORDS(0u), 0);
    ck_assert_uint_eq(BITMAP_WORDS(1u), 1);
    ck_assert_uint_eq(BITMAP_WORDS(32u), 1);
    ck_assert_uint_eq(BITMAP_WORDS(33u), 2);
    ck_assert_uint_eq(BITMAP_WORDS(0xFFFFFFFFu), 0x8000000);
}
END_TEST

START_TEST(test_all_runs)
{
    for (uint32_t start = 0; start <= BITS; start++)
        for (uint32_t end = start; end <= BITS; end++) {
            memset(map, 0, BITMAP_WORDS(BITS) * 4);
            bitmap_set_range(map, start, end);
            for (uint32_t i = 0; i < BITS; i++)
                model[i] = i >= start && i < end;
            check_same();
            ck_assert(bitmap_all_set(map, start, end));
            if (start < end)
                ck_assert(!bitmap_all_clear(map, start, end));
            if (start > 0)
                ck_assert(!bitmap_all_set(map, start - 1, end));
            if (end < BITS)
                ck_assert(!bitmap_all_set(map, start, end + 1));
            ck_assert(bitmap_all_clear(map, 0, start));
            ck_assert(bitmap_all_clear(map, end, BITS));

            memset(map, 0xFF, BITMAP_WORDS(BITS) * 4);
            bitmap_clear_range(map, start, end);
            for (uint32_t i = 0; i < BITS; i++)
                model[i] = i < start || i >= end;
            check_same();
        }
}
END_TEST

/** What bitmap_find_block() promises, the slow way. */
static uint32_t find_slowly(unsigned order, uint32_t limit)
{
    uint32_t size = 1u << order;

    for (uint32_t start = BITS / size * size + size; start > 0;) {
        bool all = true;

        start -= size;
        if (start + size > limit || start + size > BITS)
            continue;
        for (uint32_t i = start; i < start + size; i++)
            all = all && model[i];
        if (all)
            return start;
    }
    return BITMAP_NONE;
}

START_TEST(test_find_block)
{
    uint32_t seed = 12345;

    for (unsigned round = 0; round < 400; round++) {
        for (uint32_t i = 0; i < BITS; i++) {
            model[i] = unit_random(&seed) % 16 < round % 17;
            if (model[i])
                bitmap_set(map, i);
            else
                bitmap_clear(map, i);
        }
        if (round % 3 == 0) { /* a long run, for the high orders */
            uint32_t start = unit_random(&seed) % BITS;

            bitmap_set_range(map, start, BITS);
            for (uint32_t i = start; i < BITS; i++)
                model[i] = true;
        }
        for (unsigned order = 0; order < 9; order++)
            for (uint32_t limit = 0; limit <= BITS; limit++)
                ck_assert_uint_eq(bitmap_find_block(map, order, limit),
                                  find_slowly(order, limit));
    }
}
END_TEST

static Suite *bitmap_suite(void)
{
    Suite *suite = suite_create("lib/bitmap");
    TCase *bitmap = tcase_create("bitmap");

    tcase_add_checked_fixture(bitmap, set_up, tear_down);
    tcase_set_timeout(bitmap, 60);
    tcase_add_test(bitmap, test_words);
    tcase_add_test(bitmap, test_all_runs);
    tcase_add_test(bitmap, test_find_block);
    suite_add_tcase(suite, bitmap);
    return suite;
}

UNIT_MAIN(bitmap_suite())
