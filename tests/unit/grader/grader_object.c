/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Objects that are more than an exercise's functions: each trick is refused,
 * and named.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs/grader/inside/inside.h"
#include "labs/grader/util.h"
#include "unit.h"

static char folder[64];

static void make_folder(void)
{
    static const char known[] = "\nprintk\nmemory_map_take\n__udivdi3\n"
                                "_GLOBAL_OFFSET_TABLE_\n";

    strcpy(folder, "/tmp/grader-object.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert(file_write("known", known, sizeof known - 1));
}

static void remove_folder(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    remove_tree(folder);
}

/** Compile, as ring 0 is compiled. */
static void compile(const char *source)
{
    ck_assert(file_write("x.c", source, strlen(source)));
    ck_assert_int_eq(system("gcc -m32 -march=i686 -std=gnu17 -O2 -g -w "
                            "-ffreestanding -fno-pic -fcf-protection=none "
                            "-fno-asynchronous-unwind-tables "
                            "-fno-stack-protector -c x.c -o x.o"), 0);
}

/** Check x.o: exit status, and what it says in `says`. */
static int check(char *says, size_t size)
{
    char *argv[] = { "x.o", "known", "f", "g", "--", ".boot.text" };
    struct bytes bytes;
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        if (!freopen("says", "w", stdout))
            _exit(99);
        status = inside_object(6, argv);
        fflush(stdout);
        _exit(status);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert(file_read("says", 1 << 20, &bytes));
    snprintf(says, size, "%s", bytes.data);
    bytes_free(&bytes);
    return WEXITSTATUS(status);
}

#define BOTH "void f(void) {} void g(void) {}\n"

static const char *const good[] = {
    BOTH,
    "static int kept = 7, zero; static const char text[] = \"x\";\n"
    "void printk(const char *); static void help(void) { printk(text); }\n"
    "int f(int a) { return kept += a + zero++; } void g(void) { help(); }\n",
    "void f(void) __attribute__((section(\".boot.text\")));\n" BOTH,
    "unsigned long long f(unsigned long long a, unsigned long long b)\n"
    "{ return a / b; } void g(void) {}\n",
    "void g(void); __attribute__((cold)) void f(void) { g(); }\n"
    "void g(void) { asm volatile(\"1: jmp 1b\"); }\n",
};

START_TEST(plain_code_is_good)
{
    char says[500];

    compile(good[_i]);
    ck_assert_msg(check(says, sizeof says) == 0, "%s", says);
}
END_TEST

static const struct {
    const char *source, *says;
} bad[] = {
    { "void f(void) {}", "it does not define g" },
    { BOTH "void test_driver(void) {}", "symbol test_driver for everybody" },
    { BOTH "int shared;", "symbol shared for everybody" },
    { BOTH "__attribute__((common)) int both;", "symbol both" },
    { BOTH "__attribute__((weak)) void printk(void) {}", "symbol printk" },
    { BOTH "void h(void) __attribute__((alias(\"f\")));", "symbol h" },
    { "void f(void) {} void h(void) __attribute__((alias(\"f\")));\n"
      "void g(void) {}", "symbol h" },
    { "__attribute__((weak)) void f(void) {} void g(void) {}",
      "f as a plain function" },
    { "int f = 7; void g(void) {}", "f as a plain function" },
    { "void g(void) {} asm(\".globl f; f = 0xF6900000\");",
      "f as a plain function" },
    { BOTH "extern int mark_done; int *p(void) { return &mark_done; }",
      "symbol p" },
    { "extern char test_input[]; char f(void) { return test_input[0]; }\n"
      "void g(void) {}", "uses \"test_input\"" },
    { "void f(void) { asm(\"jmp mark_done\"); } void g(void) {}",
      "uses \"mark_done\"" },
    { BOTH "asm(\".globl __start_x; __start_x:\");", "symbol __start_x" },
    { BOTH "static __attribute__((constructor)) void c(void)\n"
      "{ asm volatile(\"nop\"); }",
      "section .init_array" },
    { BOTH "asm(\".section .ctors, \\\"aw\\\"; .long 0; .text\");",
      "section .ctors" },
    { BOTH "asm(\".section .exception_table, \\\"a\\\"; .long 0; .text\");",
      "section .exception_table" },
    { BOTH "asm(\".section .multiboot, \\\"a\\\"; .long 0; .text\");",
      "section .multiboot" },
    { BOTH "asm(\".section .symbols, \\\"a\\\"; .long 0; .text\");",
      "section .symbols" },
    { BOTH "asm(\".section .stack, \\\"aw\\\", @nobits; .skip 9; .text\");",
      "section .stack" },
    { BOTH "asm(\".section .text.x, \\\"awx\\\"; nop; .text\");",
      "section .text.x has rights" },
    { BOTH "asm(\".section .data.x, \\\"awx\\\"; nop; .text\");",
      "section .data.x has rights" },
    { BOTH "asm(\".section .rodata.x, \\\"ax\\\"; nop; .text\");",
      "section .rodata.x has rights" },
    { BOTH "static _Thread_local int t; int *p(void);\n"
      "static int *q(void) { return &t; }\n"
      "asm(\".section .tdata, \\\"awT\\\"; .long 0; .text\");", "section .t" },
    { BOTH "asm(\".section .text.y, \\\"axG\\\", @progbits, y, comdat; nop; "
      ".text\");", "section" },
    { BOTH "static __attribute__((used)) char big[0x100000] = { 1 };",
      "take more than" },
    { BOTH "static __attribute__((used)) char bss[0x40000000];",
      "take more than" },
    { BOTH "asm(\".data; .balign 65536; .long 0; .text\");", "aligned" },
    { BOTH "asm(\".type f, @gnu_indirect_function\");", "" },
    { BOTH "asm(\"\\\"a b\\\": nop\");", "no name of C" },
    { BOTH "asm(\".globl h; .symver f, h@@V1\");", "" },
    { BOTH "asm(\".section .gnu.warning.f; .ascii \\\"x\\\"; .text\");",
      "section .gnu.warning.f" },
    { BOTH "asm(\".section .note.x, \\\"a\\\", @note; .long 0; .text\");",
      "section .note.x" },
    { BOTH "asm(\".section .gnu.linkonce.t.f, \\\"ax\\\"; nop; .text\");",
      "section .gnu.linkonce" },
};

START_TEST(a_trick_is_refused)
{
    char says[500];

    compile(bad[_i].source);
    ck_assert_int_eq(check(says, sizeof says), 1);
    ck_assert_msg(strstr(says, bad[_i].says) != NULL, "%s", says);
    ck_assert_ptr_nonnull(strchr(says, '\n'));
}
END_TEST

START_TEST(what_is_no_object_is_refused)
{
    char says[500];

    if (_i == 0) {
        ck_assert(file_write("x.o", "no object", 9));
    } else if (_i == 1) {
        ck_assert(file_write("x.o", "", 0));
    } else {
        ck_assert(file_write("x.c", BOTH, sizeof BOTH - 1));
        ck_assert_int_eq(system("gcc -c x.c -o x.o"), 0); /* 64-bit */
    }
    ck_assert_int_eq(check(says, sizeof says), 1);
    ck_assert_ptr_nonnull(strstr(says, "no object file for i386"));
}
END_TEST

/** Any byte may be wrong: the check ends, and with an answer. */
START_TEST(damaged_objects_break_nothing)
{
    uint32_t random = 2463534242u;
    struct bytes bytes;
    char says[500];

    compile(BOTH);
    ck_assert(file_read("x.o", 1 << 20, &bytes));
    for (unsigned i = 0; i < 150; i++) {
        char *copy = must_alloc(bytes.size, 1);

        memcpy(copy, bytes.data, bytes.size);
        for (unsigned j = 0; j < 8; j++)
            copy[unit_random(&random) % bytes.size] =
                (char)unit_random(&random);
        ck_assert(file_write("x.o", copy, i % 3 ? bytes.size
                                                : bytes.size / 2));
        ck_assert_int_le(check(says, sizeof says), 1);
        free(copy);
    }
    bytes_free(&bytes);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/object");
    TCase *c = tcase_create("object");

    suite_add_tcase(s, c);
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    tcase_add_loop_test(c, plain_code_is_good, 0,
                        sizeof good / sizeof good[0]);
    tcase_add_loop_test(c, a_trick_is_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(c, what_is_no_object_is_refused, 0, 3);
    tcase_add_test(c, damaged_objects_break_nothing);
    return s;
}

UNIT_MAIN(suite())
