/* SPDX-License-Identifier: MIT */
/**
 * @page unit_bochs_tables Unit test: which frames are page tables
 *
 * Property: TABLES-I1 to I3: from a root on, every table that is linked is
 * known, an L1 only while it is linked, and each store that changes an entry
 * is told once, with the old and the new value.
 *
 * Method: tables written into a made-up memory; stores announced and carried
 * out the way the simulator does it.
 *
 * Source: sim/bochs/tables.h; [SDM3A] "PAE Paging".
 */
#include "unit.h"

#include <string.h>

#include "sim/bochs/tables.h"
#include "tests/unit/bochs/fake_machine.h"

#define L3 0x1020u /* not at the start of its frame */
#define L2 0x2000u
#define OTHER_L2 0x3000u
#define L1 0x4000u
#define OTHER_L1 0x5000u
#define PRESENT 1u
#define LARGE 0x80u

/** What was told. */
static struct table_write told[64];
static unsigned nr_told;

static void tell(const struct event *event, const struct table_write *write)
{
    (void)event;
    told[nr_told++] = *write;
}

/** One root with two L2s, the first of which links one L1. */
static void set_up(void)
{
    fake_machine_reset();
    nr_told = 0;
    tables_start(FAKE_RAM_BYTES);
    fake_pdpt[0] = L2 | PRESENT;
    fake_pdpt[3] = OTHER_L2 | PRESENT;
    fake_set64(L3, fake_pdpt[0]);
    fake_set64(L3 + 24, fake_pdpt[3]);
    fake_set64(L2 + 8, L1 | PRESENT);
    fake_set64(L2 + 16, 0x40000 | PRESENT | LARGE);
    fake_set64(L2 + 24, 0x50000); /* absent */
    tables_root(L3);
}

/** A store of 8 bytes: announced, done, settled. */
static void store(uint32_t maddr, uint64_t value)
{
    struct event event = { 0 };

    if (tables_in_frame(maddr))
        tables_store(&event, maddr, 8, PT_BY_RING0);
    fake_set64(maddr, value);
    tables_settle(true, tell);
}

START_TEST(root_makes_known)
{
    ck_assert(tables_in_frame(L3));
    ck_assert(tables_in_frame(L2 + 0xFF8));
    ck_assert(tables_in_frame(OTHER_L2));
    ck_assert(tables_in_frame(L1));
    ck_assert(!tables_in_frame(OTHER_L1));
    ck_assert_msg(!tables_in_frame(0x40000), "a large page is no table");
    ck_assert_msg(!tables_in_frame(0x50000), "an absent entry links nothing");
    ck_assert(!tables_in_frame(FAKE_RAM_BYTES));
    ck_assert(!tables_in_frame(0xFFFFFFFFFFF000ull));
}
END_TEST

START_TEST(levels_and_values)
{
    store(L1 + 40, 0x7777003);
    store(L2 + 32, 0);
    store(OTHER_L2 + 32, OTHER_L1 | PRESENT);
    store(L3 + 8, 0x6001);
    ck_assert_uint_eq(nr_told, 3); /* 0 over 0 changes nothing */
    ck_assert(told[0].level == 1 && told[0].maddr == L1 + 40 &&
              told[0].old_entry == 0 && told[0].new_entry == 0x7777003);
    ck_assert(told[1].level == 2 && told[1].new_entry == (OTHER_L1 | PRESENT));
    ck_assert(told[2].level == 3);
}
END_TEST

START_TEST(beside_an_l3_is_no_table)
{
    store(0x1000, 5);
    store(L3 + 32, 5);
    ck_assert_uint_eq(nr_told, 0);
}
END_TEST

START_TEST(links_are_counted)
{
    store(OTHER_L2, L1 | PRESENT); /* a second link */
    store(L2 + 8, 0);
    ck_assert_msg(tables_in_frame(L1), "one of two links is left");
    store(OTHER_L2, OTHER_L1 | PRESENT);
    ck_assert_msg(!tables_in_frame(L1), "no link is left");
    ck_assert(tables_in_frame(OTHER_L1));
    nr_told = 0;
    store(L1 + 8, 0x9001);
    ck_assert_uint_eq(nr_told, 0);
}
END_TEST

START_TEST(a_root_twice_counts_once)
{
    tables_root(L3);
    store(L2 + 8, 0);
    ck_assert(!tables_in_frame(L1));
}
END_TEST

START_TEST(halves_of_an_entry)
{
    struct event event = { 0 };

    tables_store(&event, L1, 4, PT_BY_GUEST);
    fake_set32(L1, 0x9001);
    tables_settle(false, tell); /* the same instruction's second half */
    tables_store(&event, L1 + 4, 4, PT_BY_GUEST);
    fake_set32(L1 + 4, 0x80000000);
    tables_settle(true, tell);
    ck_assert_uint_eq(nr_told, 2);
    ck_assert(told[0].new_entry == 0x9001 &&
              told[1].old_entry == 0x9001 &&
              told[1].new_entry == 0x8000000000009001ull);
    ck_assert(told[1].by == PT_BY_GUEST);
}
END_TEST

START_TEST(announced_before_either_is_stored)
{
    struct event event = { 0 };

    /* an access that crosses two entries, then its stores */
    tables_store(&event, L1 + 4, 8, PT_BY_RING0);
    tables_settle(false, tell);
    ck_assert_uint_eq(nr_told, 0);
    fake_set32(L1 + 4, 1);
    fake_set32(L1 + 8, 1);
    tables_settle(true, tell);
    ck_assert_uint_eq(nr_told, 2);
    tables_settle(true, tell);
    ck_assert_uint_eq(nr_told, 2);
}
END_TEST

START_TEST(a_long_string_instruction)
{
    struct event event = { 0 };
    unsigned i;

    for (i = 0; i < 48; i++) {
        tables_settle(false, tell);
        tables_store(&event, L1 + 8 * i, 8, PT_BY_RING0);
        fake_set64(L1 + 8 * i, 0x1000 * i + (i % 3 ? 1 : 0));
    }
    tables_settle(true, tell);
    ck_assert_msg(nr_told == 47, "%u told; all but the first change",
                  nr_told);
}
END_TEST

static Suite *tables_suite(void)
{
    Suite *suite = suite_create("tables");
    TCase *tcase = tcase_create("tables");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, root_makes_known);
    tcase_add_test(tcase, levels_and_values);
    tcase_add_test(tcase, beside_an_l3_is_no_table);
    tcase_add_test(tcase, links_are_counted);
    tcase_add_test(tcase, a_root_twice_counts_once);
    tcase_add_test(tcase, halves_of_an_entry);
    tcase_add_test(tcase, announced_before_either_is_stored);
    tcase_add_test(tcase, a_long_string_instruction);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(tables_suite())
