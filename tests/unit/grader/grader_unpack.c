/* SPDX-License-Identifier: MIT */
/**
 * @page unit_sim_unpack Unit test: packed kernels
 *
 * Property: what is packed in a kernel's file comes out byte for byte, whatever
 * packed it, alone or in a bzImage; what is not packed stays; what cannot be
 * unpacked is refused with a sentence, and nothing outside the file is read.
 *
 * Method: the packed files are made here, by libarchive and by hand; each
 * lies in memory of exactly its length, which the sanitizers watch. They are
 * 64-bit programs because libarchive is one.
 */
#include "unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run/unpack.h"

#define KERNEL_BYTES 300000u

static uint8_t kernel[KERNEL_BYTES];
static struct sim_error error;

/** A file under test: its own memory, not a byte more. */
static uint8_t *file;
static size_t length;

static void set_up(void)
{
    for (size_t i = 0; i < sizeof(kernel); i++)
        kernel[i] = (uint8_t)(i % 251 ^ i / 1000);
    memcpy(kernel, "\177ELF", 4);
    error.text[0] = '\0';
    file = NULL;
}

static void tear_down(void)
{
    free(file);
}

static void set_file(const void *bytes, size_t n)
{
    uint8_t *copy = malloc(n);

    memcpy(copy, bytes, n);
    free(file);
    file = copy;
    length = n;
}

/** Every packing that libarchive makes without another program. */
static int (*const packers[])(struct archive *) = {
    archive_write_add_filter_gzip, archive_write_add_filter_bzip2,
    archive_write_add_filter_xz,   archive_write_add_filter_lzma,
    archive_write_add_filter_lz4,  archive_write_add_filter_zstd,
};
#define NR_PACKERS ((int)(sizeof(packers) / sizeof(packers[0])))

