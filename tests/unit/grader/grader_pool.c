/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Children that do pieces of work: every piece ends, also when its child
 * dies, and results of any size come back.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "labs/grader/pool.h"
#include "unit.h"

#define PIECES 20
#define LARGE 300000

static unsigned ended[PIECES];
static size_t sizes[PIECES];
static bool lost[PIECES];

static void work(void *context, unsigned index, struct text *out)
{
    (void)context;
    switch (index % 5) {
    case 0:
        text_add(out, "piece %u", index);
        break;
    case 1:
        break;
    case 2:
        for (unsigned i = 0; i < LARGE; i++)
            text_add_bytes(out, "x", 1);
        break;
    case 3:
        raise(SIGKILL);
        break;
    default:
        text_add(out, "half");
        _exit(GRADER_HARNESS);
    }
}

static void done(void *context, unsigned index, const char *result,
                 size_t size)
{
    (void)context;
    ended[index]++;
    sizes[index] = size;
    lost[index] = result == NULL;
    if (index % 5 == 0) {
        char *expected = must_format("piece %u", index);

        ck_assert_str_eq(result, expected);
        free(expected);
    }
}

START_TEST(every_piece_ends_once)
{
    memset(ended, 0, sizeof ended);
    pool_run(PIECES, (unsigned[]){ 0, 1, 2, 100 }[_i], work, done, NULL);
    for (unsigned i = 0; i < PIECES; i++) {
        ck_assert_uint_eq(ended[i], 1);
        ck_assert_int_eq(lost[i], i % 5 >= 3);
        if (i % 5 == 1)
            ck_assert_uint_eq(sizes[i], 0);
        if (i % 5 == 2)
            ck_assert_uint_eq(sizes[i], LARGE);
    }
}
END_TEST

START_TEST(no_piece_is_no_work)
{
    pool_run(0, 2, work, done, NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/pool");
    TCase *c = tcase_create("pool");

    suite_add_tcase(s, c);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, every_piece_ends_once, 0, 4);
    tcase_add_test(c, no_piece_is_no_work);
    return s;
}

UNIT_MAIN(suite())
