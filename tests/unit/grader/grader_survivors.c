/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The list of equivalent mutants: what is read, and how each mistake in it is
 * named.
 */
#include <string.h>

#include "labs/grader/survivors.h"
#include "unit.h"

static struct survivors list;
static char *problem;

static bool take(const char *text)
{
    survivors_free(&list);
    free(problem);
    return survivors_read("s.txt", text, &list, &problem);
}

START_TEST(keys_and_reasons_are_read)
{
    ck_assert(take("# a comment\n\n"
                   "1.1 f: if (a > [b -> (b + 1)])\n"
                   "1.2 g: [delete: x = 1;]  \n"
                   "    One reason for both,\n"
                   "    of two lines.\n"
                   "1.1 h: [delete: y();]\n"
                   "\tAnother one.\n"));
    ck_assert_uint_eq(list.nr, 3);
    ck_assert_str_eq(list.survivor[0].key, "f: if (a > [b -> (b + 1)])");
    ck_assert_str_eq(list.survivor[1].exercise, "1.2");
    ck_assert_str_eq(list.survivor[1].key, "g: [delete: x = 1;]");
    ck_assert_uint_eq(list.survivor[2].line, 7);
    ck_assert_ptr_eq(survivors_find(&list, "1.1", "h: [delete: y();]"),
                     &list.survivor[2]);
    ck_assert_ptr_null(survivors_find(&list, "1.2", "h: [delete: y();]"));
}
END_TEST

START_TEST(an_empty_list_is_one)
{
    ck_assert(take("# nothing\n"));
    ck_assert_uint_eq(list.nr, 0);
}
END_TEST

static const struct {
    const char *text, *problem;
} bad[] = {
    { "1.1 f: x\n", "s.txt:1: this key has no reason below it" },
    { "1.1 f: x\n    because\n1.1 g: y\n",
      "s.txt:3: this key has no reason below it" },
    { "\n    because\n", "s.txt:2: this reason has no key above it" },
    { "1.1 f: x\n1.1 f: x\n    because\n",
      "s.txt:2: this key is in the list already" },
    { "f: x\n    because\n", "s.txt:1: a key begins with its exercise" },
    { "1.1\n    because\n", "s.txt:1: a key begins with its exercise" },
};

START_TEST(a_mistake_is_named)
{
    ck_assert(!take(bad[_i].text));
    ck_assert_uint_eq(list.nr, 0);
    ck_assert_msg(!strncmp(problem, bad[_i].problem, strlen(bad[_i].problem)),
                  "it says: %s", problem);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/survivors");
    TCase *c = tcase_create("survivors");

    suite_add_tcase(s, c);
    tcase_add_test(c, keys_and_reasons_are_read);
    tcase_add_test(c, an_empty_list_is_one);
    tcase_add_loop_test(c, a_mistake_is_named, 0,
                        sizeof bad / sizeof bad[0]);
    return s;
}

UNIT_MAIN(suite())
