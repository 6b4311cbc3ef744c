/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Seeds: HMAC is the published one, a course key draws other seeds for every
 * test, submission and key, and the key leaves no trace in the environment.
 */
#include <string.h>
#include <unistd.h>

#include "labs/grader/seed.h"
#include "unit.h"

/** @par Source RFC 4231, test cases 1 and 2. */
START_TEST(hmac_is_the_published_one)
{
    static const uint8_t first[] = { 0xB0, 0x34, 0x4C, 0x61, 0xD8, 0xDB, 0x38,
                                     0x53, 0x5C, 0xA8, 0xAF, 0xCE };
    static const uint8_t second[] = { 0x5B, 0xDC, 0xC1, 0x46, 0xBF, 0x60,
                                      0x75, 0x4E, 0x6A, 0x04, 0x24, 0x26 };
    uint8_t key[20], digest[SHA256_BYTES];

    memset(key, 0x0B, sizeof key);
    hmac_sha256(key, sizeof key, "Hi There", 8, digest);
    ck_assert_mem_eq(digest, first, sizeof first);
    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, digest);
    ck_assert_mem_eq(digest, second, sizeof second);
}
END_TEST

static char text[] = "sixteen letters.", other[] = "sixteen letters!";
static const struct bytes none, key = { text, 16 }, other_key = { other, 16 };

START_TEST(without_a_key_seeds_are_counted)
{
    ck_assert_uint_eq(seed_of(&none, 7, "s", "1.1/a", 0), 7);
    ck_assert_uint_eq(seed_of(&none, 7, "t", "1.1/b", 2), 9);
}
END_TEST

START_TEST(with_a_key_everything_counts)
{
    uint64_t seed = seed_of(&key, 7, "s", "1.1/a", 0);

    ck_assert_uint_eq(seed, seed_of(&key, 8, "s", "1.1/a", 0));
    ck_assert_uint_ne(seed, seed_of(&key, 7, "t", "1.1/a", 0));
    ck_assert_uint_ne(seed, seed_of(&key, 7, "s", "1.1/b", 0));
    ck_assert_uint_ne(seed, seed_of(&key, 7, "s", "1.1/a", 1));
    ck_assert_uint_ne(seed, seed_of(&other_key, 7, "s", "1.1/a", 0));
    /* Where one text ends and the next begins is part of it. */
    ck_assert_uint_ne(seed_of(&key, 0, "ab", "c", 0),
                      seed_of(&key, 0, "a", "bc", 0));
}
END_TEST

START_TEST(every_reader_of_json_has_drawn_seeds_exactly)
{
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_uint_lt(seed_of(&key, 0, "s", "1.1/a", i), 1ull << 52);
}
END_TEST

START_TEST(the_key_comes_from_the_environment_and_leaves_it)
{
    struct bytes found;

    setenv("RINGFENCE_COURSE_KEY", "0123456789abcdef\n", 1);
    seed_read_key(NULL, &found);
    ck_assert_str_eq(found.data, "0123456789abcdef");
    ck_assert_uint_eq(found.size, 16);
    ck_assert_ptr_null(getenv("RINGFENCE_COURSE_KEY"));
    bytes_free(&found);
    seed_read_key(NULL, &found);
    ck_assert_ptr_null(found.data);
}
END_TEST

START_TEST(the_key_comes_from_a_file)
{
    char path[] = "/tmp/grader-seed.XXXXXX";
    struct bytes found;
    int fd = mkstemp(path);

    ck_assert_int_eq(write(fd, "a key from a file \n", 19), 19);
    close(fd);
    seed_read_key(path, &found);
    ck_assert_str_eq(found.data, "a key from a file");
    bytes_free(&found);
    setenv("RINGFENCE_COURSE_KEY_FILE", path, 1);
    seed_read_key(NULL, &found);
    ck_assert_str_eq(found.data, "a key from a file");
    bytes_free(&found);
    unlink(path);
}
END_TEST

START_TEST(a_short_key_is_a_mistake)
{
    struct bytes found;

    setenv("RINGFENCE_COURSE_KEY", "too short", 1);
    seed_read_key(NULL, &found);
}
END_TEST

START_TEST(a_key_that_is_not_there_is_a_mistake)
{
    struct bytes found;

    seed_read_key("/nowhere/at/all", &found);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/seed");
    TCase *c = tcase_create("seed");

    suite_add_tcase(s, c);
    tcase_add_test(c, hmac_is_the_published_one);
    tcase_add_test(c, without_a_key_seeds_are_counted);
    tcase_add_test(c, with_a_key_everything_counts);
    tcase_add_test(c, every_reader_of_json_has_drawn_seeds_exactly);
    tcase_add_test(c, the_key_comes_from_the_environment_and_leaves_it);
    tcase_add_test(c, the_key_comes_from_a_file);
    tcase_add_exit_test(c, a_short_key_is_a_mistake, GRADER_USAGE);
    tcase_add_exit_test(c, a_key_that_is_not_there_is_a_mistake,
                        GRADER_USAGE);
    return s;
}

UNIT_MAIN(suite())
