/* SPDX-License-Identifier: MIT */
/**
 * @file main.c
 * rf-sim: one run of the whole machine from the command line. What
 * `make run` calls; see run.h for the library.
 *
 * Its exit status is the run's (machine.h), 64 after a mistake on the
 * command line, 66 after a file that cannot be read, 130 after Ctrl-C.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "machine.h"
#include "sim/run/domains.h"
#include "sim/run/kernel.h"
#include "sim/run/run.h"

#define STATUS_USAGE 64
#define STATUS_FILE 66
#define STATUS_STOPPED 130

static const char usage[] =
    "usage: rf-sim [option]...\n"
    "  --machine bochs|qemu     the simulator (bochs)\n"
    "  --boot loader|rom|iso    how the image comes into memory (loader)\n"
    "  --image FILE             the hypervisor, a Multiboot 1 ELF image\n"
    "  --iso FILE               a CD image, for --boot iso\n"
    "  --command-line TEXT      its command line, the first word a name\n"
    "  --module FILE            one more module; its name is the first word;\n"
    "                           the first one may be packed, or a bzImage\n"
    "  --domain TEXT            one or more domains: FILE[*COUNT][,OPTION]...;\n"
    "                           see src/hypervisor/domain/order.c\n"
    "  --arguments TEXT         what follows in the last module's string, and\n"
    "                           in those of all --domain\n"
    "  --memory MB              RAM (64)\n"
    "  --seed N                 shifts the timer's phase (0)\n"
    "  --budget N               instructions at most (Bochs)\n"
    "  --seconds N              wall-clock limit\n"
    "  --icount                 QEMU: the clock counts instructions\n"
    "  --events                 Bochs: record events\n"
    "  --oracle-stop            Bochs: a broken oracle ends the run\n"
    "  --dump                   Bochs: write RAM at the end\n"
    "  --gdb                    QEMU: wait for gdb on port 1234\n"
    "  --folder DIR             where the run's files go (build/run)\n"
    "  --program FILE           the simulator's program\n"
    "  --quiet                  no serial line, no last sentence\n";

/** What the command line said. */
struct arguments {
    enum sim_machine machine;
    enum sim_boot boot;
    const char *image, *iso, *command_line, *folder;
    struct {
        const char *path, *arguments;
    } module[ROM_MAX_MODULES];
    unsigned nr_modules;
    struct domains domains;
    const char *domain_arguments;
    unsigned memory;
    uint64_t seed, budget;
    bool icount, events, oracle_stop, dump, quiet;
    struct sim_options options;
};

enum option_id {
    OPTION_MACHINE = 1,
    OPTION_BOOT,
    OPTION_IMAGE,
    OPTION_ISO,
    OPTION_COMMAND_LINE,
    OPTION_MODULE,
    OPTION_DOMAIN,
    OPTION_ARGUMENTS,
    OPTION_MEMORY,
    OPTION_SEED,
    OPTION_BUDGET,
    OPTION_SECONDS,
    OPTION_ICOUNT,
    OPTION_EVENTS,
    OPTION_ORACLE_STOP,
    OPTION_DUMP,
    OPTION_GDB,
    OPTION_FOLDER,
    OPTION_PROGRAM,
    OPTION_QUIET,
};

static const struct option options[] = {
    { "machine", required_argument, NULL, OPTION_MACHINE },
    { "boot", required_argument, NULL, OPTION_BOOT },
    { "image", required_argument, NULL, OPTION_IMAGE },
    { "iso", required_argument, NULL, OPTION_ISO },
    { "command-line", required_argument, NULL, OPTION_COMMAND_LINE },
    { "module", required_argument, NULL, OPTION_MODULE },
    { "domain", required_argument, NULL, OPTION_DOMAIN },
    { "arguments", required_argument, NULL, OPTION_ARGUMENTS },
    { "memory", required_argument, NULL, OPTION_MEMORY },
    { "seed", required_argument, NULL, OPTION_SEED },
    { "budget", required_argument, NULL, OPTION_BUDGET },
    { "seconds", required_argument, NULL, OPTION_SECONDS },
    { "icount", no_argument, NULL, OPTION_ICOUNT },
    { "events", no_argument, NULL, OPTION_EVENTS },
    { "oracle-stop", no_argument, NULL, OPTION_ORACLE_STOP },
    { "dump", no_argument, NULL, OPTION_DUMP },
    { "gdb", no_argument, NULL, OPTION_GDB },
    { "folder", required_argument, NULL, OPTION_FOLDER },
    { "program", required_argument, NULL, OPTION_PROGRAM },
    { "quiet", no_argument, NULL, OPTION_QUIET },
    { NULL, 0, NULL, 0 },
};

