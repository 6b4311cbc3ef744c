/* SPDX-License-Identifier: MIT */
/**
 * @file shares.c
 * What domains get of the processor, and how long who wakes waits for it, under
 * Bochs, seen from outside.
 *
 *     rf-shares IMAGE GUESTS FOLDER CASE...
 *
 * A case is a number of domains that compute all the time (guest spin), or
 * warp-MICROSECONDS: seven of those, and one that sleeps and wakes (guest nap)
 * with that warp. FOLDER gets a file of numbers a case, for the plots. Standard
 * output: a line "pass" or "fail" a check.
 *
 * Every vCPU has page tables of its own in CR3: so the loads of CR3 in the
 * event record say who ran from when to when, in instructions, and no guest is
 * asked. What is said of itself by a guest is only which domain it is (a mark),
 * and how late it woke.
 *
 * A vCPU may be ahead by the context-switch allowance, 100 us here; the weights
 * and lengths are chosen so that this is 0.5 % of the least share, or less.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "machine.h"
#include "sim/run/domains.h"
#include "sim/run/kernel.h"
#include "sim/run/run.h"
#include "sim/trace/reader.h"
#include "sim/trace/symbols.h"

#define MAX_DOMAINS 128
#define SECONDS 900u

/** One case of shares: `kinds` weights, `first` and on by `step`, each of
 *  `count` domains. */
static const struct shares_case {
    unsigned nr;       /**< kinds * count */
    unsigned kinds, count, first, step;
    unsigned ms;       /**< when the first ends, in system time */
    unsigned ram_mb;
    uint64_t budget;   /**< instructions */
} shares_cases[] = {
    { 2, 2, 1, 256, 512, 600, 64, 100000000 },
    { 8, 8, 1, 256, 256, 1800, 96, 250000000 },
    { 100, 10, 10, 256, 64, 18000, 560, 1500000000 },
};

#define NR_SHARES_CASES (sizeof(shares_cases) / sizeof(shares_cases[0]))

static const char *image, *guests, *folder;

static _Noreturn void give_up(const char *sentence)
{
    fprintf(stderr, "rf-shares: %s\n", sentence);
    exit(1);
}

/* --- A run ---------------------------------------------------------------- */

struct setup {
    const char *name;
    char command_line[1024];
    const char *guest[2], *arguments[2]; /* modules, in the options' order */
    const char *mark[2];
    const char *end; /* a mark of the last of them ends the run */
    unsigned nr_guests, ram_mb;
    uint64_t budget;
};

static void add_guest(struct sim_run *run, const struct setup *s, unsigned i,
                      struct sim_error *error)
{
    char path[4096], string[128];
    struct symbols *symbols;
    uint32_t address;

    snprintf(path, sizeof(path), "%s/%s.elf", guests, s->guest[i]);
    snprintf(string, sizeof(string), "%s.elf %s", s->guest[i],
             s->arguments[i]);
    if (sim_run_module_file(run, path, string, error) ||
        symbols_open(path, &symbols, error))
        give_up(error->text);
    if (!symbols_address(symbols, s->mark[i], &address))
        give_up(s->mark[i]);
    sim_mark(run, s->mark[i], address, 1);
    if (i + 1 == s->nr_guests) {
        if (!symbols_address(symbols, s->end, &address))
            give_up(s->end);
        sim_mark(run, s->end, address, 1);
        sim_end(run, s->end);
    }
    symbols_close(symbols);
}

/** Run it; the record, or NULL after a line "fail". */
static struct trace *record(const struct setup *s)
{
    struct sim_options options = { .stop_fd = -1, .seconds = SECONDS };
    struct sim_error error = { "" };
    struct sim_outcome outcome;
    struct sim_run *run;
    struct trace *trace;
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, s->name);
    run = sim_run_new(SIM_BOCHS, path);
    if (sim_run_image(run, image, &error) ||
        sim_kernel_of_image(run, &error))
        give_up(error.text);
    for (unsigned i = 0; i < s->nr_guests; i++)
        add_guest(run, s, i, &error);
    sim_run_command_line(run, s->command_line);
    sim_run_ram(run, s->ram_mb);
    sim_run_budget(run, s->budget);
    sim_run_record(run, true, false);
    if (sim_run_prepare(run, &error))
        give_up(error.text);
    sim_run_execute(run, &options, &outcome);
    sim_run_free(run);
    if (outcome.status != MACHINE_POWEROFF) {
        printf("fail scheduling/%s/ends %s\n", s->name, outcome.why);
        return NULL;
    }
    strcat(path, "/" SIM_FILE_EVENTS);
    if (trace_open(path, false, &trace, &error))
        give_up(error.text);
    remove(path); /* it is large, and mapped */
    printf("pass scheduling/%s/ends\n", s->name);
    return trace;
}

