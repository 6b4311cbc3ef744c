/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The page-table walker of tests, on RAM and tables that are made here; and
 * what a linked image's description may say.
 */
#include <string.h>

#include "labs/grader/execute.h"
#include "unit.h"

#define RAM_BYTES 0x100000u
#define L3 0x1000u
#define L2 0x2000u
#define L1 0x3000u
#define P 1u
#define RW 2u
#define US 4u
#define PS 0x80u
#define NX (1ull << 63)

static uint8_t ram[RAM_BYTES];
static struct run run;

static void entry(uint32_t table, unsigned index, uint64_t value)
{
    memcpy(ram + table + 8 * index, &value, 8);
}

/** 0xC0000000: L3 slot 3, L2 slot 0, an L1. */
static void make_tables(void)
{
    memset(ram, 0, sizeof ram);
    run = (struct run){ .memory = ram, .memory_bytes = sizeof ram };
    run.registers.cr0 = 0x80010001;
    run.registers.cr3 = L3;
    run.registers.cr4 = 0x20;
    run.registers.efer = 0x800;
    entry(L3, 3, L2 | P);
    entry(L2, 0, L1 | P | RW | US);
    entry(L1, 0, 0x5000 | P | RW | NX);
    entry(L1, 1, 0x6000 | P | RW | NX);
    entry(L1, 2, 0x7000 | P);
    entry(L1, 4, 0x9000 | P | RW | NX);
    entry(L2, 1, 0x40000000ull | P | RW | PS);
}

START_TEST(rights_are_those_of_all_levels)
{
    struct walk walk;

    ck_assert(run_walk(&run, 0xC0000123, &walk));
    ck_assert(walk.present && walk.writable && !walk.executable &&
              !walk.user && !walk.large && !walk.reserved);
    ck_assert_uint_eq(walk.maddr, 0x5123);
    ck_assert(run_walk(&run, 0xC0002000, &walk));
    ck_assert(!walk.writable && walk.executable);
    entry(L2, 0, L1 | P | US | NX);
    ck_assert(run_walk(&run, 0xC0002000, &walk));
    ck_assert(!walk.writable && !walk.executable);
}
END_TEST

START_TEST(large_pages)
{
    struct walk walk;

    ck_assert(run_walk(&run, 0xC0345678, &walk));
    ck_assert(walk.large && walk.writable && walk.executable);
    ck_assert_uint_eq(walk.maddr, 0x40145678ull);
    entry(L2, 1, 0x40000000ull | 0x2000 | P | PS);
    ck_assert(run_walk(&run, 0xC0200000, &walk));
    ck_assert(walk.reserved);
}
END_TEST

START_TEST(what_is_absent_is_absent_at_each_level)
{
    struct walk walk;

    ck_assert(!run_walk(&run, 0xC0003000, &walk));
    ck_assert(walk.l2e && !walk.present);
    ck_assert(!run_walk(&run, 0xC0400000, &walk));
    ck_assert(walk.l3e && !walk.l2e);
    ck_assert(!run_walk(&run, 0x40000000, &walk));
    ck_assert(!walk.l3e);
    /* A table outside of RAM is read as empty. */
    entry(L3, 3, 0xFFFFF000u | P);
    ck_assert(!run_walk(&run, 0xC0000000, &walk));
}
END_TEST

START_TEST(reserved_bits)
{
    struct walk walk;

    entry(L3, 3, L2 | P | RW);
    ck_assert(run_walk(&run, 0xC0000000, &walk) && walk.reserved);
    make_tables();
    entry(L1, 0, 0x5000 | P | 1ull << 50);
    ck_assert(run_walk(&run, 0xC0000000, &walk) && walk.reserved);
    make_tables();
    run.registers.efer = 0; /* NX is reserved while NXE is off */
    ck_assert(run_walk(&run, 0xC0000000, &walk) && walk.reserved);
    ck_assert(run_walk(&run, 0xC0002000, &walk) && !walk.reserved);
}
END_TEST

START_TEST(without_paging_all_is_as_it_is)
{
    struct mapping mapping;
    struct walk walk;

    run.registers.cr0 = 1;
    ck_assert(run_walk(&run, 0x1234, &walk));
    ck_assert_uint_eq(walk.maddr, 0x1234);
    ck_assert(!run_next_mapping(&run, 0, &mapping));
}
END_TEST

