/* SPDX-License-Identifier: MIT */
/**
 * @file interleavings.c
 * @page test-interleavings Events at every boundary
 *
 * Property: between whichever two instructions of a guest or of the hypervisor
 * a timer's interrupt comes, the guest is told of it exactly once, and never
 * while it has events masked (EV-I7, EV-I8); and it is not asleep when the
 * event is there.
 *
 * Source: [Xen2003] 3.1 "Control Transfer: Hypercalls and Events".
 *
 * Method: guest/exits.c leaves ring 0 in the ways there are, and blocks. The
 * simulator forks at every boundary that can be told from its neighbour
 * (sim/bochs/forks.h), has the timer come due there, and each run is judged
 * from its record. All oracles watch. Hypervisors broken on purpose, of which
 * one loses the event at a single boundary in thousands, must be caught.
 *
 *     rf-interleave BUILD FOLDER GUEST plain|short|every
 *     rf-interleave BUILD FOLDER GUEST VARIANT.txt
 *
 * `every` proves that the boundaries without a child of their own are right to
 * have none, on the hypervisor itself: it forks at each one of some calls and
 * compares. Prints one result line (see the top Makefile), and what it took.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "sim/run/kernel.h"
#include "sim/run/run.h"
#include "sim/trace/forks.h"
#include "sim/trace/symbols.h"
#include "tests/oracles/broken.h"

/* The guest's alarm is 5 million ticks away. */
#define JUMP 6000000u
/* More than the jump: who has read the clock before it and sets the device, which
 * counts from now, after it, has its interrupt late by as much. */
#define CHILD_BUDGET 8000000u
#define BUDGET 100000000u
#define MOST_CHILDREN 2000u
#define SECONDS 600u

static const char *const marks[] = { "from", "to", "masked", "unmasked",
                                     "event", "done" };

static const char *build, *folder, *guest;

/** Print the result line, and end. */
static _Noreturn void result(bool pass, const char *name, const char *format,
                             ...) __attribute__((format(printf, 3, 4)));

static _Noreturn void result(bool pass, const char *name, const char *format,
                             ...)
{
    va_list list;

    printf("%s interleavings/%s", pass ? "pass" : "fail", name);
    if (!pass) {
        putchar(' ');
        va_start(list, format);
        vprintf(format, list);
        va_end(list);
    }
    putchar('\n');
    exit(0);
}

/* --- The run -------------------------------------------------------------- */

static bool add_marks(struct sim_run *run, struct sim_error *error)
{
    struct symbols *symbols;
    bool good = !symbols_open(guest, &symbols, error);

    for (size_t i = 0; good && i < sizeof marks / sizeof marks[0]; i++) {
        char symbol[40];
        uint32_t address;

        snprintf(symbol, sizeof symbol, "mark_%s", marks[i]);
        good = symbols_address(symbols, symbol, &address);
        if (good)
            sim_mark(run, marks[i], address, 1);
        else
            sim_fail(error, "the guest has no %s", symbol);
    }
    if (good)
        symbols_close(symbols);
    return good;
}

/**
 * Run the guest with all its interleavings.
 *
 * @param to  Where the window ends.
 * @return Its children; ends the program when that cannot be.
 */
static struct forks *run_all(const char *name, const char *image,
                             const char *options, const char *to, bool every)
{
    const struct sim_options how = { .seconds = SECONDS, .stop_fd = -1 };
    struct sim_run *run = sim_run_new(SIM_BOCHS, folder);
    char line[128], path[PATH_MAX], events[PATH_MAX];
    struct sim_outcome outcome = { 0 };
    struct sim_error error = { "" };
    struct forks *forks;

    snprintf(line, sizeof line, "ringfence.elf console=none %s", options);
    sim_run_command_line(run, line);
    sim_run_budget(run, BUDGET);
    sim_run_ram(run, 16);
    sim_run_record(run, true, false);
    if (sim_run_image(run, image, &error) ||
        sim_kernel_of_image(run, &error) ||
        sim_run_module_file(run, guest, "guest.elf", &error) ||
        !add_marks(run, &error))
        result(false, name, "%s", error.text);
    sim_end(run, "done");
    sim_window(run, "from", to, JUMP, CHILD_BUDGET);
    sim_fork(run, MOST_CHILDREN, every);
    if (sim_run_prepare(run, &error))
        result(false, name, "%s", error.text);
    sim_run_execute(run, &how, &outcome);
    sim_run_free(run);
    if (outcome.status != MACHINE_POWEROFF)
        result(false, name, "without the event, %s", outcome.why);
    snprintf(path, sizeof path, "%s/" SIM_FILE_FORKS, folder);
    snprintf(events, sizeof events, "%s/" SIM_FILE_EVENTS, folder);
    if (forks_read(path, events, &forks, &error))
        result(false, name, "%s", error.text);
    return forks;
}

/* --- The judgement -------------------------------------------------------- */

