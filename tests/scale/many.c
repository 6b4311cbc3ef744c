/* SPDX-License-Identifier: MIT */
/**
 * @page test_scale Test: many domains, and what one costs
 *
 * Property: a hundred domains of one image, which is in memory once, all make
 * progress and end, and every frame comes back (the hypervisor itself panics if
 * one does not: src/hypervisor/domain/end.c); under Bochs within a budget of
 * instructions, no oracle being broken. One more idle domain costs the
 * hypervisor at most 20 kB, the figure of [Xen2003].
 *
 * Method: whole runs of guest *many*. The status decides. What a domain costs
 * is read out of memory: the free pages of the hypervisor's heap at the end of
 * two runs, with some and with more idle domains. The last domain of these
 * runs is a control domain whose end is the machine's: by then all others have
 * had their turn many times.
 *
 *     many check BUILD FOLDER           writes result lines
 *     many domains BUILD FOLDER N       runs N under Bochs, says how it ended
 *     many state BUILD FOLDER           says what one more idle domain costs
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"
#include "machine.h"
#include "sim/run/kernel.h"
#include "sim/run/run.h"
#include "sim/trace/symbols.h"

/* Building a domain of 4 MB and taking it apart takes 2.5 million each, nearly
 * all of it for the zeros in its memory; and 40 rounds of work. */
#define BUDGET_BASE 40000000ull
#define BUDGET_EACH 8000000ull
#define SECONDS 3000 /* a net: budgets decide */
#define MANY 100u

#define PAGE_BYTES 4096u
#define IDLE_FEW 4u
#define IDLE_MORE 20u
#define MOST_BYTES 20480u

/** What `count=` of one `domain=` can be. */
#define MOST_DOMAINS 1000u
/* A vCPU, shared_info and a grant table are a page each: less than that
 * means that the guests did not come so far. */
#define LEAST_BYTES (3 * PAGE_BYTES)

static const char *build, *folder;

