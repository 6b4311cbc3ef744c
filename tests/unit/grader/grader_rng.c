/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The tests' random numbers: the same for ever, different for each test, and
 * fair.
 */
#include <string.h>

#include "labs/grader/rng.h"
#include "unit.h"

START_TEST(the_numbers_never_change)
{
    /* A change here changes every grade ever given with a seed. */
    struct rng rng;

    rng_start(&rng, 1, "1.1/holes");
    ck_assert_uint_eq(rng_u64(&rng), 0xebb0eea3fd190d17ull);
    ck_assert_uint_eq(rng_u64(&rng), 0x40f9ec8a91b69b76ull);
}
END_TEST

START_TEST(seed_and_test_both_matter)
{
    struct rng a, b, c;

    rng_start(&a, 1, "1.1/holes");
    rng_start(&b, 2, "1.1/holes");
    rng_start(&c, 1, "1.1/hole");
    ck_assert_uint_ne(rng_u64(&a), rng_u64(&b));
    ck_assert_uint_ne(rng_u64(&a), rng_u64(&c));
}
END_TEST

START_TEST(below_stays_below_and_reaches_all)
{
    struct rng rng;
    unsigned seen[7] = { 0 };

    rng_start(&rng, 1, "x");
    for (unsigned i = 0; i < 7000; i++)
        seen[rng_below(&rng, 7)]++;
    for (unsigned i = 0; i < 7; i++) {
        ck_assert_uint_gt(seen[i], 850);
        ck_assert_uint_lt(seen[i], 1150);
    }
    ck_assert_uint_eq(rng_below(&rng, 0), 0);
    ck_assert_uint_eq(rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(between_includes_both_ends)
{
    struct rng rng;
    bool low = false, high = false;

    rng_start(&rng, 1, "x");
    for (unsigned i = 0; i < 1000; i++) {
        uint32_t drawn = rng_between(&rng, 0xFFFFFFFE, 0xFFFFFFFF);

        low |= drawn == 0xFFFFFFFE;
        high |= drawn == 0xFFFFFFFF;
    }
    ck_assert(low && high);
    ck_assert_uint_eq(rng_between(&rng, 5, 5), 5);
    ck_assert_uint_eq(rng_between(&rng, 5, 3), 5);
    rng_between(&rng, 0, UINT32_MAX);
}
END_TEST

START_TEST(a_shuffle_keeps_everything)
{
    struct rng rng;
    unsigned things[50], sum = 0, moved = 0;

    for (unsigned i = 0; i < 50; i++)
        things[i] = i;
    rng_start(&rng, 1, "x");
    rng_shuffle(&rng, things, 50, sizeof things[0]);
    for (unsigned i = 0; i < 50; i++) {
        sum += things[i];
        moved += things[i] != i;
    }
    ck_assert_uint_eq(sum, 49 * 50 / 2);
    ck_assert_uint_gt(moved, 30);
    rng_shuffle(&rng, things, 0, sizeof things[0]);
}
END_TEST

START_TEST(bytes_fill_exactly)
{
    struct rng rng;
    uint8_t bytes[34];

    memset(bytes, 0, sizeof bytes);
    rng_start(&rng, 1, "x");
    rng_bytes(&rng, bytes + 1, 32);
    ck_assert_uint_eq(bytes[0], 0);
    ck_assert_uint_eq(bytes[33], 0);
    ck_assert(memcmp(bytes + 1, bytes + 17, 16));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/rng");
    TCase *c = tcase_create("rng");

    suite_add_tcase(s, c);
    tcase_add_test(c, the_numbers_never_change);
    tcase_add_test(c, seed_and_test_both_matter);
    tcase_add_test(c, below_stays_below_and_reaches_all);
    tcase_add_test(c, between_includes_both_ends);
    tcase_add_test(c, a_shuffle_keeps_everything);
    tcase_add_test(c, bytes_fill_exactly);
    return s;
}

UNIT_MAIN(suite())