/** What is wrong with a run; NULL: nothing. */
static const char *judge(const struct trace *trace)
{
    const struct event *event = trace_find_mark(trace, "event", 0);
    const struct event *masked = trace_find_mark(trace, "masked", 0);
    const struct event *unmasked = trace_find_mark(trace, "unmasked", 0);
    const struct event *oracle = trace_next(trace, NULL, EVENT_ORACLE);

    if (oracle)
        return trace_text(oracle)->text;
    if (trace_end(trace)->a[0] != END_MARK)
        return trace_text(trace_end(trace))->text;
    if (!event)
        return "the event is lost";
    if (trace_nr_marks(trace, "event") > 1)
        return "the event came twice";
    if (trace_mark(event)->registers.edx != 0)
        return "the event came while events were masked, says its frame";
    if (masked && unmasked && event > masked && event < unmasked)
        return "the event came while events were masked";
    return NULL;
}

/** The first child that is wrong: its index, or their number. */
static size_t first_wrong(const char *name, const struct forks *forks,
                          char *why, size_t bytes)
{
    size_t nr = forks_about(forks)->nr_children, i;
    const char *wrong = NULL;

    for (i = 0; i < nr && !wrong; i++) {
        struct sim_error error;
        struct trace *trace;

        if (forks_trace(forks, i, &trace, &error))
            result(false, name, "%s", error.text);
        wrong = judge(trace);
        if (wrong)
            snprintf(why, bytes, "%s", wrong);
        trace_close(trace);
    }
    return wrong ? i - 1 : nr;
}

static void print_size(const char *name, const struct forks *forks)
{
    const struct forks_file *about = forks_about(forks);

    fprintf(stderr, "  %s: %llu boundaries, %u children\n", name,
            (unsigned long long)about->nr_boundaries, about->nr_children);
}

static _Noreturn void try_right(const char *name, const char *options)
{
    char image[PATH_MAX], why[400];
    struct forks *forks;
    size_t wrong;

    snprintf(image, sizeof image, "%s/ringfence.elf", build);
    forks = run_all(name, image, options, "to", false);
    print_size(name, forks);
    wrong = first_wrong(name, forks, why, sizeof why);
    if (wrong < forks_about(forks)->nr_children)
        result(false, name, "at instruction %llu: %s",
               (unsigned long long)forks_nth(forks, wrong)->icount, why);
    result(forks_about(forks)->end == FORKS_ALL, name,
           "not every boundary has been tried (%u)",
           forks_about(forks)->end);
}

/** A part of the window, of which both files are compared. */
static _Noreturn void try_every(const char *name)
{
    struct forks *classes, *every;
    char image[PATH_MAX];
    const struct forks_file *a, *b;
    bool same;

    snprintf(image, sizeof image, "%s/ringfence.elf", build);
    classes = run_all(name, image, "fast=0", "unmasked", false);
    every = run_all(name, image, "fast=0", "unmasked", true);
    print_size(name, every);
    a = forks_about(classes);
    b = forks_about(every);
    same = a->nr_boundaries == b->nr_boundaries &&
           a->nr_children == b->nr_children && a->end == FORKS_ALL &&
           b->end == FORKS_ALL;
    for (size_t i = 0; same && i < a->nr_children; i++) {
        const struct forks_child *left = forks_nth(classes, i);
        const struct forks_child *right = forks_nth(every, i);

        same = !memcmp(left, right, sizeof *left) &&
               !memcmp(left + 1, right + 1, left->bytes);
    }
    result(same, name, "of %llu boundaries, the one behind number %llu is "
           "not what its class is", (unsigned long long)a->nr_boundaries,
           (unsigned long long)b->nr_boundaries);
}

static _Noreturn void try_variant(const char *path)
{
    const char *slash = strrchr(path, '/');
    char name[128], image[PATH_MAX], why[400];
    struct complaint c;
    struct forks *forks;
    struct variant v;

    snprintf(name, sizeof name, "caught/%.*s",
             (int)strcspn(slash ? slash + 1 : path, "."),
             slash ? slash + 1 : path);
    snprintf(image, sizeof image, "%s/image.elf", folder);
    if (variant_read(path, &v, &c) || broken_build(&v, build, folder, &c))
        result(false, name, "%s", c.text);
    forks = run_all(name, image, v.options, "to", false);
    print_size(name, forks);
    if (first_wrong(name, forks, why, sizeof why) ==
        forks_about(forks)->nr_children)
        result(false, name, "no boundary shows that %s", v.why);
    fprintf(stderr, "  %s: %s\n", name, why);
    result(true, name, "%s", "");
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: rf-interleave BUILD FOLDER GUEST plain|short|every|"
              "VARIANT.txt\n", stderr);
        return 1;
    }
    build = argv[1];
    folder = argv[2];
    guest = argv[3];
    if (!strcmp(argv[4], "plain"))
        try_right("plain", "fast=0");
    if (!strcmp(argv[4], "short"))
        try_right("short", "fast=1");
    if (!strcmp(argv[4], "every"))
        try_every("every");
    try_variant(argv[4]);
}
