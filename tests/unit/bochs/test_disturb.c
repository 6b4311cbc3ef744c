/* SPDX-License-Identifier: MIT */
/**
 * @page unit_bochs_disturb Unit test: a guest's second processor
 *
 * Property: a byte that ring 0 has loaded from a disturbed range is another
 * one at the next load; when the guest goes on, each byte is its own again,
 * changed by what ring 0 stored (DISTURB-I1), by whatever mapping
 * (DISTURB-I2); nothing else is touched.
 *
 * Method: a made-up memory without paging, and the accesses that the
 * simulator would tell.
 */
#include "unit.h"

#include <string.h>

#include "sim/bochs/disturb.h"
#include "tests/unit/bochs/fake_machine.h"

#define START 0x5800u
#define END 0x5900u

static struct run_file file;
static struct machine_arg arg = { "disturb", "0x5800-0x5900" };

static void set_up(void)
{
    fake_machine_reset();
    file = (struct run_file){ .args = &arg, .nr_args = 1, .seed = 7 };
    disturb_start(&file);
    disturb_end(); /* the guest starts: the page is found */
}

static void access_at(uint64_t maddr, unsigned bytes, enum access_kind kind,
                      unsigned ring)
{
    const struct access a = { 0xF6C00000u + (uint32_t)maddr % 4096, maddr,
                              bytes, (uint8_t)kind, (uint8_t)ring, false };

    disturb_access(&a);
}

static uint32_t word(uint32_t at)
{
    uint32_t value;

    memcpy(&value, fake_ram + at, sizeof(value));
    return value;
}

START_TEST(changes_and_comes_back)
{
    uint32_t last = 0x12345678;

    fake_set32(START, last);
    for (unsigned i = 0; i < 5; i++) {
        access_at(START, 4, ACCESS_READ, 0);
        for (unsigned b = 0; b < 4; b++)
            ck_assert_uint_ne(word(START) >> 8 * b & 0xFF,
                              last >> 8 * b & 0xFF);
        last = word(START);
    }
    disturb_end();
    ck_assert_uint_eq(word(START), 0x12345678);
}
END_TEST

START_TEST(same_seed_same_values)
{
    uint32_t first;

    access_at(START, 4, ACCESS_READ, 0);
    first = word(START);
    set_up();
    access_at(START, 4, ACCESS_READ, 0);
    ck_assert_uint_eq(word(START), first);
    set_up();
    file.seed = 8;
    disturb_start(&file);
    disturb_end();
    access_at(START, 4, ACCESS_READ, 0);
    ck_assert_uint_ne(word(START), first);
}
END_TEST

/** A bit that ring 0 turned stays turned; a word that it stored is there. */
START_TEST(stores_stay)
{
    fake_set32(START, 0x00000001);
    access_at(START, 4, ACCESS_READ, 0);
    access_at(START, 4, ACCESS_MODIFY, 0);
    fake_set32(START, word(START) ^ 0x80000000);
    access_at(START, 4, ACCESS_READ, 0);
    access_at(START + 4, 4, ACCESS_READ, 0);
    access_at(START + 4, 4, ACCESS_WRITE, 0);
    fake_set32(START + 4, 0xCAFE);
    disturb_end();
    ck_assert_uint_eq(word(START), 0x80000001);
    ck_assert_uint_eq(word(START + 4), 0xCAFE);
}
END_TEST

START_TEST(nothing_else)
{
    access_at(START - 4, 4, ACCESS_READ, 0);
    access_at(END, 4, ACCESS_READ, 0);
    access_at(START, 4, ACCESS_READ, 1);
    access_at(START + 0x1000, 4, ACCESS_READ, 0);
    ck_assert_uint_eq(word(START - 4) | word(END) | word(START) |
                          word(START + 0x1000), 0);
}
END_TEST

START_TEST(no_range_no_work)
{
    file.nr_args = 0;
    disturb_start(&file);
    ck_assert(!disturb_active);
}
END_TEST

static Suite *disturb_suite(void)
{
    Suite *suite = suite_create("disturb");
    TCase *all = tcase_create("disturb");

    tcase_add_checked_fixture(all, set_up, NULL);
    tcase_add_test(all, changes_and_comes_back);
    tcase_add_test(all, same_seed_same_values);
    tcase_add_test(all, stores_stay);
    tcase_add_test(all, nothing_else);
    tcase_add_test(all, no_range_no_work);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(disturb_suite())
