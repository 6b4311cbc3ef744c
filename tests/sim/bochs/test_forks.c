/* SPDX-License-Identifier: MIT */
/**
 * @file test_forks.c
 * @page test-forks All interleavings, by forking
 *
 * Property: at each boundary of a window there is a child, or an earlier one
 * that cannot be told from it; each child is the run that has the event at its
 * boundary, byte for byte; the run itself is as without children; and a
 * mistake that shows at one boundary only is found there.
 *
 * Source: sim/bochs/forks.h, sim/trace/forks_file.h.
 *
 * Method: two endings of machine.asm wait for a timer. One does so rightly,
 * by 35 boundaries of which the test knows each one's class; the other sleeps
 * for ever if the tick comes after it has looked and before it halts.
 *
 *     test_forks BOCHS MACHINE FOLDER
 *
 * writes one result line a check (see the top Makefile).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/trace/forks.h"
#include "src/include/machine.h"
#include "tests/sim/bochs/machine.h"

/* 55 ms, and more; what a child takes afterwards is a few instructions. */
#define JUMP "jump 4000000 100000\n"
#define BUDGET "budget 100000000\n"

/** Boundaries of each class of the right ending, in order. */
static const unsigned classes[] = {
    12, /* interrupts off, up to the look at a port */
    1,  /* after that, up to the look at the time */
    3,  /* up to STI */
    1, 1,
    1, 1, 1, 1, /* rounds of REP STOSD, interrupts on */
    4,  /* CLI up to the STI before HLT */
    1,  /* asleep */
    2, 2, 4, /* the handler, cut by its two writes to ports */
};

#define NR_CLASSES (sizeof(classes) / sizeof(classes[0]))

/** The lines of a window. */
static char *window(unsigned from, unsigned to, const char *more)
{
    static char lines[1024];

    snprintf(lines, sizeof(lines),
             BUDGET "mark from 0x%X 0\nmark to 0x%X 0\nend to\n%s",
             label[from], label[to], more);
    return lines;
}

static int run_right(const char *more)
{
    remove("forks.bin");
    return run_usual(ENDING_FORKS, "%s", window(LABEL_FORK_FROM,
                                                LABEL_FORK_TO, more));
}

static struct forks *read_forks(const char *name)
{
    struct forks *forks;
    struct sim_error error;

    if (forks_read("forks.bin", "events.bin", &forks, &error)) {
        check(false, name, "%s", error.text);
        exit(checked());
    }
    return forks;
}

static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
    return a->nr == b->nr && !memcmp(a->at, b->at, a->nr);
}

/* --- The right ending ----------------------------------------------------- */

static void test_classes(const struct forks *forks)
{
    const struct forks_file *head = forks_about(forks);
    uint64_t at = 0;

    check_number("forks/all", head->end, FORKS_ALL);
    check_number("forks/boundaries", head->nr_boundaries, 35);
    check_number("forks/children", head->nr_children, NR_CLASSES);
    for (size_t i = 0; i < NR_CLASSES && forks_nth(forks, i); i++) {
        const struct forks_child *child = forks_nth(forks, i);
        char name[40];

        snprintf(name, sizeof(name), "forks/class-%zu", i);
        check(child->nr_boundaries == classes[i] &&
                  child->status == MACHINE_POWEROFF &&
                  (i == 0 || i == 11 || child->icount == at),
              name, "%llu boundaries, status %u",
              (unsigned long long)child->nr_boundaries, child->status);
        at = child->icount + child->nr_boundaries;
    }
}

/** Each child is the run that jumps there. */
static void test_replays(const struct forks *forks)
{
    for (size_t i = 0; i < forks_about(forks)->nr_children; i++) {
        const struct forks_child *child = forks_nth(forks, i);
        struct trace *trace;
        struct sim_error error = { "" };
        struct bytes alone;
        char name[40], lines[200];
        bool good;

        snprintf(name, sizeof(name), "forks/replay-%zu", i);
        snprintf(lines, sizeof(lines), "window from to\n" JUMP
                 "jump-at %llu\n", (unsigned long long)child->icount);
        good = !forks_trace(forks, i, &trace, &error) &&
               run_right(lines) == MACHINE_POWEROFF;
        alone = read_file("events.bin");
        good = good && alone.nr == child->prefix + child->bytes &&
               !memcmp(alone.at + child->prefix, child + 1, child->bytes) &&
               trace_next(trace, NULL, EVENT_JUMP) &&
               trace_next(trace, NULL, EVENT_JUMP)->icount == child->icount;
        check(good, name, "the run that jumps at %llu is another one %s",
              (unsigned long long)child->icount, error.text);
        free(alone.at);
    }
}

