/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Text of strangers in a report, files that are no files, and files that
 * appear whole.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "labs/grader/util.h"
#include "unit.h"

static const struct {
    const char *from, *to;
} texts[] = {
    { "plain\n\ttext", "plain\n\ttext" },
    { "\x1B[31mred\r\a\x7F", "?[31mred???" },
    { "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE2\x82\xAC "
                                                   "\xF0\x9F\x98\x80" },
    { "\xC3", "?" },                   /* cut short */
    { "\xC3(", "?(" },                 /* no continuation */
    { "\xC0\xAF", "??" },              /* overlong '/' */
    { "\xE0\x80\xAF", "???" },         /* the same */
    { "\xED\xA0\x80", "???" },         /* half of a surrogate pair */
    { "\xF4\x90\x80\x80", "????" },    /* beyond the last point */
    { "\xFF\xFE", "??" },
    { "\xC2\x9B" "31m", "??31m" },     /* a C1 control: CSI */
    { "a\xE2\x80\xAE" "b", "a???b" },   /* from here on right to left */
    { "\xE2\x81\xA6\xD8\x9C", "?????" }, /* its later and shorter forms */
    { "\xE2\x80\x8B\xEF\xBB\xBF", "??????" }, /* no width at all */
    { "\xE2\x80\xAF\xD7\x90", "\xE2\x80\xAF\xD7\x90" }, /* all right */
    { "", "" },
};

START_TEST(strange_text_is_cleaned)
{
    char *text = must_copy(texts[_i].from);

    text_clean(text);
    ck_assert_str_eq(text, texts[_i].to);
    free(text);
}
END_TEST

static char folder[] = "/tmp/grader-util.XXXXXX";

static void make_folder(void)
{
    strcpy(folder, "/tmp/grader-util.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void remove_folder(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    remove_tree(folder);
    ck_assert(!file_exists(folder));
}

START_TEST(only_plain_files_are_read)
{
    struct bytes bytes;

    ck_assert(file_write("plain", "text", 4));
    ck_assert_int_eq(symlink("plain", "link"), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    ck_assert(file_read("plain", 4, &bytes));
    ck_assert_str_eq(bytes.data, "text");
    bytes_free(&bytes);
    ck_assert(!file_read("plain", 3, &bytes));
    ck_assert_int_eq(errno, EFBIG);
    ck_assert(!file_read("link", 100, &bytes));
    ck_assert(!file_read("fifo", 100, &bytes));
    ck_assert(!file_read(".", 100, &bytes));
    ck_assert(!file_read("none", 100, &bytes));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_file_is_replaced_as_a_whole)
{
    struct bytes bytes;

    ck_assert(file_write("a", "old", 3));
    ck_assert(file_write("a", "newer", 5));
    ck_assert(file_read("a", 100, &bytes));
    ck_assert_str_eq(bytes.data, "newer");
    bytes_free(&bytes);
    ck_assert(!file_write("no/such/folder/a", "x", 1));
    ck_assert(make_parent("no/such/folder/a"));
    ck_assert(file_write("no/such/folder/a", "x", 1));
}
END_TEST

START_TEST(removing_follows_no_link)
{
    ck_assert(make_folders("kept"));
    ck_assert(file_write("kept/file", "x", 1));
    ck_assert(make_folders("gone/deeper"));
    ck_assert_int_eq(symlink("../kept", "gone/link"), 0);
    remove_tree("gone");
    ck_assert(!file_exists("gone"));
    ck_assert(file_exists("kept/file"));
}
END_TEST

START_TEST(the_hash_is_sha_256)
{
    char hex[SHA256_HEX];

    /* [FIPS180-4], its example of three letters. */
    sha256_hex("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223"
                          "b00361a396177a9cb410ff61f20015ad");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/util");
    TCase *c = tcase_create("util");

    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    tcase_add_loop_test(c, strange_text_is_cleaned, 0,
                        sizeof texts / sizeof texts[0]);
    tcase_add_test(c, only_plain_files_are_read);
    tcase_add_test(c, a_file_is_replaced_as_a_whole);
    tcase_add_test(c, removing_follows_no_link);
    tcase_add_test(c, the_hash_is_sha_256);
    return s;
}

UNIT_MAIN(suite())