/** Pack bytes into the file. */
static void pack(int packer, const uint8_t *bytes, size_t n)
{
    static uint8_t room[KERNEL_BYTES * 2];
    struct archive *to = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    size_t used = 0;

    ck_assert_int_eq(packers[packer](to), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_set_format_raw(to), ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(to, 1);
    ck_assert_int_eq(archive_write_open_memory(to, room, sizeof(room), &used),
                     ARCHIVE_OK);
    archive_entry_set_filetype(entry, AE_IFREG);
    ck_assert_int_eq(archive_write_header(to, entry), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_data(to, bytes, n), n);
    archive_entry_free(entry);
    ck_assert_int_eq(archive_write_close(to), ARCHIVE_OK);
    archive_write_free(to);
    set_file(room, used);
}

/** Make the file the payload of a bzImage, with a real-mode loader of so many
 *  sectors; only gzip's end is the length already. */
static void wrap(uint8_t sectors, bool ends_with_length)
{
    size_t at = (1 + (sectors ? sectors : 4)) * 512 + 0x30;
    size_t payload = length + (ends_with_length ? 0 : 4);
    uint8_t *b = calloc(1, at + payload + 100);
    uint32_t words[2] = { 0x30, (uint32_t)payload };
    uint32_t unpacked = KERNEL_BYTES;

    b[0x1F1] = sectors;
    memcpy(b + 0x1FE, "\x55\xAA", 2);
    memcpy(b + 0x202, "HdrS\x0D\x02", 6);
    memcpy(b + 0x248, words, sizeof(words));
    memcpy(b + at, file, length);
    memcpy(b + at + payload - 4, ends_with_length ? file + length - 4
                                                  : (uint8_t *)&unpacked, 4);
    set_file(b, at + payload + 100);
    free(b);
}

static void comes_out(void)
{
    ck_assert_msg(sim_unpack("k", &file, &length, &error) == 0, "%s",
                  error.text);
    ck_assert_uint_eq(length, KERNEL_BYTES);
    ck_assert_mem_eq(file, kernel, KERNEL_BYTES);
}

static void is_refused(const char *part)
{
    ck_assert_int_eq(sim_unpack("some.kernel", &file, &length, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "some.kernel"));
    ck_assert_msg(strstr(error.text, part), "%s", error.text);
}

START_TEST(test_not_packed)
{
    set_file(kernel, KERNEL_BYTES);
    comes_out();
}
END_TEST

/* So short that no header fits: for others to refuse. */
START_TEST(test_short)
{
    static const uint8_t start[] = { 0xFD, '7', 'z', 'X', 'Z' };

    set_file(start, (size_t)_i);
    ck_assert_int_eq(sim_unpack("k", &file, &length, &error), 0);
    ck_assert_uint_eq(length, (size_t)_i);
}
END_TEST

START_TEST(test_packed)
{
    pack(_i, kernel, KERNEL_BYTES);
    comes_out();
}
END_TEST

START_TEST(test_bzimage)
{
    pack(_i, kernel, KERNEL_BYTES);
    wrap(_i % 2 ? 27 : 0, _i == 0);
    comes_out();
}
END_TEST

/* The older form that kernels are packed in: blocks without a frame. */
START_TEST(test_lz4_legacy)
{
    static const uint8_t packed[] = { 0x02, 0x21, 0x4C, 0x18, 6, 0, 0, 0,
                                      0x50, 'h', 'e', 'l', 'l', 'o' };

    set_file(packed, sizeof(packed));
    wrap(1, false);
    ck_assert_int_eq(sim_unpack("k", &file, &length, &error), 0);
    ck_assert_uint_eq(length, 5);
    ck_assert_mem_eq(file, "hello", 5);
}
END_TEST

START_TEST(test_packed_bzimage)
{
    uint8_t *image;
    size_t n;

    pack(2, kernel, KERNEL_BYTES);
    wrap(9, false);
    image = file;
    n = length;
    file = NULL;
    pack(0, image, n);
    free(image);
    comes_out();
}
END_TEST

START_TEST(test_cut)
{
    pack(_i, kernel, KERNEL_BYTES);
    set_file(file, length / 2);
    is_refused("cannot be unpacked");
}
END_TEST

START_TEST(test_bzimage_cut)
{
    pack(0, kernel, KERNEL_BYTES);
    wrap(4, true);
    length -= 200;
    is_refused("is cut");
}
END_TEST

/* Offset and length that would wrap. */
START_TEST(test_bzimage_lies)
{
    pack(0, kernel, KERNEL_BYTES);
    wrap(4, true);
    memset(file + (_i ? 0x24C : 0x248), 0xFF, 4);
    is_refused("is cut");
}
END_TEST

START_TEST(test_bzimage_tiny_payload)
{
    pack(0, kernel, KERNEL_BYTES);
    wrap(4, true);
    memset(file + 0x24C, 0, 4);
    is_refused("is cut");
}
END_TEST

START_TEST(test_bzimage_unknown)
{
    set_file("\xDE\xAD\xBE\xEF payload", 12);
    wrap(4, true);
    is_refused("de ad be ef");
}
END_TEST

START_TEST(test_bzimage_old)
{
    pack(0, kernel, KERNEL_BYTES);
    wrap(4, true);
    file[0x206] = 7;
    is_refused("version 2.07");
}
END_TEST

static Suite *unpack_suite(void)
{
    Suite *suite = suite_create("sim/unpack");
    TCase *tcase = tcase_create("unpack");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_not_packed);
    tcase_add_loop_test(tcase, test_short, 0, 6);
    tcase_add_loop_test(tcase, test_packed, 0, NR_PACKERS);
    tcase_add_loop_test(tcase, test_bzimage, 0, NR_PACKERS);
    tcase_add_test(tcase, test_lz4_legacy);
    tcase_add_test(tcase, test_packed_bzimage);
    tcase_add_loop_test(tcase, test_cut, 0, NR_PACKERS);
    tcase_add_test(tcase, test_bzimage_cut);
    tcase_add_loop_test(tcase, test_bzimage_lies, 0, 2);
    tcase_add_test(tcase, test_bzimage_tiny_payload);
    tcase_add_test(tcase, test_bzimage_unknown);
    tcase_add_test(tcase, test_bzimage_old);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(unpack_suite())
