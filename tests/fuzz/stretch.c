/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A stretch of the fuzzing guest on a simulator: machine after machine, each
 * with several such guests and a seed of its own, until so many calls were
 * made.
 *
 *     rf-fuzz BUILD FOLDER qemu|icount|bochs SEED CALLS [FIRST]
 *
 * Machine n of a seed does not depend on those before it: FIRST = n begins with
 * it, and is how a find is made again. With the hypervisor's option
 * recount=ends, every count is counted again after each domain's end; when the
 * last one has ended, everything must have come back, or the hypervisor
 * panics.
 *
 * How a machine ends decides: any way of a guest's is good, a panic, a hang, a
 * broken oracle is a find. The calls that are added up are what the guests say
 * on the console, every thousand: of one that dies, the rest is not counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"
#include "sim/run/kernel.h"
#include "sim/run/run.h"
#include "sim/trace/reader.h"

#define MOST_DOMAINS 128u
#define CALLS_EACH 50000u /* of one guest */
#define SECONDS 900u      /* of one machine: a hang is one that takes longer */
#define BOCHS_BUDGET 6000000000ull

static const char *build, *folder;
static enum sim_machine machine;
static bool counts_instructions; /* QEMU: slower, and the same every time */
static uint64_t seed;

/** Guests of a machine: on Bochs few, whose every instruction is watched. */
static unsigned nr_domains(void)
{
    return machine == SIM_QEMU ? 4 : 2;
}

static unsigned calls_each(void)
{
    return machine == SIM_QEMU ? CALLS_EACH : CALLS_EACH / 25;
}

/** A recount takes longer than an interrupt may wait: none where the oracle
 *  about that watches. */
static bool recounts(void)
{
    return machine == SIM_QEMU;
}

/** Half of the machines with the short ways, one policy after the other. */
static void command_line(uint64_t n, char *text, size_t bytes)
{
    static const char *const policies[] = { "bvt", "rr", "credit" };

    snprintf(text, bytes, "ringfence.elf%s fast=%u sched=%s virtual_alarm "
             "guest_loglvl=none domain=0,mem=4M,vcpus=2,count=%u",
             recounts() ? " recount=ends" : "", (unsigned)(n & 1),
             policies[n % 3], nr_domains());
}

static struct sim_run *new_run(uint64_t n, struct sim_error *error)
{
    struct sim_run *run = sim_run_new(machine, folder);
    char path[512], text[256];

    command_line(n, text, sizeof text);
    sim_run_command_line(run, text);
    sim_run_ram(run, 48 + nr_domains() * 4);
    if (counts_instructions)
        sim_run_icount(run);
    if (machine == SIM_BOCHS) {
        sim_run_budget(run, BOCHS_BUDGET);
        sim_oracle_stop(run);
        sim_run_record(run, true, false);
    }
    snprintf(text, sizeof text,
             "fuzz.elf seed=%" PRIu64 " calls=%u domains=%u%s",
             (seed * 100003 + n) & 0x7FFFFFFF, calls_each(), nr_domains(),
             machine == SIM_QEMU ? " inexact" : " steady");
    snprintf(path, sizeof path, "%s/ringfence.elf", build);
    if (sim_run_image(run, path, error) || sim_kernel_of_image(run, error)) {
        sim_run_free(run);
        return NULL;
    }
    snprintf(path, sizeof path, "%s/fuzz/fuzz.elf", build);
    if (sim_run_module_file(run, path, text, error)) {
        sim_run_free(run);
        return NULL;
    }
    return run;
}

/** What the guests said: the highest number of each, added up. */
static uint64_t calls_said(void)
{
    uint64_t most[MOST_DOMAINS] = { 0 }, sum = 0;
    char path[512], line[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/" SIM_FILE_SERIAL, folder);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        const char *at = strstr(line, "fuzz: "), *who = strstr(line, "(d");
        unsigned domain = 0;
        uint64_t calls;

        if (!at || sscanf(at, "fuzz: %" SCNu64 " calls", &calls) != 1 ||
            (who && sscanf(who, "(d%u)", &domain) != 1) ||
            domain >= MOST_DOMAINS || calls > calls_each() + 1000)
            continue;
        if (calls > most[domain])
            most[domain] = calls;
    }
    if (f)
        fclose(f);
    for (unsigned i = 0; i < MOST_DOMAINS; i++)
        sum += most[i];
    return sum;
}

/** What the oracle said that ended a machine. */
static void print_oracles(void)
{
    const struct event *e = NULL;
    struct sim_error error;
    struct trace *trace;
    char path[512];

    snprintf(path, sizeof path, "%s/" SIM_FILE_EVENTS, folder);
    if (trace_open(path, false, &trace, &error))
        return;
    while ((e = trace_next(trace, e, EVENT_ORACLE)))
        printf("oracle %s, code %u: %s\n", trace_text(e)->name, e->a[1],
               trace_text(e)->text);
    trace_close(trace);
}

/** One machine; false for a find, or if it could not be. */
static bool carry_out(uint64_t n, uint64_t *calls)
{
    const struct sim_options options = { .seconds = SECONDS, .stop_fd = -1 };
    struct sim_outcome outcome = { .status = MACHINE_HARNESS };
    struct sim_error error = { .text = "" };
    struct sim_run *run = new_run(n, &error);

    if (run && sim_run_prepare(run, &error) == 0)
        sim_run_execute(run, &options, &outcome);
    else
        snprintf(outcome.why, sizeof outcome.why, "%s", error.text);
    sim_run_free(run);
    *calls += calls_said();
    if (outcome.status <= MACHINE_GUEST_CRASHED)
        return true;
    printf("machine %" PRIu64 " of seed %" PRIu64 ": %s (status %d); see %s\n",
           n, seed, outcome.why, outcome.status, folder);
    print_oracles();
    return false;
}

/** A number of the command line; ends the program if it is none. */
static uint64_t number(const char *name, const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 0);

    if (end == text || *end != 0 || *text == '-') {
        fprintf(stderr, "rf-fuzz: %s=%s is no number\n", name, text);
        exit(64);
    }
    return value;
}

int main(int argc, char **argv)
{
    uint64_t calls = 0, wanted, n;

    if (argc < 6) {
        fprintf(stderr, "usage: rf-fuzz BUILD FOLDER qemu|icount|bochs SEED "
                        "CALLS [FIRST]\n");
        return 64;
    }
    build = argv[1];
    folder = argv[2];
    if (strcmp(argv[3], "bochs") != 0 && strcmp(argv[3], "qemu") != 0 &&
        strcmp(argv[3], "icount") != 0) {
        fprintf(stderr, "rf-fuzz: SIM=%s is none of qemu, icount, bochs\n",
                argv[3]);
        return 64;
    }
    machine = strcmp(argv[3], "bochs") == 0 ? SIM_BOCHS : SIM_QEMU;
    counts_instructions = strcmp(argv[3], "icount") == 0;
    seed = number("SEED", argv[4]);
    wanted = number("CALLS", argv[5]);
    if (mkdir(folder, 0777) != 0 && access(folder, W_OK) != 0) {
        perror(folder);
        return 66;
    }
    for (n = argc > 6 ? number("FIRST", argv[6]) : 0; calls < wanted; n++) {
        if (!carry_out(n, &calls))
            return 1;
        printf("seed %" PRIu64 ": machines to %" PRIu64 ", %" PRIu64
               " calls\n", seed, n, calls);
        fflush(stdout);
    }
    return 0;
}
