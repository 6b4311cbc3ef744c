/* SPDX-License-Identifier: MIT */
/**
 * @page unit_sim_domains Unit test: several domains as a person names them
 *
 * Property: descriptions of domains become modules, each file once, and
 * options that name them by number; a wrong description changes nothing.
 *
 * Method: one text a case, and the result compared.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "sim/run/domains.h"

static struct domains d, before;
static struct sim_error error;

static void set_up(void)
{
    memset(&d, 0, sizeof(d));
    memset(&error, 0, sizeof(error));
}

START_TEST(test_one)
{
    ck_assert_int_eq(domains_add(&d, "a/b.elf", &error), 0);
    ck_assert_str_eq(d.text, " domain=0");
    ck_assert_uint_eq(d.nr_modules, 1);
    ck_assert_str_eq(d.module[0], "a/b.elf");
}
END_TEST

START_TEST(test_files_once)
{
    ck_assert_int_eq(domains_add(&d, "a,control,ramdisk=r", &error), 0);
    ck_assert_int_eq(domains_add(&d, "b*12,mem=4M", &error), 0);
    ck_assert_int_eq(domains_add(&d, "a,weight=3,ramdisk=b", &error), 0);
    ck_assert_str_eq(d.text, " domain=0,control,ramdisk=1"
                             " domain=2,count=12,mem=4M"
                             " domain=0,weight=3,ramdisk=2");
    ck_assert_uint_eq(d.nr_modules, 3);
    ck_assert_str_eq(d.module[2], "b");
}
END_TEST

/* A star that is not before the last digits is part of the name. */
START_TEST(test_stars)
{
    ck_assert_int_eq(domains_add(&d, "a*b", &error), 0);
    ck_assert_int_eq(domains_add(&d, "a*", &error), 0);
    ck_assert_int_eq(domains_add(&d, "9", &error), 0);
    ck_assert_int_eq(domains_add(&d, "a*2*3", &error), 0);
    ck_assert_str_eq(d.text, " domain=0 domain=1 domain=2 domain=3,count=3");
    ck_assert_str_eq(d.module[3], "a*2");
}
END_TEST

static const char *const wrong[] = { "", "*3", ",mem=1M", "a,ramdisk=",
                                     "a b", "a,mem=4M weight=3" };

START_TEST(test_wrong)
{
    ck_assert_int_eq(domains_add(&d, "good", &error), 0);
    before = d;
    ck_assert_int_eq(domains_add(&d, wrong[_i], &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, wrong[_i]));
    ck_assert_mem_eq(&d, &before, sizeof(d));
}
END_TEST

START_TEST(test_too_many)
{
    char name[16];
    int i = 0;

    do
        snprintf(name, sizeof(name), "file%d", i++);
    while (domains_add(&d, name, &error) == 0);
    ck_assert_uint_eq(d.nr_modules, ROM_MAX_MODULES);
    ck_assert_ptr_nonnull(strstr(error.text, "too many files"));
}
END_TEST

START_TEST(test_too_long)
{
    while (domains_add(&d, "a,mem=16M,weight=1000,vcpus=3", &error) == 0)
        ;
    ck_assert_uint_lt(strlen(d.text), DOMAINS_TEXT_BYTES);
    ck_assert_ptr_nonnull(strstr(error.text, "too long"));
}
END_TEST

static Suite *domains_suite(void)
{
    Suite *suite = suite_create("sim/domains");
    TCase *tcase = tcase_create("domains");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, test_one);
    tcase_add_test(tcase, test_files_once);
    tcase_add_test(tcase, test_stars);
    tcase_add_loop_test(tcase, test_wrong, 0, 6);
    tcase_add_test(tcase, test_too_many);
    tcase_add_test(tcase, test_too_long);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(domains_suite())