static void test_right(void)
{
    static const char fork_lines[] = "window from to\n" JUMP
                                     "fork forks.bin 100\n";
    struct bytes plain, events, again, first, every;
    struct forks *forks;

    check_number("forks/plain", (uint64_t)run_right(""), MACHINE_POWEROFF);
    plain = read_file("events.bin");
    check_number("forks/status", (uint64_t)run_right(fork_lines),
                 MACHINE_POWEROFF);
    events = read_file("events.bin");
    first = read_file("forks.bin");
    check(same_bytes(&plain, &events), "forks/parent",
          "the run with children is not the one without");
    forks = read_forks("forks/file");
    test_classes(forks);
    run_right(fork_lines);
    again = read_file("forks.bin");
    check(same_bytes(&first, &again), "forks/identical",
          "a second run's children are others");
    run_right("window from to\n" JUMP "fork forks.bin 100\nfork-every on\n");
    every = read_file("forks.bin");
    check(same_bytes(&first, &every), "forks/every",
          "a child at every boundary is not what the classes are");
    test_replays(forks);
    forks_free(forks);
}

/** A window up to the next ring above 0: the way to the ending begins at a
 *  hypercall, and the first one goes back to ring 1. */
static void test_return(void)
{
    const struct forks_file *head;
    struct forks *forks;

    remove("forks.bin");
    run_usual(ENDING_EXIT, BUDGET "mark call 0x%X 1\nmark last 0x%X 1\n"
              "end last\nwindow call return\n" JUMP "fork forks.bin 100\n",
              label[LABEL_MARK_CALL], label[LABEL_MARK_LAST]);
    forks = read_forks("forks/return");
    head = forks_about(forks);
    /* int, cmp, jne, mov, iret: no interrupt can come, nobody looks. */
    check(head->nr_boundaries == 5 && head->nr_children == 1 &&
              head->end == FORKS_ALL, "forks/return",
          "%llu boundaries, %u children",
          (unsigned long long)head->nr_boundaries, head->nr_children);
    forks_free(forks);
}

/* --- The wrong ending, and limits ----------------------------------------- */

static void test_lost(void)
{
    const struct forks_child *child;
    struct forks *forks;
    struct trace *trace;
    struct sim_error error;
    int status;

    remove("forks.bin");
    status = run_usual(ENDING_LOST, "%swindow from to\n" JUMP
                       "fork forks.bin 100\n",
                       window(LABEL_LOST_FROM, LABEL_LOST_TO, ""));
    check_number("forks/lost-alone", (uint64_t)status, MACHINE_POWEROFF);
    forks = read_forks("forks/lost");
    /* sti, nop, cmp: after that one it is lost. */
    check_number("forks/lost", forks_about(forks)->end, FORKS_BAD_CHILD);
    check_number("forks/lost-where", forks_about(forks)->nr_children, 3);
    child = forks_nth(forks, 2);
    check(child && child->status == MACHINE_BUDGET, "forks/lost-status",
          "it is not the third child that sleeps for ever");
    check(child && !forks_trace(forks, 2, &trace, &error) &&
              trace_end(trace)->a[0] == END_BUDGET &&
              trace_next(trace, NULL, EVENT_HALT),
          "forks/lost-trace", "its trace does not show it");
    forks_free(forks);
}

static void test_limits(void)
{
    struct forks *forks;

    check_number("forks/too-many-status",
                 (uint64_t)run_right("window from to\n" JUMP
                                     "fork forks.bin 5\n"),
                 MACHINE_POWEROFF);
    forks = read_forks("forks/too-many");
    check_number("forks/too-many", forks_about(forks)->end, FORKS_TOO_MANY);
    check_number("forks/too-many-children", forks_about(forks)->nr_children,
                 5);
    forks_free(forks);
    /* 300,000 instructions each behind the window, 3.5 million in all. */
    run_usual(ENDING_FORKS, "budget 3500000\nmark from 0x%X 0\n"
              "mark to 0x%X 0\nmark end 0x%X 0\nend end\nwindow from to\n"
              "jump 4000000 1000000\nfork forks.bin 100\n",
              label[LABEL_FORK_FROM], label[LABEL_FORK_TO],
              label[LABEL_FORK_END]);
    forks = read_forks("forks/too-costly");
    check_number("forks/too-costly", forks_about(forks)->end,
                 FORKS_TOO_COSTLY);
    check_number("forks/too-costly-children",
                 forks_about(forks)->nr_children, 12);
    forks_free(forks);
}

int main(int argc, char **argv)
{
    machine_start(argc, argv);
    test_right();
    test_return();
    test_lost();
    test_limits();
    return checked();
}
