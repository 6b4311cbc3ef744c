/* SPDX-License-Identifier: MIT */
/**
 * @file run.c
 * rf-conformance: run guests that check the interface, and collect what they
 * found.
 *
 *     rf-conformance IMAGE FOLDER GUEST.elf...
 *
 * Each guest runs twice: on the instrumented Bochs, where each of its checks
 * is a mark with a name, all oracles watch, and it must come to its mark
 * `done`; and on QEMU, where its end tells. Prints result lines; the status is
 * 0 even if checks failed.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "sim/run/kernel.h"
#include "sim/run/run.h"
#include "sim/trace/reader.h"
#include "sim/trace/symbols.h"

#define BUDGET 400000000ull
#define SECONDS 120u
#define NAME_BYTES 64u

static const char *const marks[] = { "pass", "fail", "skip", "done" };

static void result(bool good, const char *guest, const char *name,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void result(bool good, const char *guest, const char *name,
                   const char *format, ...)
{
    va_list args;

    printf("%s conformance/%s/%s", good ? "pass" : "fail", guest, name);
    if (!good) {
        printf(" -- ");
        va_start(args, format);
        vprintf(format, args);
        va_end(args);
    }
    putchar('\n');
    fflush(stdout);
}

/** The file's name without folder and suffix. */
static void stem(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    char *dot;

    snprintf(name, size, "%s", slash ? slash + 1 : path);
    dot = strrchr(name, '.');
    if (dot)
        *dot = 0;
}

/** Watch the guest's marks, each with the name in the memory that eax points
 *  to, and its image for the oracles. */
static bool watch(struct sim_run *run, const char *guest)
{
    uint32_t address, start, end;
    struct symbols *symbols;
    bool good = true;

    if (symbols_open(guest, &symbols, NULL))
        return false;
    for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        char symbol[32];

        snprintf(symbol, sizeof(symbol), "mark_%s", marks[i]);
        good = good && symbols_address(symbols, symbol, &address);
        sim_mark(run, marks[i], address, 1);
        sim_snap(run, marks[i], "eax", 0, NAME_BYTES);
    }
    if (symbols_address(symbols, "image_start", &start) &&
        symbols_address(symbols, "user_start", &end))
        sim_guest(run, "kernel", start, end);
    symbols_close(symbols);
    return good;
}

/** One line for each check; how many there were. */
static unsigned collect(const struct trace *trace, const char *guest)
{
    const struct event *event = NULL;
    unsigned nr = 0;

    while ((event = trace_next(trace, event, EVENT_MARK)) != NULL) {
        const struct event_mark *mark = trace_mark(event);
        const struct event_snap *snap;
        const uint8_t *bytes;
        char name[NAME_BYTES + 1] = "?";

        snap = trace_snap(event, 0, &bytes);
        if (snap)
            snprintf(name, sizeof(name), "%.*s", (int)snap->len,
                     (const char *)bytes);
        if (!strcmp(mark->name, "pass"))
            result(true, guest, name, "%s", "");
        else if (!strcmp(mark->name, "fail"))
            result(false, guest, name, "%#x, wanted %#x", mark->registers.edx,
                   mark->registers.ecx);
        nr++;
    }
    return nr;
}

static struct sim_run *new_run(enum sim_machine machine, const char *image,
                               const char *folder, const char *guest,
                               struct sim_error *error)
{
    struct sim_run *run = sim_run_new(machine, folder);

    sim_run_command_line(run, "ringfence.elf loglvl=error");
    sim_run_budget(run, BUDGET);
    if (sim_run_image(run, image, error) ||
        sim_run_module_file(run, guest, NULL, error)) {
        sim_run_free(run);
        return NULL;
    }
    return run;
}

static void on_bochs(const char *image, const char *folder, const char *guest,
                     const char *name)
{
    struct sim_options options = { .seconds = SECONDS, .stop_fd = -1 };
    struct sim_error error = { "" };
    struct sim_outcome outcome;
    struct sim_run *run = new_run(SIM_BOCHS, image, folder, guest, &error);
    struct trace *trace;
    char path[544];
    bool done;

    if (!run || sim_kernel_of_image(run, &error) || !watch(run, guest)) {
        result(false, name, "run", "%s", run ? "no marks" : error.text);
        return;
    }
    sim_run_record(run, true, false);
    sim_oracle_stop(run);
    if (sim_run_prepare(run, &error)) {
        result(false, name, "run", "%s", error.text);
        sim_run_free(run);
        return;
    }
    sim_run_execute(run, &options, &outcome);
    sim_run_free(run);
    snprintf(path, sizeof(path), "%s/%s", folder, SIM_FILE_EVENTS);
    if (trace_open(path, true, &trace, NULL)) {
        result(false, name, "run", "%s", outcome.why);
        return;
    }
    collect(trace, name);
    done = trace_nr_marks(trace, "done") == 1;
    result(done && outcome.status <= MACHINE_GUEST_CRASHED, name, "run",
           "%s%s", outcome.why, done ? "" : ", before its end");
    trace_close(trace);
}

static void on_qemu(const char *image, const char *folder, const char *guest,
                    const char *name)
{
    struct sim_options options = { .seconds = SECONDS, .stop_fd = -1 };
    struct sim_error error = { "" };
    struct sim_outcome outcome;
    struct sim_run *run = new_run(SIM_QEMU, image, folder, guest, &error);

    if (!run || sim_run_prepare(run, &error)) {
        result(false, name, "qemu", "%s", error.text);
        return;
    }
    sim_run_icount(run);
    sim_run_execute(run, &options, &outcome);
    sim_run_free(run);
    result(outcome.status == MACHINE_POWEROFF, name, "qemu", "%s",
           outcome.why);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: rf-conformance IMAGE FOLDER GUEST.elf...\n");
        return EXIT_FAILURE;
    }
    for (int i = 3; i < argc; i++) {
        char name[128], folder[512];

        stem(argv[i], name, sizeof(name));
        snprintf(folder, sizeof(folder), "%s/%s", argv[2], name);
        on_bochs(argv[1], folder, argv[i], name);
        snprintf(folder, sizeof(folder), "%s/%s-qemu", argv[2], name);
        on_qemu(argv[1], folder, argv[i], name);
    }
    return EXIT_SUCCESS;
}