static FILE *numbers(const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s.txt", folder, name);
    file = fopen(path, "w");
    if (!file)
        give_up(path);
    return file;
}

/* --- Shares --------------------------------------------------------------- */

struct ran {
    uint32_t cr3;   /**< 0: not known yet */
    uint64_t count; /**< instructions in the window */
};

static unsigned weight_of(const struct shares_case *c, unsigned domain)
{
    return c->first + (domain - 1) / c->count * c->step;
}

/** Is it the mark that ends the run: the first one has computed enough? */
static bool ends(const struct event *event)
{
    const struct event_mark *mark = trace_mark(event);

    return mark && strcmp(mark->name, "mark_spin_over") == 0;
}

/** Add instructions to the domain of a base, if it is one's. */
static void charge(struct ran *ran, unsigned nr, uint32_t cr3, uint64_t count)
{
    for (unsigned i = 1; i <= nr; i++)
        if (ran[i].cr3 == cr3)
            ran[i].count += count;
}

/** From the last one's beginning to the window's: instructions for each domain.
 *  A first turn is long, for it has the guest's start in it; a moment later the
 *  virtual times are together. */
#define SETTLE 250000u

/** Who ran from a moment after the last one's beginning to the first one's end.
 *  @return the window's instructions; 0 if not all began. */
static uint64_t count(const struct trace *trace, unsigned nr,
                      struct ran *ran)
{
    uint64_t start = 0, last = 0;
    unsigned begun = 0;
    uint32_t cr3 = 0;

    for (size_t i = 0; i < trace_nr_events(trace); i++) {
        const struct event *event = trace_event(trace, i);
        const struct event_mark *mark = trace_mark(event);

        if (mark && !ends(event) && mark->registers.eax <= nr && begun < nr) {
            ran[mark->registers.eax].cr3 = cr3 = event->cr3;
            if (++begun == nr)
                start = event->icount + (uint64_t)nr * SETTLE;
        }
        if (event->kind != EVENT_CR_WRITE && !ends(event))
            continue;
        if (last < start)
            last = start;
        if (begun == nr && event->icount > last)
            charge(ran, nr, cr3, event->icount - last);
        last = event->icount;
        if (event->kind == EVENT_CR_WRITE && event->a[0] == 3)
            cr3 = event->a[1];
        if (ends(event))
            return begun == nr && last > start ? last - start : 0;
    }
    return 0;
}

/** All shares within 1 % of what is due; the worst is in the line. */
static void judge(const struct shares_case *c, const struct ran *ran,
                  uint64_t window, const char *name)
{
    FILE *file = numbers(name);
    double weights = 0, worst = 0;

    for (unsigned i = 1; i <= c->nr; i++)
        weights += weight_of(c, i);
    fprintf(file, "# in %" PRIu64 " instructions: domain weight due%% got%% "
                  "off%%\n", window);
    for (unsigned i = 1; i <= c->nr; i++) {
        double due = weight_of(c, i) / weights;
        double got = (double)ran[i].count / (double)window;
        double off = 100 * (got / due - 1);

        fprintf(file, "%u %u %.4f %.4f %.3f\n", i, weight_of(c, i),
                100 * due, 100 * got, off);
        if (off > worst || -off > worst)
            worst = off < 0 ? -off : off;
    }
    fclose(file);
    if (worst <= 1)
        printf("pass scheduling/%s/within-1-percent\n", name);
    else
        printf("fail scheduling/%s/within-1-percent the worst is %.3f %% "
               "off\n", name, worst);
}

