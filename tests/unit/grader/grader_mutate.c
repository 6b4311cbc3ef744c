/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The mistakes that rf-mutate makes: exactly these and no others, each a
 * whole statement or expression, none inside a macro, and a key that changes
 * with its line.
 *
 * Every list below is compared whole, so a mutation that is forgotten and one
 * too many both fail.
 */
#include <string.h>

#include "labs/grader/mutate/mutate.h"
#include "unit.h"

#define HEAD \
    "#include <stdbool.h>\n" \
    "#define SIZE 16\n" \
    "#define SUM (1 + 2)\n" \
    "#define LESS(a, b) ((a) < (b))\n" \
    "#define STOP(x) do { if (x) stop(7); } while (0)\n" \
    "enum { KIND = 3 };\n" \
    "struct pair { int a, b; };\n" \
    "#define NO_PAIR ((struct pair){ 1, 2 })\n" \
    "void stop(int why);\n"
#define MARKED(body) \
    HEAD "int f(int a, int b)\n//@solution 1.1 -- return 0;\n" body \
         "\n//@end\n"

static struct mutations list;
static char *problem;

static bool find_in(bool all, const char *source)
{
    static const char *const flags[] = { "-m32", "-std=c17", "-Wall",
                                         "-fno-such-flag" };

    mutations_free(&list);
    free(problem);
    problem = NULL;
    return mutations_find("x.c", all, source, flags, 4, &list, &problem);
}

static bool find(const char *source)
{
    return find_in(false, source);
}

/** All keys, each with a line end. */
static const char *keys(void)
{
    static struct text text;

    text_free(&text);
    text_add(&text, "%s", "");
    for (unsigned i = 0; i < list.nr; i++)
        text_add(&text, "%s\n", list.mutation[i].key);
    return text.data;
}

/** The source with one mutation done; free() it. */
static char *done(const char *source, const struct mutation *m)
{
    return must_format("%.*s%s%s", (int)m->start, source, m->with,
                       source + m->end);
}

