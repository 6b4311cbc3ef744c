/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_rings The oracle *rings*, on a made-up machine
 *
 * Property: every way of executing at a wrong ring is reported once, under
 * its code, and a right run is silent.
 *
 * Source: doc/pages/simulator.md, "The oracles".
 *
 * Method: the callbacks are called in the order in which the simulator calls
 * them.
 */
#include <check.h>
#include <stdlib.h>

#include "fake_machine.h"

extern const struct oracle oracle_rings;

static void change(unsigned from, unsigned to, enum ring_cause cause,
                   unsigned vector, uint32_t eax)
{
    struct ring_change c = { .from = from, .to = to, .cause = cause,
                             .vector = vector };

    c.left.eax = eax;
    oracle_rings.ring_change(&fake.m, &c);
}

static void execute(unsigned ring, uint16_t cs, uint32_t eip)
{
    fake_at(ring, cs, eip);
    oracle_rings.before(&fake.m);
}

static void enter(unsigned ring, uint16_t cs, uint32_t eip, unsigned from,
                  enum ring_cause cause, unsigned vector, uint32_t eax)
{
    fake_at(ring, cs, eip);
    change(from, ring, cause, vector, eax);
    oracle_rings.before(&fake.m);
}

static void boot(void)
{
    fake_start(&oracle_rings);
    execute(0, 0x10, 0x00100000);
}

static void first_entry(void)
{
    boot();
    enter(1, 0xE019, 0xC0100000, 0, CAUSE_IRET, 0, 0);
}

START_TEST(silent_over_a_right_run)
{
    first_entry();
    enter(0, 0xE008, 0xF6801000, 1, CAUSE_SOFT_INTERRUPT, 0x82, 23);
    execute(0, 0xE008, 0xF6801002);
    enter(3, 0xE02B, 0xC0200000, 0, CAUSE_IRET, 0, 0);
    enter(0, 0xE008, 0xF6801000, 3, CAUSE_EXCEPTION, 14, 0);
    enter(3, 0xE02B, 0xC0200000, 0, CAUSE_IRET, 0, 0);
    enter(1, 0xE019, 0xC0100000, 3, CAUSE_SOFT_INTERRUPT, 0x80, 0);
    enter(3, 0xE02B, 0xC0200002, 1, CAUSE_IRET, 0, 0);
    ck_assert_uint_eq(fake_reports(), 0);
}
END_TEST

START_TEST(boot_code_is_low)
{
    boot();
    execute(0, 0x10, 0x00100010);
    ck_assert_uint_eq(fake_reports(), 0);
}
END_TEST

START_TEST(low_fetch_is_one_report_an_excursion)
{
    first_entry();
    enter(0, 0xE008, 0xF6801000, 1, CAUSE_SOFT_INTERRUPT, 0x82, 18);
    execute(0, 0xE008, 0x00100000);
    execute(0, 0xE008, 0x00100004);
    ck_assert_uint_eq(fake_reported(RINGS_LOW_FETCH), 1);
    execute(0, 0xE008, 0xF6801004);
    execute(0, 0xE008, 0xF67FFFFF);
    ck_assert_uint_eq(fake_reported(RINGS_LOW_FETCH), 2);
    ck_assert_uint_eq(fake_reports(), 2);
}
END_TEST

START_TEST(low_fetch_through_a_code_base)
{
    first_entry();
    enter(0, 0xE008, 0xF6801000, 1, CAUSE_EXCEPTION, 13, 0);
    fake.segment[SEGMENT_CS].base = 0x10000000;
    execute(0, 0x48, 0xF6801004);
    ck_assert_uint_eq(fake_reported(RINGS_LOW_FETCH), 1);
}
END_TEST

START_TEST(first_byte_of_the_hypervisor_is_high)
{
    first_entry();
    enter(0, 0xE008, 0xF6800000, 1, CAUSE_EXCEPTION, 13, 0);
    ck_assert_uint_eq(fake_reports(), 0);
}
END_TEST

START_TEST(first_entry_at_ring_3)
{
    boot();
    enter(3, 0xE02B, 0xC0100000, 0, CAUSE_IRET, 0, 0);
    ck_assert_uint_eq(fake_reported(RINGS_FIRST_ENTRY), 1);
}
END_TEST

