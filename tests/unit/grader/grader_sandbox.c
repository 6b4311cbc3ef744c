/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What a sandboxed job can and cannot do, with bubblewrap and in the
 * fallback: its limits hold in both, and nothing of it is left.
 */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "labs/grader/sandbox.h"
#include "labs/grader/util.h"
#include "unit.h"

static char folder[64];
static struct sandbox_result result;
static bool has_bubblewrap;
static bool are_counted; /* the processes of a job in it */

static char tools[64];

static void probe(void)
{
    char *why, *confiner = realpath(getenv("RF_CONFINE"), NULL);
    char *copy, *empty;

    /* Where every user can start it, as in a grader's scratch folder. */
    strcpy(tools, "/tmp/grader-tools.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(tools));
    ck_assert_int_eq(chmod(tools, 0755), 0);
    copy = must_format("%s/rf-confine", tools);
    ck_assert(confiner && file_copy(confiner, copy));
    sandbox_use_confiner(copy);
    free(copy);
    free(confiner);
    empty = must_format("%s/empty", tools);
    ck_assert_int_eq(mkdir(empty, 0700), 0);
    has_bubblewrap = sandbox_probe(empty, &why) == SANDBOX_BUBBLEWRAP;
    are_counted = has_bubblewrap && !why;
    ck_assert(why || has_bubblewrap);
    free(empty);
    free(why);
}

static void remove_tools(void)
{
    remove_tree(tools);
}

static void make_folder(void)
{
    strcpy(folder, "/tmp/grader-sandbox.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chmod(folder, 0755), 0);
}

static void remove_folder(void)
{
    sandbox_result_free(&result);
    remove_tree(folder);
    ck_assert(!file_exists(folder));
}

static struct sandbox_job job_of(const char *const *argv)
{
    return (struct sandbox_job){ .folder = folder, .argv = argv,
                                 .view = SANDBOX_TOOLS, .cpu_seconds = 2,
                                 .clock_seconds = 600 };
}

/** Run a shell's script. @param mode 0 bubblewrap, 1 fallback. */
static void run(int mode, const char *script)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    struct sandbox_job job = job_of(argv);

    sandbox_run(mode ? SANDBOX_FALLBACK : SANDBOX_BUBBLEWRAP, &job, &result);
}

static bool skip(int mode)
{
    return mode == 0 && !has_bubblewrap;
}

START_TEST(status_and_output_come_back)
{
    if (skip(_i))
        return;
    run(_i, "echo out; echo err >&2; exit 3");
    ck_assert_int_eq(result.end, SANDBOX_EXITED);
    ck_assert_int_eq(result.status, 3);
    ck_assert_str_eq(result.output, "out\nerr\n");
    ck_assert_ptr_null(sandbox_end_phrase(&result));
}
END_TEST

START_TEST(output_is_cleaned)
{
    if (skip(_i))
        return;
    run(_i, "printf 'a\\033[2J\\000b\\377c'");
    ck_assert_str_eq(result.output, "a?[2J?b?c");
}
END_TEST

START_TEST(a_signal_is_a_crash)
{
    if (skip(_i))
        return;
    run(_i, "kill -SEGV $$");
    ck_assert_int_eq(result.end, SANDBOX_KILLED);
    ck_assert_int_eq(result.status, SIGSEGV);
    ck_assert_str_eq(sandbox_end_phrase(&result), "crashed");
}
END_TEST

START_TEST(processor_time_is_limited)
{
    if (skip(_i))
        return;
    run(_i, "while :; do :; done");
    ck_assert_int_eq(result.end, SANDBOX_KILLED);
    ck_assert_ptr_nonnull(strstr(sandbox_end_phrase(&result),
                                 "processor time"));
}
END_TEST

START_TEST(what_hangs_is_ended_by_the_clock)
{
    const char *const argv[] = { "/bin/sleep", "1000", NULL };
    struct sandbox_job job = job_of(argv);

    if (skip(_i))
        return;
    job.clock_seconds = 1;
    sandbox_run(_i ? SANDBOX_FALLBACK : SANDBOX_BUBBLEWRAP, &job, &result);
    ck_assert_int_eq(result.end, SANDBOX_CLOCK);
}
END_TEST

START_TEST(output_is_limited)
{
    if (skip(_i))
        return;
    run(_i, "yes");
    ck_assert_int_eq(result.end, SANDBOX_OUTPUT);
    ck_assert_uint_le(strlen(result.output), 0x10000);
}
END_TEST

START_TEST(files_are_limited)
{
    if (skip(_i))
        return;
    run(_i, "head -c 100000000 /dev/zero > big 2> /dev/null || "
            "head -c 100000000 /bin/sh /usr/lib/gcc/x86_64-linux-gnu/*/cc1 "
            "/usr/lib/gcc/x86_64-linux-gnu/*/cc1 "
            "/usr/lib/gcc/x86_64-linux-gnu/*/cc1 > big; exit $?");
    ck_assert(result.end != SANDBOX_EXITED || result.status != 0);
}
END_TEST

START_TEST(memory_is_limited)
{
    const char *const argv[] = { "/usr/bin/perl", "-e",
                                 "$x = 'a' x 300000000; print length $x",
                                 NULL };
    struct sandbox_job job = job_of(argv);

    if (skip(_i))
        return;
    job.memory_bytes = 100 << 20;
    sandbox_run(_i ? SANDBOX_FALLBACK : SANDBOX_BUBBLEWRAP, &job, &result);
    ck_assert(result.end != SANDBOX_EXITED || result.status != 0);
}
END_TEST

START_TEST(its_folder_is_its_own)
{
    if (skip(_i))
        return;
    run(_i, "echo text > made && cat made");
    ck_assert_str_eq(result.output, "text\n");
    ck_assert_int_eq(result.status, 0);
}
END_TEST

START_TEST(what_is_lent_cannot_be_changed)
{
    const char *const argv[] = { "/bin/sh", "-c",
                                 "cat lent; echo bad > lent/x || "
                                 "echo bad > lent", NULL };
    struct sandbox_job job = job_of(argv);
    char *lent = must_format("%s.lent", folder);
    struct bytes bytes;

    if (skip(_i) || (_i == 1 && geteuid()))
        return;
    ck_assert(file_write(lent, "good", 4));
    job.lent[0].path = lent;
    job.lent[0].name = "lent";
    sandbox_run(_i ? SANDBOX_FALLBACK : SANDBOX_BUBBLEWRAP, &job, &result);
    ck_assert_ptr_nonnull(strstr(result.output, "good"));
    ck_assert(file_read(lent, 100, &bytes));
    ck_assert_str_eq(bytes.data, "good");
    bytes_free(&bytes);
    unlink(lent);
    free(lent);
}
END_TEST

static const char *const hidden[] = {
    "cat /etc/passwd", "cat /etc/hostname", "ls /proc/self", "ls /home",
    "ls /root", "ls /srv", "ls /var", "head -c 1 /dev/urandom", "ls /sys",
    "ls /usr/share", "cat /usr/include/stdio.h", "touch /made",
    "touch /usr/bin/made", "cat /dev/zero", "printenv HOME",
};

START_TEST(nothing_else_is_visible)
{
    const int nr = sizeof hidden / sizeof hidden[0];

    if (skip(_i / nr))
        return;
    if (_i >= nr && !sandbox_fallback_hides())
        return;
    run(_i / nr, hidden[_i % nr]);
    ck_assert_int_eq(result.end, SANDBOX_EXITED);
    ck_assert_int_ne(result.status, 0);
}
END_TEST

START_TEST(there_is_no_network)
{
    if (skip(_i))
        return;
    run(_i, "exec 3<>/dev/tcp/127.0.0.1/1");
    ck_assert_int_ne(result.status, 0);
    sandbox_result_free(&result);
    run(_i, "perl -MIO::Socket::INET -e 'IO::Socket::INET->new("
            "PeerAddr => \"192.0.2.1:80\", Timeout => 2) or exit 7'");
    ck_assert_int_ne(result.status, 0);
    sandbox_result_free(&result);
    /* Not that perl could not: the kernel forbids it. */
    run(_i, "perl -MSocket -e 'socket(S, AF_INET, SOCK_DGRAM, 0) && "
            "connect(S, pack_sockaddr_in(9, inet_aton(\"192.0.2.1\"))) "
            "and exit 0; exit 7'");
    ck_assert_int_eq(result.status, 7);
}
END_TEST

/** A simulator alone has nobody beside it; one that forks has one child. */
START_TEST(processes_are_limited)
{
    static const char script[] = "/bin/true && /bin/true && echo forked; "
                                 "/bin/true & /bin/true & wait; echo both";
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    struct sandbox_job job = job_of(argv);

    if (!are_counted)
        return;
    job.processes = 2 + (unsigned)_i;
    sandbox_run(SANDBOX_BUBBLEWRAP, &job, &result);
    ck_assert_int_eq(strstr(result.output, "forked") != NULL, _i >= 1);
    ck_assert_int_eq(strstr(result.output, "both") != NULL, _i >= 2);
}
END_TEST

/** A number of seconds that no other process on the machine sleeps for. */
static char *odd_number(void)
{
    return must_format("4711.%ld", (long)getpid());
}

/** Wait until no process has this number among its words any more. What is left
 *  is printed. */
static bool is_gone(const char *number)
{
    char *command = must_format("for i in $(seq 600); do "
                                "ps -eo args | grep -F 'sleep %s' | "
                                "grep -v grep || exit 0; "
                                "sleep 0.1; done; exit 1", number);
    int status = system(command);

    free(command);
    return status == 0;
}

/** As many as there can be; each stays until all are ended with the job. In
 *  bubblewrap only: the fallback's limit is for all jobs of the machine, and a
 *  test that uses it up spoils whatever is graded beside it. */
START_TEST(a_fork_bomb_is_small)
{
    char *number = odd_number();
    char *script = must_format("perl -e '$n = 0; while ($n < 3000) { "
                               "$p = fork; last if !defined $p; "
                               "if (!$p) { close STDOUT; close STDERR; "
                               "exec \"sleep\", \"%s\" } $n++ } "
                               "print \"$n\\n\"'", number);

    if (are_counted) {
        run(0, script);
        ck_assert_int_gt(atol(result.output), 0);
        ck_assert_int_lt(atol(result.output), 32);
        ck_assert(is_gone(number));
    }
    free(script);
    free(number);
}
END_TEST

START_TEST(other_processes_are_out_of_reach)
{
    char *script = must_format("kill -0 %ld", (long)getpid());

    if (!skip(_i)) {
        run(_i, script);
        ck_assert_int_ne(result.status, 0);
    }
    free(script);
}
END_TEST

START_TEST(no_name_space_can_be_made)
{
    if (skip(_i))
        return;
    run(_i, "unshare --user true 2>/dev/null || "
            "perl -e 'exit(syscall(272, 0x10000000) == 0 ? 0 : 7)'");
    ck_assert_int_eq(result.status, 7);
}
END_TEST

START_TEST(no_process_leaves_its_group)
{
    char *number = odd_number();
    char *script = must_format("perl -MPOSIX -e 'if (fork() == 0) { "
                               "close STDOUT; close STDERR; POSIX::setsid(); "
                               "sleep %s; }'", number);

    if (!skip(_i)) {
        run(_i, script);
        ck_assert_int_eq(result.end, SANDBOX_EXITED);
        ck_assert(is_gone(number));
    }
    free(script);
    free(number);
}
END_TEST

START_TEST(no_process_outlives_the_job)
{
    char *number = odd_number();
    char *script = must_format("(sleep %s; touch late) > /dev/null 2>&1 "
                               "< /dev/null & exit 0", number);

    /* The child closes its outputs, so the job itself ends at once. */
    if (!skip(_i)) {
        run(_i, script);
        ck_assert_int_eq(result.end, SANDBOX_EXITED);
        ck_assert(is_gone(number));
    }
    free(script);
    free(number);
}
END_TEST

START_TEST(the_fallback_runs_as_another_user)
{
    if (geteuid())
        return;
    run(1, "id -u; cat /etc/shadow");
    ck_assert_ptr_nonnull(strstr(result.output, "65534\n"));
    ck_assert_int_ne(result.status, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/sandbox");
    TCase *c = tcase_create("sandbox");

    suite_add_tcase(s, c);
    tcase_set_timeout(c, 300);
    tcase_add_unchecked_fixture(c, probe, remove_tools);
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    tcase_add_loop_test(c, status_and_output_come_back, 0, 2);
    tcase_add_loop_test(c, output_is_cleaned, 0, 2);
    tcase_add_loop_test(c, a_signal_is_a_crash, 0, 2);
    tcase_add_loop_test(c, processor_time_is_limited, 0, 2);
    tcase_add_loop_test(c, what_hangs_is_ended_by_the_clock, 0, 2);
    tcase_add_loop_test(c, output_is_limited, 0, 2);
    tcase_add_loop_test(c, files_are_limited, 0, 2);
    tcase_add_loop_test(c, memory_is_limited, 0, 2);
    tcase_add_loop_test(c, its_folder_is_its_own, 0, 2);
    tcase_add_loop_test(c, what_is_lent_cannot_be_changed, 0, 2);
    tcase_add_loop_test(c, nothing_else_is_visible, 0,
                        2 * sizeof hidden / sizeof hidden[0]);
    tcase_add_loop_test(c, there_is_no_network, 0, 2);
    tcase_add_loop_test(c, processes_are_limited, 0, 3);
    tcase_add_test(c, a_fork_bomb_is_small);
    tcase_add_loop_test(c, other_processes_are_out_of_reach, 0, 2);
    tcase_add_loop_test(c, no_name_space_can_be_made, 0, 2);
    tcase_add_loop_test(c, no_process_leaves_its_group, 0, 2);
    tcase_add_loop_test(c, no_process_outlives_the_job, 0, 2);
    tcase_add_test(c, the_fallback_runs_as_another_user);
    return s;
}

UNIT_MAIN(suite())