static const struct {
    const char *body, *keys;
} lists[] = {
    /* Statements; a declaration stays, but what it is set to does not. */
    { "{\n    int c = 2;\n\n    c = a;\n    stop(c);\n    return c;\n}",
      "f: int c = [2 -> (2 - 1)];\n"
      "f: int c = [2 -> (2 + 1)];\n"
      "f: [delete: c = a];\n"
      "f: [delete: stop(c)];\n"
      "f: [delete: return c];\n" },
    /* Conditions and bounds. */
    { "{\n    if (a < b)\n        return a;\n    return a == b ? a : b;\n}",
      "f: [delete: if (a < b) return a];\n"
      "f: if ([negate: a < b])\n"
      "f: if (a < [b -> (b - 1)])\n"
      "f: if (a < [b -> (b + 1)])\n"
      "f: [delete: return a];\n"
      "f: [delete: return a == b ? a : b];\n"
      "f: return [negate: a == b] ? a : b;\n" },
    { "{\n    return a && (b || !a);\n}",
      "f: [delete: return a && (b || !a)];\n"
      "f: return [negate: a] && (b || !a);\n"
      "f: return a && [negate: (b || !a)];\n"
      "f: return a && ([negate: b] || !a);\n"
      "f: return a && (b || [negate: !a]);\n" },
    /* A shift binds less than a sum: its sides are kept together. */
    { "{\n    return a >= b << a;\n}",
      "f: [delete: return a >= b << a];\n"
      "f: return a >= [b << a -> ((b << a) - 1)];\n"
      "f: return a >= [b << a -> ((b << a) + 1)];\n" },
    /* Loops, whichever parts they have. */
    { "{\n    for (; a > b;) b++;\n    while (a) a--;\n"
      "    do stop(a); while (b);\n    return a;\n}",
      "f: [delete: for (; a > b;) b++];\n"
      "f: for (; [negate: a > b];) b++;\n"
      "f: for (; a > [b -> (b - 1)];) b++;\n"
      "f: for (; a > [b -> (b + 1)];) b++;\n"
      "f: for (; a > b;) [delete: b++];\n"
      "f: [delete: while (a) a--];\n"
      "f: while ([negate: a]) a--;\n"
      "f: while (a) [delete: a--];\n"
      "f: [delete: do stop(a); while (b)];\n"
      "f: do [delete: stop(a)]; while (b);\n"
      "f: do stop(a); while ([negate: b]);\n"
      "f: [delete: return a];\n" },
    { "{\n    for (;;) {\n        break;\n    }\n    return a;\n}",
      "f: [delete: for (;;) { break; }]\n"
      "f: [delete: break];\n"
      "f: [delete: return a];\n" },
    /* Named constants; true and false change places. */
    { "{\n    bool c = false;\n\n    c = a == SIZE + KIND;\n"
      "    return c;\n}",
      "f: bool c = [false -> true];\n"
      "f: [delete: c = a == SIZE + KIND];\n"
      "f: c = a == [SIZE -> (SIZE - 1)] + KIND;\n"
      "f: c = a == [SIZE -> (SIZE + 1)] + KIND;\n"
      "f: c = a == SIZE + [KIND -> (KIND - 1)];\n"
      "f: c = a == SIZE + [KIND -> (KIND + 1)];\n"
      "f: [delete: return c];\n" },
    /* A macro's use is one thing: what it is made of is not in the file.
     * What is handed to it is. */
    { "{\n    STOP(a > b);\n    return SUM;\n}",
      "f: [delete: STOP(a > b)];\n"
      "f: STOP(a > [b -> (b - 1)]);\n"
      "f: STOP(a > [b -> (b + 1)]);\n"
      "f: [delete: return SUM];\n"
      "f: return [SUM -> (SUM - 1)];\n"
      "f: return [SUM -> (SUM + 1)];\n" },
    { "{\n    if (LESS(a, b))\n        return a;\n    return b;\n}",
      "f: [delete: if (LESS(a, b)) return a];\n"
      "f: if ([negate: LESS(a, b)])\n"
      "f: [delete: return a];\n"
      "f: [delete: return b];\n" },
    { "{\n    struct pair p = NO_PAIR;\n\n    return p.a;\n}",
      "f: [delete: return p.a];\n" },
    /* Labels stay, what they lead to may go; what sizeof is asked of is not
     * evaluated. */
    { "{\n    switch (a) {\n    case 1:\n        stop(a);\n    default:\n"
      "        b = sizeof(int[5]);\n    }\n    return b;\n}",
      "f: [delete: switch (a) { case 1: stop(a); default: b = sizeof(int[5]); }]\n"
      "f: [delete: stop(a)];\n"
      "f: [delete: b = sizeof(int[5])];\n"
      "f: [delete: return b];\n" },
    /* Comments and strings are no code; twins have a number. */
    { "{\n    /* a < 1; */ a = b; // a < 1\n    a = b; // a < 1\n"
      "    return a /* < 1 */ < /* 1 */ b;\n}",
      "f: /* a < 1; */ [delete: a = b]; // a < 1\n"
      "f: [delete: a = b]; // a < 1\n"
      "f: [delete: return a /* < 1 */ < /* 1 */ b];\n"
      "f: return a /* < 1 */ < /* 1 */ [b -> (b - 1)];\n"
      "f: return a /* < 1 */ < /* 1 */ [b -> (b + 1)];\n" },
    { "{\n    a = b;\n    a = b;\n    return a;\n}",
      "f: [delete: a = b];\n"
      "f: [delete: a = b]; #2\n"
      "f: [delete: return a];\n" },
};

START_TEST(a_body_has_exactly_these_mutations)
{
    char *source = must_format(HEAD "int f(int a, int b)\n"
                               "//@solution 1.1 -- return 0;\n%s\n//@end\n",
                               lists[_i].body);

    ck_assert_msg(find(source), "%s", problem);
    ck_assert_str_eq(keys(), lists[_i].keys);
    free(source);
}
END_TEST

START_TEST(every_mutation_still_compiles)
{
    char *source = must_format(HEAD "int f(int a, int b)\n"
                               "//@solution 1.1 -- return 0;\n%s\n//@end\n",
                               lists[_i].body);
    struct mutations all;

    ck_assert(find(source));
    all = list;
    list = (struct mutations){ 0 };
    for (unsigned i = 0; i < all.nr; i++) {
        char *changed = done(source, &all.mutation[i]);

        ck_assert_msg(strcmp(changed, source) != 0, "it changes nothing");
        ck_assert_msg(find(changed), "%s: %s", all.mutation[i].key, problem);
        free(changed);
    }
    mutations_free(&all);
    free(source);
}
END_TEST

START_TEST(nothing_is_changed_outside_the_markers)
{
    ck_assert(find(HEAD "int g(int a)\n{\n    return a + 1;\n}\n"
                   "//@solution-helper 1.1\nstatic int h(void)\n{\n"
                   "    return KIND;\n}\n//@end\n"));
    ck_assert_str_eq(keys(), "h: [delete: return KIND];\n"
                             "h: return [KIND -> (KIND - 1)];\n"
                             "h: return [KIND -> (KIND + 1)];\n");
    ck_assert_uint_eq(list.mutation[0].line, 17);
}
END_TEST

