/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What the grader reads out of a linker's map: the pieces of exercises and
 * drivers, whatever else is in it.
 */
#include <string.h>

#include "labs/grader/image.h"
#include "labs/grader/owners.h"
#include "unit.h"

static const struct lab lab = {
    .nr_exercises = 2,
    .exercise = { { .file = "src/hypervisor/boot/memory_map.c" },
                  { .file = "src/hypervisor/boot/paging.c" } },
};

/** The lines of a map. */
static void check_map(const char *map, const char *lines)
{
    struct text text = { 0 };
    char *copy = must_copy(map);

    text_add(&text, "before\n");
    owners_of_map(&lab, copy, &text);
    ck_assert_int_eq(strncmp(text.data, "before\n", 7), 0);
    ck_assert_str_eq(text.data + 7, lines);
    text_free(&text);
    free(copy);
}

START_TEST(pieces_have_owners)
{
    check_map(" .text          0xf6905450      0x36d own/boot/memory_map.o\n"
              "                0xf6905450                memory_map_build\n"
              " .text          0xf6905800       0x10 reference/boot/paging.o\n"
              " .text          0xf6905810       0x10 reference/boot/panic.o\n"
              " .data          0xf6906000        0x8 drivers/holes.o\n",
              "owner 0 f6905450 36d\nowner 1 f6905800 10\n"
              "owner c f6906000 8\n");
}
END_TEST

START_TEST(long_names_have_a_line_of_their_own)
{
    check_map(" .text.unlikely.part.0\n"
              "                0xf6905450       0x0d own/boot/memory_map.o\n",
              "owner 0 f6905450 d\n");
}
END_TEST

START_TEST(what_is_not_loaded_has_none)
{
    check_map(" .debug_info    0x00004b67      0x524 own/boot/memory_map.o\n"
              " .debug_str_offsets\n"
              "                0x00004b67      0x524 own/boot/memory_map.o\n"
              " .comment       0x00000000       0x28 own/boot/memory_map.o\n"
              "                0x00000000        0x0 own/boot/memory_map.o\n"
              " .bss           0xf6931084        0x0 own/boot/memory_map.o\n",
              "");
}
END_TEST

START_TEST(other_lines_say_nothing)
{
    check_map("LOAD own/boot/memory_map.o\n"
              ".text           0xf6900000    0x20000\n"
              " *(.text .text.*)\n"
              " *fill*         0xf69057bd        0x3 \n"
              " .text          0xf6905450      0x36d boot/memory_map.o\n"
              " .text          0xf6905450      0x36d other/boot/memory_map.o\n"
              " .text          0xf6905450      0x36d own/boot/memory_map.c\n"
              " .text          0xf6905450      0x36d own/memory_map.o\n"
              " .text          0xf6905450\n"
              " \n\n",
              "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/owners");
    TCase *c = tcase_create("owners");

    suite_add_tcase(s, c);
    tcase_add_test(c, pieces_have_owners);
    tcase_add_test(c, long_names_have_a_line_of_their_own);
    tcase_add_test(c, what_is_not_loaded_has_none);
    tcase_add_test(c, other_lines_say_nothing);
    return s;
}

UNIT_MAIN(suite())
