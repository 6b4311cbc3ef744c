/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_order Unit test: the domains that a command line asks for
 *
 * Property: an order has what its words say, and the usual values for the
 * rest; a wrong one is counted and named in a sentence, and leaves nothing
 * behind.
 *
 * Method: one text a case, the orders compared afterwards.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "fake_console.h"
#include "lib.h"
#include "order.h"

static void set_up(void)
{
    memset(&domain_orders, 0, sizeof(domain_orders));
    fake_console_reset();
}

START_TEST(test_shortest)
{
    ck_assert(domain_order_add("3"));
    ck_assert_uint_eq(domain_orders.nr, 1);
    ck_assert_uint_eq(domain_orders.order[0].kernel, 3);
    ck_assert(!domain_orders.order[0].has_ramdisk);
    ck_assert(!domain_orders.order[0].control);
    ck_assert_uint_eq(domain_orders.order[0].count, 1);
    ck_assert_uint_eq(domain_orders.order[0].nr_vcpus, 1);
    ck_assert_uint_eq(domain_orders.order[0].memory_bytes, 0);
    ck_assert_uint_eq(domain_orders.order[0].weight, 0);
    ck_assert_uint_eq(domain_orders.order[0].warp_us, 0);
    ck_assert_str_eq(fake_console, "");
}
END_TEST

START_TEST(test_everything)
{
    const struct domain_order *o = &domain_orders.order[1];

    ck_assert(domain_order_add("0,control,mem=64M"));
    ck_assert(domain_order_add("1,warp=5000,count=1000,ramdisk=2,mem=16M,"
                               "vcpus=32,weight=65535"));
    ck_assert_uint_eq(domain_orders.nr, 2);
    ck_assert(domain_orders.order[0].control);
    ck_assert_uint_eq(domain_orders.order[0].memory_bytes, 64 << 20);
    ck_assert_uint_eq(o->kernel, 1);
    ck_assert(o->has_ramdisk);
    ck_assert_uint_eq(o->ramdisk, 2);
    ck_assert_uint_eq(o->count, 1000);
    ck_assert_uint_eq(o->memory_bytes, 16 << 20);
    ck_assert_uint_eq(o->nr_vcpus, 32);
    ck_assert_uint_eq(o->weight, 65535);
    ck_assert_uint_eq(o->warp_us, 5000);
    ck_assert_uint_eq(domain_orders.nr_wrong, 0);
    ck_assert_str_eq(fake_console, "");
}
END_TEST

static const struct {
    const char *order;
    const char *named; /* words that the sentence has */
} wrong[] = {
    { "", "\"\"" },
    { "kernel", "\"kernel\"" },
    { "-1", "\"-1\"" },
    { ",mem=1M", "domain=,mem=1M" },
    { "0,", "nothing called \"\"" },
    { "0,mem", "\"mem\" takes" },
    { "0,mem=3", "\"mem\" takes" },
    { "0,mem=lots", "\"lots\"" },
    { "0,memory=4M", "\"memory\"" },
    { "0,count=0", "\"count\" takes" },
    { "0,count=1001", "\"1001\"" },
    { "0,vcpus=33", "\"vcpus\"" },
    { "0,vcpus=0", "\"vcpus\"" },
    { "0,weight=0", "\"weight\"" },
    { "0,weight=65536", "\"weight\"" },
    { "0,warp=10000001", "\"warp\"" },
    { "0,ramdisk=", "\"ramdisk\"" },
    { "0,control=1", "\"control\"" },
    { "0,control,count=2", "\"count\" is 2" },
};

START_TEST(test_wrong)
{
    ck_assert(!domain_order_add(wrong[_i].order));
    ck_assert_uint_eq(domain_orders.nr, 0);
    ck_assert_uint_eq(domain_orders.nr_wrong, 1);
    ck_assert_msg(strstr(fake_console, wrong[_i].named) != NULL,
                  "\"%s\" lacks \"%s\"", fake_console, wrong[_i].named);
}
END_TEST

START_TEST(test_second_control)
{
    ck_assert(domain_order_add("0,control"));
    ck_assert(!domain_order_add("1,control"));
    ck_assert_uint_eq(domain_orders.nr, 1);
    ck_assert_ptr_nonnull(strstr(fake_console, "second time"));
}
END_TEST

START_TEST(test_too_many)
{
    for (unsigned i = 0; i < MAX_DOMAIN_ORDERS; i++)
        ck_assert(domain_order_add("0"));
    ck_assert(!domain_order_add("0"));
    ck_assert_uint_eq(domain_orders.nr, MAX_DOMAIN_ORDERS);
    ck_assert_uint_eq(domain_orders.nr_wrong, 1);
}
END_TEST

/* As long as a command line can be: it is refused whole, not cut. */
START_TEST(test_long)
{
    char text[1024] = "0";

    while (strlen(text) < sizeof(text) - 10)
        strcat(text, ",mem=16M");
    ck_assert(!domain_order_add(text));
    ck_assert_uint_eq(domain_orders.nr_wrong, 1);
}
END_TEST

static Suite *order_suite(void)
{
    Suite *suite = suite_create("domain/order");
    TCase *tcase = tcase_create("order");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, test_shortest);
    tcase_add_test(tcase, test_everything);
    tcase_add_loop_test(tcase, test_wrong, 0, ARRAY_SIZE(wrong));
    tcase_add_test(tcase, test_second_control);
    tcase_add_test(tcase, test_too_many);
    tcase_add_test(tcase, test_long);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(order_suite())