/** A run of `nr` domains of guest *many*. NULL after a sentence. */
static struct sim_run *new_run(enum sim_machine machine, const char *name,
                               const char *line, const char *idle,
                               unsigned nr)
{
    struct sim_error error;
    struct sim_run *run;
    char path[512], guest[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    run = sim_run_new(machine, path);
    sim_run_boot(run, machine == SIM_QEMU ? SIM_BOOT_LOADER : SIM_BOOT_ROM);
    sim_run_ram(run, 48 + nr * 4);
    sim_run_budget(run, BUDGET_BASE + nr * BUDGET_EACH);
    sim_run_command_line(run, line);
    snprintf(path, sizeof(path), "%s/ringfence.elf", build);
    snprintf(guest, sizeof(guest), "%s/guests/many.elf", build);
    if (sim_run_image(run, path, &error) ||
        sim_kernel_of_image(run, &error) ||
        sim_run_module_file(run, guest, "many.elf", &error) ||
        (idle && sim_run_module_file(run, guest, idle, &error))) {
        fprintf(stderr, "many: %s\n", error.text);
        sim_run_free(run);
        return NULL;
    }
    return run;
}

/** Carry it out; frees it. */
static struct sim_outcome carry_out(struct sim_run *run)
{
    struct sim_options options = { .seconds = SECONDS, .stop_fd = -1 };
    struct sim_outcome outcome = { .status = MACHINE_HARNESS,
                                   .why = "it could not be prepared" };
    struct sim_error error;

    if (run && sim_run_prepare(run, &error) == 0)
        sim_run_execute(run, &options, &outcome);
    sim_run_free(run);
    return outcome;
}

static struct sim_outcome run_many(enum sim_machine machine, const char *name,
                                   unsigned nr)
{
    char line[128];
    struct sim_run *run;

    snprintf(line, sizeof(line), "ringfence.elf console=none "
                                 "domain=0,mem=4M,count=%u", nr);
    run = new_run(machine, name, line, NULL, nr);
    if (run && machine == SIM_BOCHS)
        sim_oracle_stop(run);
    return carry_out(run);
}

/** A word of the hypervisor's at the end of a run. */
static bool read_word(const char *name, const char *symbol, uint32_t *word)
{
    struct symbols *symbols;
    struct sim_error error;
    char path[512];
    uint32_t at;
    bool known;
    int file;

    snprintf(path, sizeof(path), "%s/ringfence.elf", build);
    if (symbols_open(path, &symbols, &error))
        return false;
    known = symbols_address(symbols, symbol, &at);
    symbols_close(symbols);
    snprintf(path, sizeof(path), "%s/%s/" SIM_FILE_MEMORY, folder, name);
    file = open(path, O_RDONLY);
    known = known && file >= 0 &&
            pread(file, word, sizeof(*word), at - IMAGE_OFFSET) ==
                (ssize_t)sizeof(*word);
    if (file >= 0)
        close(file);
    unlink(path); /* as large as the machine's memory */
    return known;
}

/** Free pages of the heap with `nr` idle domains, or a sentence. */
static bool free_pages(unsigned nr, uint32_t *pages)
{
    char name[32], line[128];
    struct sim_outcome outcome;
    struct sim_run *run;

    snprintf(name, sizeof(name), "idle-%u", nr);
    snprintf(line, sizeof(line), "ringfence.elf console=none "
                                 "domain=1,mem=4M,count=%u "
                                 "domain=0,mem=4M,control", nr);
    run = new_run(SIM_BOCHS, name, line, "many.elf idle", IDLE_MORE);
    if (run)
        sim_run_record(run, false, true);
    outcome = carry_out(run);
    if (outcome.status == MACHINE_POWEROFF &&
        read_word(name, "nr_free_pages", pages))
        return true;
    printf("%u idle domains: %s (status %d)\n", nr, outcome.why,
           outcome.status);
    return false;
}

/** Bytes that one more idle domain takes; 0 if that cannot be said. */
static uint32_t state_bytes(void)
{
    uint32_t few, more;

    if (!free_pages(IDLE_FEW, &few) || !free_pages(IDLE_MORE, &more))
        return 0;
    return (few - more) * PAGE_BYTES / (IDLE_MORE - IDLE_FEW);
}

static bool result(const char *name, bool good, const char *why, long number)
{
    if (good)
        printf("pass scale/%s\n", name);
    else
        printf("fail scale/%s %s (%ld)\n", name, why, number);
    fflush(stdout);
    return good;
}

static int check(void)
{
    struct sim_outcome qemu = run_many(SIM_QEMU, "many-qemu", MANY);
    struct sim_outcome bochs = run_many(SIM_BOCHS, "many-bochs", MANY);
    uint32_t bytes = state_bytes();
    bool good;

    good = result("many-qemu", qemu.status == MACHINE_POWEROFF, qemu.why,
                  qemu.status);
    good &= result("many-bochs", bochs.status == MACHINE_POWEROFF, bochs.why,
                   bochs.status);
    good &= result("state", bytes >= LEAST_BYTES && bytes <= MOST_BYTES,
                   "bytes for one more idle domain", (long)bytes);
    return good ? 0 : 2;
}

static int domains(unsigned nr)
{
    struct sim_outcome outcome = run_many(SIM_BOCHS, "many", nr);

    printf("%u domains, %llu million instructions allowed: %s (status %d)\n",
           nr, (BUDGET_BASE + nr * BUDGET_EACH) / 1000000, outcome.why,
           outcome.status);
    return outcome.status;
}

static int state(void)
{
    uint32_t bytes = state_bytes();

    printf("one more idle domain: %u bytes of the hypervisor's heap; the goal "
           "is at most %u\n", bytes, MOST_BYTES);
    return bytes >= LEAST_BYTES && bytes <= MOST_BYTES ? 0 : 1;
}

/** A number of the command line; ends the program if it is none. */
static unsigned long number(const char *name, const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0);

    if (end == text || *end != 0 || *text == '-') {
        fprintf(stderr, "many: %s=%s is no number\n", name, text);
        exit(64);
    }
    return value;
}

int main(int argc, char **argv)
{
    unsigned long nr;

    if (argc < 4 || (strcmp(argv[1], "domains") == 0 && argc != 5)) {
        fprintf(stderr, "usage: many check|domains|state BUILD FOLDER [N]\n");
        return 64;
    }
    build = argv[2];
    folder = argv[3];
    if (mkdir(folder, 0777) != 0 && access(folder, W_OK) != 0) {
        perror(folder);
        return 66;
    }
    if (strcmp(argv[1], "check") == 0)
        return check();
    if (strcmp(argv[1], "state") == 0)
        return state();
    nr = number("N", argv[4]);
    if (nr < 1 || nr > MOST_DOMAINS) {
        fprintf(stderr, "many: N=%s is not from 1 to %u\n", argv[4],
                MOST_DOMAINS);
        return 64;
    }
    return domains((unsigned)nr);
}
