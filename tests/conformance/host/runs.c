/* SPDX-License-Identifier: MIT */
/**
 * @file runs.c
 * Runs of conformance guests: see runs.h.
 */
#include "tests/conformance/host/runs.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"
#include "sim/run/kernel.h"
#include "sim/trace/reader.h"
#include "sim/trace/symbols.h"

#define BUDGET 400000000u
#define SECONDS 900u /* a net: budgets decide */


#define TWO_DOMAINS "domain=0,mem=8M domain=1,mem=8M"

/** The families about several domains, which the hypervisor is told of. */
static const struct {
    const char *guest, *domains;
    unsigned ram_mb;
    bool recount; /**< on QEMU all references are counted again: under Bochs
                       nobody may wait for so long (the oracle *time to
                       respond*), and the oracles look instead; it takes
                       memory of the hypervisor's, which a crowd has taken */
    int status;
} several[] = {
    { "pair.elf", TWO_DOMAINS, 32, true, MACHINE_POWEROFF },
    { "neighbours.elf", TWO_DOMAINS, 32, true, MACHINE_POWEROFF },
    { "deaths.elf", "domain=0,mem=8M domain=1,count=9,mem=4M,vcpus=2", 64,
      true, MACHINE_GUEST_CRASHED },
    { "crowd.elf", "domain=0,mem=4M,vcpus=32,control "
                   "domain=1,mem=4M,vcpus=32,count=29", 144, false,
      MACHINE_POWEROFF },
};

/** Those of sim/oracles. */
static const char *const oracles[] = {
    "context", "fetch-once", "map", "page-tables", "rings", "segments",
    "stale-translations", "time-to-respond",
};
#define NR_ORACLES (sizeof oracles / sizeof oracles[0])

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool run_several(struct job *job, char *room, size_t bytes)
{
    for (unsigned i = 0; i < sizeof several / sizeof several[0]; i++) {
        if (strcmp(file_name(job->guest), several[i].guest) != 0)
            continue;
        snprintf(room, bytes, "%s %s%s", job->options ? job->options : "",
                 several[i].domains,
                 several[i].recount && job->machine == SIM_QEMU ? " recount"
                                                                : "");
        job->options = room;
        job->words = "first";
        job->second = "second";
        job->ram_mb = several[i].ram_mb;
        job->status = several[i].status;
        return true;
    }
    return false;
}

/** What the hypervisor is told for a family: of a call that is there with an
 *  option only; and, where nobody waits, to count the references that vCPUs
 *  hold. */
static const char *family_options(const struct job *job)
{
    if (strcmp(file_name(job->guest), "alarm.elf") == 0)
        return " virtual_alarm";
    if (strcmp(file_name(job->guest), "vcpu.elf") == 0 &&
        job->machine == SIM_QEMU)
        return " recount";
    return "";
}

/** Marks, and what of the guest is kernel and what application. */
static bool declare(struct sim_run *run, const char *guest)
{
    static const char *const bounds[] = { "image_start", "user_start",
                                          "user_end" };
    uint32_t at[3], mark;
    struct symbols *symbols;
    bool good = true;
    char text[64];

    if (symbols_open(guest, &symbols, NULL))
        return false;
    for (unsigned i = 0; i < 3; i++)
        good = good && symbols_address(symbols, bounds[i], &at[i]);
    if (good) {
        snprintf(text, sizeof text, "0x%" PRIX32 "-0x%" PRIX32, at[0], at[1]);
        sim_arg(run, "kernel-code", text);
        snprintf(text, sizeof text, "0x%" PRIX32 "-0x%" PRIX32, at[1], at[2]);
        if (at[1] < at[2])
            sim_arg(run, "application-code", text);
    }
    good = symbols_address(symbols, "mark_check", &mark);
    if (good)
        sim_mark(run, "check", mark, 1);
    symbols_close(symbols);
    return good;
}

/** The guest's module, or two of them. */
static bool add_guests(struct sim_run *run, const struct job *job,
                       struct sim_error *error)
{
    const char *inexact = job->machine == SIM_BOCHS ? "" : " inexact";
    char string[128];

    snprintf(string, sizeof string, "guest %s%s", job->words, inexact);
    if (sim_run_module_file(run, job->guest, string, error))
        return false;
    snprintf(string, sizeof string, "guest %s%s",
             job->second ? job->second : "", inexact);
    return !job->second ||
           sim_run_module_file(run, job->guest, string, error) == 0;
}

bool run_make(const struct job *job, struct sim_outcome *outcome,
              struct sim_error *error)
{
    const struct sim_options options = {
        .seconds = SECONDS, .stop_fd = -1, .wrapper = job->wrapper,
    };
    struct sim_run *run = sim_run_new(job->machine, job->folder);
    bool bochs = job->machine == SIM_BOCHS, good;
    char command_line[192];

    snprintf(command_line, sizeof command_line,
             "ringfence.elf dom0_max_vcpus=2%s%s%s %s",
             job->plain ? " plain" : "", bochs ? " console=none" : "",
             family_options(job),
             job->options ? job->options : "");
    sim_run_icount(run); /* a busy host does not move the guest's clock */
    if (job->ram_mb)
        sim_run_ram(run, job->ram_mb);
    sim_run_budget(run, job->budget ? job->budget : BUDGET);
    sim_run_record(run, bochs, false);
    for (unsigned i = 0; bochs && job->bare && i < NR_ORACLES; i++)
        sim_oracle(run, oracles[i], false);
    /* Without a console under Bochs: text is slow there. */
    sim_run_command_line(run, command_line);
    good = sim_run_image(run, job->image, error) == 0 &&
           sim_kernel_of_image(run, error) == 0 &&
           add_guests(run, job, error);
    if (good && bochs && !declare(run, job->guest)) {
        snprintf(error->text, sizeof error->text, "%s is not a conformance "
                 "guest", job->guest);
        good = false;
    }
    if (good && sim_run_prepare(run, error) == 0)
        sim_run_execute(run, &options, outcome);
    else
        good = false;
    sim_run_free(run);
    return good;
}

int run_read(const struct job *job, const struct check_list *list,
             struct seen *seen, char *text, size_t bytes,
             uint64_t *instructions)
{
    const struct event *e = NULL;
    struct sim_error error;
    struct trace *trace;
    char path[PATH_MAX];
    int reports = 0;

    snprintf(path, sizeof path, "%s/%s", job->folder, SIM_FILE_EVENTS);
    if (trace_open(path, false, &trace, &error)) {
        snprintf(text, bytes, "%s", error.text);
        return -1;
    }
    while ((e = trace_next(trace, e, EVENT_MARK))) {
        const struct event_registers *r = &trace_mark(e)->registers;
        struct seen *one = &seen[r->eax];

        if (r->eax >= list->nr)
            continue;
        one->nr_runs++;
        if (one->differs)
            continue;
        one->expected = r->edx;
        one->seen = r->ecx;
        one->differs = r->edx != r->ecx;
    }
    while ((e = trace_next(trace, e, EVENT_ORACLE)))
        if (reports++ == 0)
            snprintf(text, bytes, "oracle %s, code %u: %s",
                     trace_text(e)->name, e->a[1], trace_text(e)->text);
    e = trace_next(trace, NULL, EVENT_END);
    if (instructions && e)
        *instructions = e->icount;
    trace_close(trace);
    unlink(path);
    return reports;
}