/** The option whose value is being read, for sentences about it. */
static const char *current_option;

/** Say what is wrong with the command line, and stop. */
static _Noreturn void mistake(const char *what, const char *value)
{
    fprintf(stderr, "rf-sim: %s \"%s\"\n", what, value);
    exit(STATUS_USAGE);
}

/** Say what is wrong with the current option's value, and stop. */
static _Noreturn void wrong_value(const char *value, const char *what)
{
    fprintf(stderr, "rf-sim: --%s: \"%s\" is %s\n", current_option, value,
            what);
    exit(STATUS_USAGE);
}

/** A whole number in any base that C writes. */
static uint64_t number(const char *text)
{
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(text, &end, 0);
    if (errno || end == text || *end || text[0] == '-')
        wrong_value(text, "no whole number");
    return value;
}

/** A number that is kept in an unsigned int. */
static unsigned small_number(const char *text)
{
    uint64_t value = number(text);

    if (value > 1000000)
        wrong_value(text, "more than 1000000");
    return (unsigned)value;
}

/** The index of a word in a list of names that ends with NULL. */
static unsigned choice(const char *text, const char *const *names)
{
    char what[64] = "none of";
    size_t length = strlen(what);
    unsigned i;

    for (i = 0; names[i]; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
        length += (size_t)snprintf(what + length, sizeof(what) - length,
                                   "%s %s", i ? "," : "", names[i]);
    }
    wrong_value(text, what);
}

static void take_module(struct arguments *a, const char *path)
{
    if (a->nr_modules == ROM_MAX_MODULES)
        mistake("too many modules:", path);
    a->module[a->nr_modules++].path = path;
}

static void take_domain(struct arguments *a, const char *text)
{
    struct sim_error error;

    if (domains_add(&a->domains, text, &error) == 0)
        return;
    fprintf(stderr, "rf-sim: %s\n", error.text);
    exit(STATUS_USAGE);
}

/** Text for the strings of the modules that were named so far. */
static void take_module_arguments(struct arguments *a, const char *text)
{
    if (a->nr_modules == 0 && a->domains.nr_modules == 0)
        mistake("--arguments before any --module or --domain:", text);
    if (a->nr_modules > 0)
        a->module[a->nr_modules - 1].arguments = text;
    a->domain_arguments = text;
}

/** Options that say what the machine is. */
static bool take_machine_option(struct arguments *a, int id, const char *text)
{
    static const char *const machines[] = { "bochs", "qemu", NULL };
    static const char *const boots[] = { "loader", "rom", "iso", NULL };

    switch (id) {
    case OPTION_MACHINE:
        a->machine = choice(text, machines);
        return true;
    case OPTION_BOOT:
        a->boot = choice(text, boots);
        return true;
    case OPTION_IMAGE:
        a->image = text;
        return true;
    case OPTION_ISO:
        a->iso = text;
        return true;
    case OPTION_COMMAND_LINE:
        a->command_line = text;
        return true;
    case OPTION_MODULE:
        take_module(a, text);
        return true;
    case OPTION_DOMAIN:
        take_domain(a, text);
        return true;
    case OPTION_ARGUMENTS:
        take_module_arguments(a, text);
        return true;
    case OPTION_MEMORY:
        a->memory = small_number(text);
        return true;
    case OPTION_SEED:
        a->seed = number(text);
        return true;
    case OPTION_BUDGET:
        a->budget = number(text);
        return true;
    }
    return false;
}

/** Options that say how it is run. */
static void take_run_option(struct arguments *a, int id, const char *text)
{
    switch (id) {
    case OPTION_SECONDS:
        a->options.seconds = small_number(text);
        break;
    case OPTION_ICOUNT:
        a->icount = true;
        break;
    case OPTION_EVENTS:
        a->events = true;
        break;
    case OPTION_ORACLE_STOP:
        a->oracle_stop = true;
        break;
    case OPTION_DUMP:
        a->dump = true;
        break;
    case OPTION_GDB:
        a->options.gdb = true;
        break;
    case OPTION_FOLDER:
        a->folder = text;
        break;
    case OPTION_PROGRAM:
        a->options.program = text;
        break;
    case OPTION_QUIET:
        a->quiet = true;
        break;
    default:
        fputs(usage, stderr);
        exit(STATUS_USAGE);
    }
}