START_TEST(where_all_is_meant_mistakes_are_larger)
{
    ck_assert(find_in(true, HEAD "void n(int *a)\n{\n    *a = *a << 1;\n}\n"
                            "bool h(int a)\n{\n    bool c = a;\n\n"
                            "    return c;\n}\n"
                            "char *p(char *a)\n{\n    return a;\n}\n"
                            "struct pair q(struct pair a)\n{\n"
                            "    return a;\n}\n"));
    ck_assert_str_eq(keys(),
                     "n: [empty: {}]\n"
                     "n: [delete: *a = *a << 1];\n"
                     "n: *a = [*a << 1 -> ((*a << 1) + 1)];\n"
                     "n: *a = *a << [1 -> (1 - 1)];\n"
                     "n: *a = *a << [1 -> (1 + 1)];\n"
                     "h: [empty: { return 1; }]\n"
                     "h: [empty: { return 0; }]\n"
                     "h: bool c = [a -> !(a)];\n"
                     "h: [delete: return c];\n"
                     "h: return [c -> !(c)];\n"
                     "p: [empty: { return 0; }]\n"
                     "p: [delete: return a];\n"
                     "q: [delete: return a];\n");
}
END_TEST

START_TEST(what_is_done_is_written_into_the_text)
{
    const char *source = MARKED("{\n    if (a > 1) {\n        return b;\n"
                                "    }\n    return a;\n}");
    static const char *const bodies[] = {
        "{\n    ;\n    return a;\n}",
        "{\n    if (!(a > 1)) {\n        return b;\n    }\n    return a;\n}",
        "{\n    if (a > (1 - 1)) {\n        return b;\n    }\n"
        "    return a;\n}",
    };

    ck_assert(find(source));
    for (unsigned i = 0; i < 3; i++) {
        char *changed = done(source, &list.mutation[i]);

        ck_assert_msg(strstr(changed, bodies[i]) != NULL, "%s", changed);
        free(changed);
    }
}
END_TEST

START_TEST(an_edited_line_has_other_keys)
{
    static const char *const bodies[2] = {
        MARKED("{\n    if (a > b)\n        return b;\n    return a;\n}"),
        MARKED("{\n    if (a > b + b)\n        return b;\n    return a;\n}"),
    };
    char *before;

    ck_assert(find(bodies[0]));
    before = must_copy(keys());
    ck_assert(find(bodies[1]));
    ck_assert_ptr_nonnull(strstr(before, "f: if ([negate: a > b])\n"));
    ck_assert_ptr_null(strstr(keys(), "f: if ([negate: a > b])\n"));
    ck_assert_ptr_nonnull(strstr(keys(), "f: [delete: return a];\n"));
    free(before);
}
END_TEST

START_TEST(a_change_beyond_what_a_key_shows_changes_it)
{
    const char *const body = "{\n    while (a < b) {\n        a++;\n"
                             "        stop(a);\n        stop(b);\n"
                             "        stop(%d);\n    }\n    return a;\n}";
    char *first = NULL;

    for (int i = 1; i <= 2; i++) {
        char *text = must_format(body, i);
        char *source = must_format(HEAD "int f(int a, int b)\n"
                                   "//@solution 1.1 -- return 0;\n"
                                   "%s\n//@end\n", text);

        ck_assert(find(source));
        ck_assert_uint_lt(strlen(list.mutation[0].key), 90);
        if (first)
            ck_assert_str_ne(first, list.mutation[0].key);
        else
            first = must_copy(list.mutation[0].key);
        free(source);
        free(text);
    }
    free(first);
}
END_TEST

START_TEST(a_source_that_does_not_compile_is_refused)
{
    ck_assert(!find(MARKED("{\n    return c;\n}")));
    ck_assert_msg(strstr(problem, "x.c:13:") != NULL, "%s", problem);
    ck_assert_uint_eq(list.nr, 0);
}
END_TEST

START_TEST(wrong_markers_are_refused)
{
    ck_assert(!find("int f(void)\n//@solution 1.1 -- return 0;\n{\n}\n"));
    ck_assert_msg(strstr(problem, "x.c:2:") != NULL, "%s", problem);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/mutate");
    TCase *c = tcase_create("mutate");

    suite_add_tcase(s, c);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, a_body_has_exactly_these_mutations, 0,
                        sizeof lists / sizeof lists[0]);
    tcase_add_loop_test(c, every_mutation_still_compiles, 0,
                        sizeof lists / sizeof lists[0]);
    tcase_add_test(c, nothing_is_changed_outside_the_markers);
    tcase_add_test(c, where_all_is_meant_mistakes_are_larger);
    tcase_add_test(c, what_is_done_is_written_into_the_text);
    tcase_add_test(c, an_edited_line_has_other_keys);
    tcase_add_test(c, a_change_beyond_what_a_key_shows_changes_it);
    tcase_add_test(c, a_source_that_does_not_compile_is_refused);
    tcase_add_test(c, wrong_markers_are_refused);
    return s;
}

UNIT_MAIN(suite())