static void shares(const struct shares_case *c)
{
    static struct ran ran[MAX_DOMAINS];
    struct setup s = { .guest = { "spin" }, .mark = { "mark_spin_begins" },
                       .end = "mark_spin_over", .nr_guests = 1, .ram_mb = c->ram_mb,
                       .budget = c->budget };
    char name[32], arguments[32];
    struct trace *trace;
    uint64_t window;
    int at;

    snprintf(name, sizeof(name), "shares-%u", c->nr);
    snprintf(arguments, sizeof(arguments), "ms=%u", c->ms);
    s.name = name;
    s.arguments[0] = arguments;
    at = snprintf(s.command_line, sizeof(s.command_line),
                  "ringfence.elf fast bvt_allowance=100");
    for (unsigned i = 0; i < c->kinds; i++)
        at += snprintf(s.command_line + at,
                       sizeof(s.command_line) - (size_t)at,
                       " domain=0,count=%u,mem=4M,weight=%u", c->count,
                       c->first + i * c->step);
    trace = record(&s);
    if (!trace)
        return;
    memset(ran, 0, sizeof(ran));
    window = count(trace, c->nr, ran);
    if (window == 0)
        printf("fail scheduling/%s/within-1-percent not all of them began\n",
               name);
    else
        judge(c, ran, window, name);
    trace_close(trace);
}

/* --- Latency -------------------------------------------------------------- */

#define NAPS 100u

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/** A warped domain runs at once, but for what ring 0 takes: below 200 us. One
 *  that is not waits for somebody's slice now and then: 1 ms at the worst, or
 *  there would be nothing to gain. */
static void judge_latency(unsigned warp_us, uint32_t late[NAPS],
                          const char *name)
{
    FILE *file = numbers(name);
    uint32_t worst;

    qsort(late, NAPS, sizeof(*late), compare);
    worst = late[NAPS - 1];
    fprintf(file, "# percent of the wake-ups, microseconds at most\n");
    for (unsigned i = 0; i < NAPS; i++)
        fprintf(file, "%u %u\n", i + 1, late[i]);
    fclose(file);
    if (warp_us ? worst <= 200 : worst >= 1000)
        printf("pass scheduling/%s/latency\n", name);
    else
        printf("fail scheduling/%s/latency the worst was %u us\n", name,
               worst);
}

/** The wake-ups of guest nap, in order: its marks count down in edx. Another
 *  guest may have an instruction at the same address. @return how many. */
static unsigned collect(const struct trace *trace, uint32_t late[NAPS])
{
    const struct event *event = NULL;
    unsigned n = 0;

    while ((event = trace_next(trace, event, EVENT_MARK)) != NULL) {
        const struct event_mark *mark = trace_mark(event);

        if (n < NAPS && strcmp(mark->name, "mark_nap_over") == 0 &&
            mark->registers.edx == NAPS - n)
            late[n++] = mark->registers.eax;
    }
    return n;
}

static void latency(unsigned warp_us)
{
    struct setup s = {
        .guest = { "spin", "nap" },
        .mark = { "mark_spin_begins", "mark_nap_over" },
        .end = "mark_naps_done",
        .arguments = { "ms=60000", "ms=1000 naps=100" },
        .nr_guests = 2, .ram_mb = 96, .budget = 400000000,
    };
    uint32_t late[NAPS];
    struct trace *trace;
    char name[32];
    unsigned n;

    snprintf(name, sizeof(name), "warp-%u", warp_us);
    s.name = name;
    snprintf(s.command_line, sizeof(s.command_line),
             "ringfence.elf fast domain=0,count=7,mem=4M "
             "domain=1,mem=4M,warp=%u", warp_us);
    trace = record(&s);
    if (!trace)
        return;
    n = collect(trace, late);
    if (n == NAPS)
        judge_latency(warp_us, late, name);
    else
        printf("fail scheduling/%s/latency it woke %u times\n", name, n);
    trace_close(trace);
}

static void run_case(const char *name)
{
    if (strncmp(name, "warp-", 5) == 0) {
        latency((unsigned)strtoul(name + 5, NULL, 10));
        return;
    }
    for (size_t i = 0; i < NR_SHARES_CASES; i++)
        if (shares_cases[i].nr == strtoul(name, NULL, 10)) {
            shares(&shares_cases[i]);
            return;
        }
    give_up("a case is 2, 8, 100 or warp-MICROSECONDS");
}

int main(int argc, char **argv)
{
    if (argc < 5)
        give_up("IMAGE GUESTS FOLDER CASE...");
    image = argv[1];
    guests = argv[2];
    folder = argv[3];
    mkdir(folder, 0777);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 4; i < argc; i++)
        run_case(argv[i]);
    return 0;
}
