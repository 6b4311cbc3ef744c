/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_console_line Unit test: several domains on one console
 *
 * Property: an only domain's text goes out as it is; of several domains whole
 * lines go out, each with its domain's number, and no byte is lost.
 *
 * Method: text in pieces, and the console compared.
 */
#include "unit.h"

#include <string.h>

#include "../memory/fake_frames.h"
#include "console.h"
#include "fake_console.h"

static struct domain *first;

_Noreturn void machine_end(enum machine_exit how)
{
    ck_abort_msg("the machine ended with %d", (int)how);
}

void print_registers(enum log_level level, const trap_frame_t *frame)
{
    printk(level, "eip %x\n", frame->eip);
}

static void start(void)
{
    fake_frames_reset(3);
    fake_console_reset();
    first = domain_create(1, false, 100);
}

static void say(struct domain *d, const char *text)
{
    console_line_write(d, text, strlen(text));
}

START_TEST(test_only_domain)
{
    say(first, "prompt> ");
    ck_assert_str_eq(fake_console, "prompt> ");
    console_line_end(first);
    ck_assert_str_eq(fake_console, "prompt> ");
}
END_TEST

START_TEST(test_several)
{
    struct domain *second = domain_create(12, false, 100);

    say(first, "one");
    say(second, "two\n\nthr");
    say(first, " and a half\n");
    say(second, "ee\n");
    ck_assert_str_eq(fake_console, "(d12) two\n(d12) \n"
                                   "(d1) one and a half\n(d12) three\n");
}
END_TEST

START_TEST(test_last_words)
{
    (void)domain_create(2, false, 100);
    say(first, "no end");
    ck_assert_str_eq(fake_console, "");
    console_line_end(first);
    console_line_end(first);
    ck_assert_str_eq(fake_console, "(d1) no end\n");
}
END_TEST

START_TEST(test_long_line)
{
    char line[2 * CONSOLE_LINE_BYTES + 2];
    size_t i, letters = 0;

    (void)domain_create(2, false, 100);
    memset(line, 'x', sizeof(line) - 2);
    strcpy(line + sizeof(line) - 2, "\n");
    say(first, line);
    for (i = 0; fake_console[i]; i++)
        letters += fake_console[i] == 'x';
    ck_assert_uint_eq(letters, 2 * CONSOLE_LINE_BYTES);
    ck_assert_uint_eq(i, letters + 2 * strlen("(d1) \n"));
}
END_TEST

static Suite *console_line_suite(void)
{
    Suite *suite = suite_create("domain/console_line");
    TCase *tcase = tcase_create("lines");

    tcase_add_checked_fixture(tcase, start, NULL);
    tcase_add_test(tcase, test_only_domain);
    tcase_add_test(tcase, test_several);
    tcase_add_test(tcase, test_last_words);
    tcase_add_test(tcase, test_long_line);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(console_line_suite())
