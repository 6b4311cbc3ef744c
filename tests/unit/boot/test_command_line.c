/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_command_line Unit test: the command line
 *
 * Property: each option takes what its table says; everything else is named
 * in a warning and changes nothing.
 *
 * Method: one line a case, the options compared afterwards, and the warning
 * searched for the offending words.
 */
#include <string.h>

#include "boot.h"
#include "console.h"
#include "fake_console.h"
#include "lib.h"
#include "unit.h"

static struct options defaults;

static void set_up(void)
{
    defaults = options;
    fake_console_reset();
}

START_TEST(test_defaults)
{
    ck_assert_uint_eq(command_line_parse(""), 0);
    ck_assert_uint_eq(command_line_parse("   "), 0);
    ck_assert(options.console);
    ck_assert(!options.noreboot);
    ck_assert(!options.plain);
    ck_assert(options.fast);
    ck_assert_int_eq(options.recount, RECOUNT_NEVER);
    ck_assert_uint_eq(options.dom0_mem_bytes, 0);
    ck_assert_uint_eq(options.dom0_max_vcpus, 1);
    ck_assert_int_eq(options.loglvl, LOG_INFO);
    ck_assert_str_eq(fake_console, "");
}
END_TEST

START_TEST(test_all_at_once)
{
    ck_assert_uint_eq(
        command_line_parse("build/ringfence.elf console=none  dom0_mem=64M "
                           "dom0_max_vcpus=4\tloglvl=all guest_loglvl=none "
                           "noreboot fast=0 plain=1 recount"),
        0);
    ck_assert(!options.console);
    ck_assert(options.noreboot);
    ck_assert(options.plain);
    ck_assert(!options.fast);
    ck_assert_int_eq(options.recount, RECOUNT_CALLS);
    ck_assert_uint_eq(options.dom0_mem_bytes, 64 << 20);
    ck_assert_uint_eq(options.dom0_max_vcpus, 4);
    ck_assert_int_eq(options.loglvl, LOG_DEBUG);
    ck_assert_int_eq(options.guest_loglvl, LOG_NONE);
    ck_assert_str_eq(fake_console, "");
}
END_TEST

START_TEST(test_recount_after_ends)
{
    ck_assert_uint_eq(command_line_parse("recount=ends"), 0);
    ck_assert_int_eq(options.recount, RECOUNT_ENDS);
    ck_assert(options.fast); /* whose calls are not checked then */
    ck_assert_uint_eq(command_line_parse("recount=0"), 0);
    ck_assert_int_eq(options.recount, RECOUNT_NEVER);
}
END_TEST

/** The last one counts, also over an earlier one. */
START_TEST(test_repeated)
{
    ck_assert_uint_eq(
        command_line_parse("noreboot noreboot=no dom0_mem=1G dom0_mem=16384"),
        0);
    ck_assert(!options.noreboot);
    ck_assert_uint_eq(options.dom0_mem_bytes, 16 << 20);
}
END_TEST

static const struct {
    const char *line;
    const char *named; /* words that the warning has */
} wrong[] = {
    { "con=com1", "\"con\"" },
    { "consoles=com1", "\"consoles\"" },
    { "Console=com1", "\"Console\"" },
    { "=com1", "\"\"" },
    { "watchdog", "\"watchdog\"" },
    { "console=com2", "console=com2" },
    { "console", "console=" },
    { "console=com1,vga", "console=com1,vga" },
    { "plain=2", "plain=2" },
    { "fast=2", "fast=2" },
    { "plain=dom0", "plain=dom0" },
    { "dom0_mem=", "dom0_mem=" },
    { "dom0_mem=0", "dom0_mem=0" },
    { "dom0_mem=lots", "dom0_mem=lots" },
    { "dom0_mem=99999999999999999999", "dom0_mem=9999" },
    { "dom0_max_vcpus=0", "dom0_max_vcpus=0" },
    { "dom0_max_vcpus=33", "dom0_max_vcpus=33" },
    { "dom0_max_vcpus=-1", "dom0_max_vcpus=-1" },
    { "loglvl=loud", "loglvl=loud" },
    { "guest_loglvl=INFO", "guest_loglvl=INFO" },
    { "noreboot=maybe", "noreboot=maybe" },
};

START_TEST(test_wrong)
{
    ck_assert_uint_eq(command_line_parse(wrong[_i].line), 1);
    ck_assert_ptr_nonnull(strstr(fake_console, wrong[_i].named));
    ck_assert_mem_eq(&options, &defaults, sizeof(options));
}
END_TEST

/** A mistake keeps nothing else from counting. */
START_TEST(test_goes_on_after_a_mistake)
{
    ck_assert_uint_eq(
        command_line_parse("what noreboot loglvl=? dom0_max_vcpus=2"), 2);
    ck_assert(options.noreboot);
    ck_assert_uint_eq(options.dom0_max_vcpus, 2);
}
END_TEST

START_TEST(test_longest)
{
    char line[BOOT_STRING_BYTES];

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = 0;
    ck_assert_uint_eq(command_line_parse(line), 1);
}
END_TEST

static const struct {
    const char *line, *arguments;
} names[] = {
    { "", "" },
    { "a b", "a b" },
    { "loglvl=all", "loglvl=all" },
    { "/boot/ringfence.elf a b", "a b" },
    { "ringfence.elf  a", "a" },
    { "./x", "" },
    { "  /x  y=1", "y=1" },
    { "path=/a.b c", "path=/a.b c" },
};

START_TEST(test_file_name)
{
    ck_assert_str_eq(command_line_arguments(names[_i].line),
                     names[_i].arguments);
}
END_TEST

static Suite *command_line_suite(void)
{
    Suite *suite = suite_create("boot/command_line");
    TCase *line = tcase_create("line");

    tcase_add_checked_fixture(line, set_up, NULL);
    tcase_add_test(line, test_defaults);
    tcase_add_test(line, test_all_at_once);
    tcase_add_test(line, test_recount_after_ends);
    tcase_add_test(line, test_repeated);
    tcase_add_loop_test(line, test_wrong, 0, ARRAY_SIZE(wrong));
    tcase_add_test(line, test_goes_on_after_a_mistake);
    tcase_add_test(line, test_longest);
    tcase_add_loop_test(line, test_file_name, 0, ARRAY_SIZE(names));
    suite_add_tcase(suite, line);
    return suite;
}

UNIT_MAIN(command_line_suite())