static void take_arguments(struct arguments *a, int argc, char **argv)
{
    int id, index = 0;

    while ((id = getopt_long(argc, argv, "", options, &index)) != -1) {
        current_option = options[index].name;
        if (!take_machine_option(a, id, optarg))
            take_run_option(a, id, optarg);
    }
    if (optind < argc)
        mistake("not an option:", argv[optind]);
}

/** A module's string: its file's name, then its arguments. */
static int add_module(struct sim_run *run, const char *path, bool kernel,
                      const char *arguments, struct sim_error *error)
{
    const char *slash = strrchr(path, '/');
    char *string;
    int result;

    if (asprintf(&string, "%s%s%s", slash ? slash + 1 : path,
                 arguments && *arguments ? " " : "",
                 arguments ? arguments : "") < 0)
        abort();
    result = kernel ? sim_run_kernel_file(run, path, string, error)
                    : sim_run_module_file(run, path, string, error);
    free(string);
    return result;
}

/** The modules of --module, of which the first is a kernel, then those of
 *  --domain; never both, because the hypervisor knows them by their numbers. */
static int add_modules(struct sim_run *run, const struct arguments *a,
                       struct sim_error *error)
{
    unsigned i;

    if (a->nr_modules > 0 && a->domains.nr_modules > 0)
        return sim_fail(error, "--module and --domain do not go together");
    for (i = 0; i < a->nr_modules; i++)
        if (add_module(run, a->module[i].path, i == 0,
                       a->module[i].arguments, error))
            return -1;
    for (i = 0; i < a->domains.nr_modules; i++)
        if (add_module(run, a->domains.module[i], a->domains.kernel[i],
                       a->domain_arguments, error))
            return -1;
    return 0;
}

/** The command line, with what is said about domains behind it. */
static void add_command_line(struct sim_run *run, const struct arguments *a)
{
    char *line;

    if (!a->command_line && !a->domains.text[0])
        return;
    if (asprintf(&line, "%s%s", a->command_line ? a->command_line
                                                : "ringfence.elf",
                 a->domains.text) < 0)
        abort();
    sim_run_command_line(run, line);
    free(line);
}

/** Turn the arguments into a description. */
static struct sim_run *describe(const struct arguments *a,
                                struct sim_error *error)
{
    struct sim_run *run = sim_run_new(a->machine, a->folder);

    sim_run_boot(run, a->boot);
    sim_run_ram(run, a->memory);
    sim_run_seed(run, a->seed);
    sim_run_budget(run, a->budget);
    sim_run_record(run, a->events, a->dump);
    if (a->icount)
        sim_run_icount(run);
    if (a->oracle_stop)
        sim_oracle_stop(run);
    add_command_line(run, a);
    if ((a->iso && sim_run_iso(run, a->iso, error)) ||
        (a->image && (sim_run_image(run, a->image, error) ||
                      sim_kernel_of_image(run, error))) ||
        add_modules(run, a, error)) {
        sim_run_free(run);
        return NULL;
    }
    return run;
}

/** A descriptor that becomes readable on Ctrl-C or a request to end. */
static int stop_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
    static struct arguments a = {
        .folder = "build/run",
        .memory = SIM_DEFAULT_RAM_MB,
    };
    struct sim_outcome outcome;
    struct sim_error error = { "" };
    struct sim_run *run;

    take_arguments(&a, argc, argv);
    run = describe(&a, &error);
    if (!run || sim_run_prepare(run, &error)) {
        fprintf(stderr, "ringfence: %s\n", error.text);
        sim_run_free(run);
        return STATUS_FILE;
    }
    a.options.console = !a.quiet;
    a.options.interactive = !a.quiet && a.machine == SIM_QEMU &&
                            isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
                            tcgetpgrp(STDIN_FILENO) == getpgrp();
    a.options.stop_fd = stop_signals();
    sim_run_execute(run, &a.options, &outcome);
    if (!a.quiet)
        fprintf(stderr, "ringfence: %s (status %d)%s\n", outcome.why,
                outcome.status,
                outcome.status == MACHINE_ORACLE
                    ? "; make trace KIND=oracle,end says which and where"
                    : "");
    sim_run_free(run);
    return outcome.stopped ? STATUS_STOPPED : outcome.status;
}
