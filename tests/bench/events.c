/* SPDX-License-Identifier: MIT */
/**
 * @file events.c
 * Ring crossings, CR3 loads and flushes of every row: the benchmark's guest
 * under Bochs, watched from outside.
 *
 *     rf-bench-events IMAGE GUEST FOLDER COMMAND-LINE < rows.txt
 *
 * The guest is the measured one, unchanged: its windows are found by the
 * labels bench_start_ID and bench_end_ID. One line a row: ID, crossings, CR3
 * loads, flushes of translations (all of them, or one page's) that are no CR3
 * load; of the run of the row with the fewest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "sim/run/kernel.h"
#include "sim/run/run.h"
#include "sim/trace/reader.h"
#include "sim/trace/symbols.h"

#define MAX_ROWS 64
#define ID_BYTES 32

/** What happened in a window. */
struct tally {
    unsigned crossings, bases, flushes;
};

struct row {
    char id[ID_BYTES];
    bool seen;
    struct tally best;
};

static struct row rows[MAX_ROWS];
static unsigned nr_rows;

static _Noreturn void give_up(const char *sentence)
{
    fprintf(stderr, "rf-bench-events: %s\n", sentence);
    exit(1);
}

/** The first field of each line is an identifier. */
static void read_rows(void)
{
    char line[256];

    while (fgets(line, sizeof(line), stdin)) {
        size_t length = strcspn(line, "|");

        if (line[0] == '#' || line[length] != '|')
            continue;
        if (nr_rows == MAX_ROWS || length >= ID_BYTES)
            give_up("too many rows, or too long an identifier");
        memcpy(rows[nr_rows++].id, line, length);
    }
}

/** One mark at a label of the guest's; only int 0x80 is measured in ring 3. */
static void mark_label(struct sim_run *run, const struct symbols *symbols,
                       const char *kind, const char *id)
{
    char name[ID_BYTES + 16];
    uint32_t address;

    snprintf(name, sizeof(name), "bench_%s_%s", kind, id);
    if (!symbols_address(symbols, name, &address))
        give_up(name);
    sim_mark(run, name, address, strncmp(id, "int80", 5) == 0 ? 3 : 1);
}

static void run_guest(char **argv, struct sim_error *error)
{
    struct sim_options options = { .stop_fd = -1, .seconds = 600 };
    struct sim_run *run = sim_run_new(SIM_BOCHS, argv[3]);
    struct sim_outcome outcome;
    struct symbols *symbols;

    if (sim_run_image(run, argv[1], error) ||
        sim_kernel_of_image(run, error) ||
        sim_run_module_file(run, argv[2], "bench.elf", error) ||
        symbols_open(argv[2], &symbols, error))
        give_up(error->text);
    sim_run_command_line(run, argv[4]);
    sim_run_record(run, true, false);
    for (unsigned i = 0; i < nr_rows; i++) {
        mark_label(run, symbols, "start", rows[i].id);
        mark_label(run, symbols, "end", rows[i].id);
    }
    if (sim_run_prepare(run, error))
        give_up(error->text);
    sim_run_execute(run, &options, &outcome);
    if (outcome.status != MACHINE_POWEROFF)
        give_up(outcome.why);
    symbols_close(symbols);
    sim_run_free(run);
}

/** The row of a mark, and which of its two it is; NULL for other events. */
static struct row *row_of(const struct event *event, bool *starts)
{
    const struct event_mark *mark = trace_mark(event);
    const char *name = mark ? mark->name : "";

    *starts = strncmp(name, "bench_start_", 12) == 0;
    if (*starts)
        name += 12;
    else if (strncmp(name, "bench_end_", 10) == 0)
        name += 10;
    else
        return NULL;
    for (unsigned i = 0; i < nr_rows; i++)
        if (strcmp(rows[i].id, name) == 0)
            return &rows[i];
    return NULL;
}

static void count_event(struct tally *tally, const struct event *event)
{
    if (event->kind == EVENT_RING && event->a[0] != event->a[1])
        tally->crossings++;
    else if (event->kind == EVENT_CR_WRITE && event->a[0] == 3)
        tally->bases++;
    else if (event->kind == EVENT_FLUSH && event->a[0] != FLUSH_CR3)
        tally->flushes++;
}

static void count_all(const struct trace *trace)
{
    struct tally tally = { 0 };

    for (size_t i = 0; i < trace_nr_events(trace); i++) {
        const struct event *event = trace_event(trace, i);
        bool starts;
        struct row *row = row_of(event, &starts);

        if (!row) {
            count_event(&tally, event);
        } else if (starts) {
            tally = (struct tally){ 0 };
        } else if (!row->seen || tally.crossings < row->best.crossings) {
            row->seen = true;
            row->best = tally;
        }
    }
}

int main(int argc, char **argv)
{
    struct sim_error error = { "" };
    struct trace *trace;
    char path[4096];

    if (argc != 5)
        give_up("IMAGE GUEST FOLDER COMMAND-LINE < rows.txt");
    read_rows();
    run_guest(argv, &error);
    snprintf(path, sizeof(path), "%s/" SIM_FILE_EVENTS, argv[3]);
    if (trace_open(path, false, &trace, &error))
        give_up(error.text);
    if (trace_next(trace, NULL, EVENT_ORACLE))
        give_up("an oracle was broken: rf-trace print --kind oracle");
    count_all(trace);
    for (unsigned i = 0; i < nr_rows; i++) {
        if (!rows[i].seen)
            give_up(rows[i].id);
        printf("%s %u %u %u\n", rows[i].id, rows[i].best.crossings,
               rows[i].best.bases, rows[i].best.flushes);
    }
    trace_close(trace);
    return 0;
}