START_TEST(memory_is_read_across_pages)
{
    uint8_t bytes[8] = { 0 };

    memcpy(ram + 0x5FFC, "abcd", 4);
    memcpy(ram + 0x6000, "efgh", 4);
    ck_assert(run_read_virtual(&run, 0xC0000FFC, bytes, 8));
    ck_assert(!memcmp(bytes, "abcdefgh", 8));
    memset(bytes, 0, 8);
    ck_assert(!run_read_virtual(&run, 0xC0002FFC, bytes, 8));
    ck_assert_uint_eq(bytes[0], 0); /* nothing half done */
    ck_assert(!run_read_virtual(&run, 0xC0200000, bytes, 8)); /* no RAM */
    ck_assert(!run_read_virtual(&run, 0xFFFFFFFC, bytes, 8));
    ck_assert(run_read_machine(&run, RAM_BYTES - 8, bytes, 8));
    ck_assert(!run_read_machine(&run, RAM_BYTES - 7, bytes, 8));
    ck_assert(!run_read_machine(&run, UINT64_MAX - 3, bytes, 8));
}
END_TEST

START_TEST(neighbours_are_one_mapping)
{
    struct mapping m;

    ck_assert(run_next_mapping(&run, 0, &m));
    ck_assert_uint_eq(m.start, 0xC0000000);
    ck_assert_uint_eq(m.bytes, 0x2000);
    ck_assert(run_next_mapping(&run, m.start + (uint32_t)m.bytes, &m));
    ck_assert_uint_eq(m.start, 0xC0002000);
    ck_assert_uint_eq(m.bytes, 0x1000);
    ck_assert(run_next_mapping(&run, m.start + (uint32_t)m.bytes, &m));
    ck_assert_uint_eq(m.start, 0xC0004000);
    ck_assert(run_next_mapping(&run, m.start + (uint32_t)m.bytes, &m));
    ck_assert_uint_eq(m.start, 0xC0200000);
    ck_assert_uint_eq(m.bytes, 0x200000);
    ck_assert(!run_next_mapping(&run, m.start + (uint32_t)m.bytes, &m));
}
END_TEST

START_TEST(the_last_page_ends_the_search)
{
    struct mapping m;

    entry(L2, 511, L1 | P | RW);
    entry(L1, 511, 0xA000 | P);
    ck_assert(run_next_mapping(&run, 0xFFFFF000, &m));
    ck_assert_uint_eq(m.start, 0xFFFFF000);
    ck_assert_uint_eq(m.bytes, 0x1000);
}
END_TEST

/* --- The description of an image ------------------------------------------ */

static const char *const wrong_lines[] = {
    "",
    "name 1000 0 g f\n",                     /* no part at all */
    "part 1000 1000 0 11 11 rx\n",           /* behind the file's end */
    "part 1000 1000 ffffffffffffffff 1 1 rx\n",
    "part 1000 1000 0 8 4 rx\n",             /* more in the file */
    "part fffff000 1000 0 1 2000 rx\n",      /* wraps */
    "part 100000000 1000 0 1 1 rx\n",
    "part x\n",
    "nonsense\n",
    "part 1000 1000 0 8 8 rx\nname 100000000 0 g f\n",
    "part 1000 1000 0 8 8 rx\nname 1000 0 gf\n",
};

START_TEST(a_wrong_description_is_refused)
{
    struct image image = { 0 };

    image.file.data = must_alloc(16, 1);
    image.file.size = 16;
    ck_assert(!image_take_lines(&image, must_copy(wrong_lines[_i])));
    image_free(&image);
}
END_TEST

START_TEST(only_global_names_are_found)
{
    struct image image = { 0 };
    uint32_t address;

    image.file.data = must_copy("0123456789abcdef");
    image.file.size = 16;
    ck_assert(image_take_lines(&image, must_copy(
        "part 1000 2000 4 8 20 rx\n"
        "name 1004 1 l mark\nname 1006 1 g mark\nname 1 1 l local\n")));
    ck_assert(image_address(&image, "mark", &address));
    ck_assert_uint_eq(address, 0x1006);
    ck_assert(!image_address(&image, "local", &address));
    ck_assert_int_eq(*image_at(&image, 0x1006, 2), 'a');
    ck_assert_ptr_null(image_at(&image, 0x1006, 3));
    ck_assert_ptr_null(image_at(&image, 0xFFF, 1));
    ck_assert_ptr_null(image_at(&image, 0x1010, 1)); /* .bss */
    image_free(&image);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/walk");
    TCase *c = tcase_create("walk");

    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, make_tables, NULL);
    tcase_add_test(c, rights_are_those_of_all_levels);
    tcase_add_test(c, large_pages);
    tcase_add_test(c, what_is_absent_is_absent_at_each_level);
    tcase_add_test(c, reserved_bits);
    tcase_add_test(c, without_paging_all_is_as_it_is);
    tcase_add_test(c, memory_is_read_across_pages);
    tcase_add_test(c, neighbours_are_one_mapping);
    tcase_add_test(c, the_last_page_ends_the_search);
    tcase_add_loop_test(c, a_wrong_description_is_refused, 0,
                        sizeof wrong_lines / sizeof wrong_lines[0]);
    tcase_add_test(c, only_global_names_are_found);
    return s;
}

UNIT_MAIN(suite())