START_TEST(ring_2_by_the_hypervisors_descriptor)
{
    first_entry();
    enter(0, 0xE008, 0xF6801000, 1, CAUSE_SOFT_INTERRUPT, 0x82, 0);
    enter(2, 0xE01A, 0xC0100000, 0, CAUSE_IRET, 0, 0);
    ck_assert_uint_eq(fake_reported(RINGS_RING_2), 1);
}
END_TEST

START_TEST(ring_2_by_the_guests_descriptors)
{
    first_entry();
    enter(2, 0x0042, 0xC0100000, 1, CAUSE_IRET, 0, 0);
    enter(1, 0xE019, 0xC0100000, 2, CAUSE_SOFT_INTERRUPT, 0x80, 0);
    enter(2, 0xE01E, 0xC0100000, 1, CAUSE_IRET, 0, 0); /* of the LDT */
    ck_assert_uint_eq(fake_reports(), 0);
}
END_TEST

START_TEST(ring_3_that_nobody_asked_for)
{
    first_entry();
    enter(0, 0xE008, 0xF6801000, 1, CAUSE_SOFT_INTERRUPT, 0x82, 18);
    enter(3, 0xE02B, 0xC0100002, 0, CAUSE_IRET, 0, 0);
    ck_assert_uint_eq(fake_reported(RINGS_UNASKED), 1);
}
END_TEST

START_TEST(ring_3_by_a_multicall)
{
    first_entry();
    enter(0, 0xE008, 0xF6801000, 1, CAUSE_SOFT_INTERRUPT, 0x82, 13);
    enter(3, 0xE02B, 0xC0200000, 0, CAUSE_IRET, 0, 0);
    ck_assert_uint_eq(fake_reports(), 0);
}
END_TEST

START_TEST(declared_code_at_its_ring)
{
    fake_start(&oracle_rings);
    fake_arg("kernel-code", "0xC0100000-0xC0110000,0xC0300000-0xC0300010");
    fake_arg("application-code", "0xC0200000-0xC0201000");
    oracle_rings.start(&fake.m);
    enter(1, 0xE019, 0xC0100000, 0, CAUSE_IRET, 0, 0);
    enter(3, 0xE02B, 0xC0200000, 1, CAUSE_IRET, 0, 0);
    ck_assert_uint_eq(fake_reports(), 0);
    execute(3, 0xE02B, 0xC0300008);
    execute(3, 0xE02B, 0xC030000C);
    ck_assert_uint_eq(fake_reported(RINGS_KERNEL), 1);
    execute(3, 0xE02B, 0xC0300010);
    enter(1, 0xE019, 0xC0200FFF, 3, CAUSE_SOFT_INTERRUPT, 0x80, 0);
    ck_assert_uint_eq(fake_reported(RINGS_APPLICATION), 1);
    ck_assert_uint_eq(fake_reports(), 2);
}
END_TEST

START_TEST(declared_code_at_ring_0)
{
    fake_start(&oracle_rings);
    fake_arg("kernel-code", "0xC0100000-0xC0110000");
    oracle_rings.start(&fake.m);
    execute(0, 0xE008, 0xC0100000); /* no guest has run: "boot code" */
    ck_assert_uint_eq(fake_reported(RINGS_KERNEL), 1);
    ck_assert_uint_eq(fake_reports(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracles/rings");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, silent_over_a_right_run);
    tcase_add_test(all, boot_code_is_low);
    tcase_add_test(all, low_fetch_is_one_report_an_excursion);
    tcase_add_test(all, low_fetch_through_a_code_base);
    tcase_add_test(all, first_byte_of_the_hypervisor_is_high);
    tcase_add_test(all, first_entry_at_ring_3);
    tcase_add_test(all, ring_2_by_the_hypervisors_descriptor);
    tcase_add_test(all, ring_2_by_the_guests_descriptors);
    tcase_add_test(all, ring_3_that_nobody_asked_for);
    tcase_add_test(all, ring_3_by_a_multicall);
    tcase_add_test(all, declared_code_at_its_ring);
    tcase_add_test(all, declared_code_at_ring_0);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
