/* SPDX-License-Identifier: MIT */
/**
 * @file break.c
 * rf-break: does an oracle notice a hypervisor that is broken on purpose?
 *
 *     rf-break BUILD FOLDER VARIANT.txt   build it, run its guest, judge
 *     rf-break BUILD FOLDER --silent NAME GUEST.elf
 *              [STATUS [OPTIONS [FIRST SECOND]]]
 *                                         the unbroken one: no report at all;
 *                                         the last two are the words of two
 *                                         domains
 *     rf-break BUILD FOLDER --disturbed NAME GUEST.elf
 *                                         the same while what the guest
 *                                         shares changes between any two reads
 *     rf-break BUILD FOLDER --leaks NAME GUEST.elf
 *                                         twice, with other values of what
 *                                         nobody wrote: the guest sees none
 *
 * BUILD is the build directory; everything is written to FOLDER. Prints one
 * result line (see the top Makefile). The compiler's and the assembler's
 * command lines come from RF_HV_CC and RF_HV_NASM, guests from the folders
 * that RF_GUESTS lists, separated by blanks.
 *
 * The verdict comes from the event records alone. A run in which the named
 * oracle reported under the named code is caught, whatever came of it
 * afterwards; a broken hypervisor may well hang or panic.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"
#include "sim/run/kernel.h"
#include "sim/run/run.h"
#include "sim/trace/reader.h"
#include "sim/trace/symbols.h"
#include "tests/oracles/broken.h"
#include "tests/oracles/leaks.h"

/** In the place of an oracle's name: the hypervisor itself must notice. */
#define HYPERVISOR_PANIC "panic"

/** The oracle that takes two runs, and what nobody wrote in each. */
#define NO_LEAKS "no-leaks"
#define POISON "0xA5C3695A"
#define OTHER_POISON "0x1E7A42D1"

#define BUDGET 150000000u /* most need 23 million; who waits for text, 100 */
#define SECONDS 900u /* a net: budgets decide */

static const char *build, *folder;

/** Print the result line, and end. What a good run left behind is removed:
 *  its events alone are tens of megabytes. */
static _Noreturn void result(bool pass, const char *name, const char *reason)
{
    static const char *const files[] = { SIM_FILE_EVENTS, SIM_FILE_ROM,
                                         "image.elf" };
    char path[PATH_MAX];

    for (unsigned i = 0; pass && i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    if (pass)
        printf("pass oracles/%s\n", name);
    else
        printf("fail oracles/%s -- %s\n", name, reason);
    exit(EXIT_SUCCESS);
}

/* evtchn_pending and evtchn_mask in shared_info, as 32-bit guests have it:
 * behind 32 vcpu_info of 64 bytes. */
#define BITMAPS_START 0x800u
#define BITMAPS_END 0x900u

/* The first page of a grant table. */
#define GRANT_PAGE 0x1000u

/** The event bitmaps change between any two reads of ring 0: of a guest that
 *  maps shared_info at this symbol. The other words of that page say what the
 *  oracle *context* expects of the hypervisor, so they stay. So do the grant
 *  entries of a guest that maps its table at grant_entries. */
static void declare_shared(struct sim_run *run, struct symbols *symbols)
{
    char text[64];
    uint32_t at;

    if (symbols_address(symbols, "shared_page", &at)) {
        snprintf(text, sizeof text, "0x%" PRIX32 "-0x%" PRIX32,
                 at + BITMAPS_START, at + BITMAPS_END);
        sim_arg(run, "disturb", text);
    }
    if (symbols_address(symbols, "grant_entries", &at)) {
        snprintf(text, sizeof text, "0x%" PRIX32 "-0x%" PRIX32, at,
                 at + GRANT_PAGE);
        sim_arg(run, "disturb", text);
    }
}

/** The last part of a path, without its suffix. */
static char *stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = strdup(slash ? slash + 1 : path);
    char *dot = name ? strrchr(name, '.') : NULL;

    if (dot)
        *dot = '\0';
    return name;
}

/** Where the named guest is. */
static bool find_guest(const char *name, char *path, size_t bytes)
{
    const char *folders = getenv("RF_GUESTS");
    char *copy = strdup(folders ? folders : "");
    char *rest = copy, *one;
    bool found = false;

    while (!found && (one = strsep(&rest, " "))) {
        snprintf(path, bytes, "%s/%s.elf", one, name);
        found = *one && access(path, R_OK) == 0;
    }
    free(copy);
    return found;
}

/** What of the guest is kernel and what is application, and where its calls'
 *  arguments are: from the symbols of the guests' own linker script, and of
 *  the guest. Guests of other people have none. */
static void declare_guest(struct sim_run *run, const char *guest,
                          bool disturb)
{
    uint32_t start, user, user_end, end, page;
    struct symbols *symbols;
    char text[64];

    if (symbols_open(guest, &symbols, NULL))
        return;
    if (symbols_address(symbols, "image_start", &start) &&
        symbols_address(symbols, "user_start", &user) &&
        symbols_address(symbols, "user_end", &user_end) &&
        symbols_address(symbols, "image_end", &end)) {
        snprintf(text, sizeof text, "0x%" PRIX32 "-0x%" PRIX32, start, user);
        sim_arg(run, "kernel-code", text);
        snprintf(text, sizeof text, "0x%" PRIX32 "-0x%" PRIX32, user,
                 user_end);
        if (user < user_end)
            sim_arg(run, "application-code", text);
    }
    if (symbols_address(symbols, "arguments_page", &page)) {
        snprintf(text, sizeof text, "0x%" PRIX32 "-0x%" PRIX32, page,
                 page + 4096);
        sim_arg(run, "arguments", text);
    }
    if (disturb)
        declare_shared(run, symbols);
    symbols_close(symbols);
}

/** The value of what nobody wrote, or NULL: zeros, and nothing is noted. */
static const char *poison;

/** What the guest of a variant is told, and a second domain of it. */
static const char *words = "", *second;
#define TWO_DOMAINS "domain=0,mem=8M domain=1,mem=8M"

static bool add_guests(struct sim_run *run, const char *guest,
                       struct sim_error *error)
{
    char string[128];

    snprintf(string, sizeof string, "guest.elf %s", words);
    if (sim_run_module_file(run, guest, string, error))
        return false;
    snprintf(string, sizeof string, "guest.elf %s", second ? second : "");
    return !second || sim_run_module_file(run, guest, string, error) == 0;
}

static bool run_guest(const char *image, const char *guest,
                      const char *hypervisor_options, bool disturb,
                      struct sim_outcome *outcome, struct sim_error *error)
{
    const struct sim_options options = { .seconds = SECONDS, .stop_fd = -1 };
    char line[128];
    struct sim_run *run = sim_run_new(SIM_BOCHS, folder);
    bool good;

    sim_run_budget(run, BUDGET);
    sim_run_record(run, true, false);
    /* The serial line is slow, and nobody reads it. */
    snprintf(line, sizeof line, "ringfence.elf console=none %s %s",
             hypervisor_options, second ? TWO_DOMAINS : "");
    sim_run_command_line(run, line);
    good = sim_run_image(run, image, error) == 0 &&
           sim_kernel_of_image(run, error) == 0 &&
           add_guests(run, guest, error);
    if (good) {
        declare_guest(run, guest, disturb);
        if (poison)
            sim_arg(run, "poison", poison);
        good = sim_run_prepare(run, error) == 0;
    }
    if (good)
        sim_run_execute(run, &options, outcome);
    sim_run_free(run);
    return good;
}

/** Run a guest twice; whether it saw what nobody wrote (leaks_compare()), or
 *  -1 after a sentence. */
static int run_twice(const char *image, const char *guest,
                     const char *hypervisor_options, char *why, size_t bytes)
{
    const char *const poisons[] = { POISON, OTHER_POISON };
    const char *whole = folder;
    char run_folder[2][PATH_MAX];
    struct sim_outcome outcome;
    struct sim_error error;
    bool good = true;

    for (unsigned i = 0; i < 2 && good; i++) {
        snprintf(run_folder[i], PATH_MAX, "%s/run%u", whole, i);
        folder = run_folder[i];
        poison = poisons[i];
        good = run_guest(image, guest, hypervisor_options, false, &outcome,
                         &error);
    }
    folder = whole;
    if (good)
        return leaks_compare(run_folder[0], run_folder[1], why, bytes);
    snprintf(why, bytes, "%s", error.text);
    return -1;
}

/** What the oracles said, in the run's record. */
struct reports {
    unsigned all, named;
    char first[400]; /**< the first report, whoever made it */
};

static bool read_reports(const char *oracle, unsigned code,
                         struct reports *to, struct sim_error *error)
{
    const struct event *e = NULL;
    struct trace *trace;
    char path[PATH_MAX];

    memset(to, 0, sizeof *to);
    snprintf(path, sizeof path, "%s/%s", folder, SIM_FILE_EVENTS);
    if (trace_open(path, false, &trace, error))
        return false;
    while ((e = trace_next(trace, e, EVENT_ORACLE))) {
        const struct event_text *text = trace_text(e);

        if (to->all++ == 0)
            snprintf(to->first, sizeof to->first, "%s, code %u: %.300s",
                     text->name, e->a[1], text->text);
        if (oracle && strcmp(text->name, oracle) == 0 && e->a[1] == code)
            to->named++;
    }
    trace_close(trace);
    return true;
}

/** The result line of two runs. */
static _Noreturn void judge_leaks(const char *name, int expected, int found,
                                  const char *why)
{
    if (found != expected && found == 0)
        why = "the guest saw the same in both runs";
    result(found == expected, name, why);
}

static _Noreturn void try_variant(const char *path)
{
    char guest[PATH_MAX], image[PATH_MAX], name[128];
    struct sim_outcome outcome;
    struct sim_error error;
    struct reports reports;
    struct complaint c;
    struct variant v;
    char *variant = stem(path);

    snprintf(name, sizeof name, "caught/%s", variant);
    if (variant_read(path, &v, &c))
        result(false, name, c.text);
    words = v.words;
    second = v.second;
    snprintf(image, sizeof image, "%s/image.elf", folder);
    if (broken_build(&v, build, folder, &c))
        result(false, name, c.text);
    if (!find_guest(v.guest, guest, sizeof guest))
        result(false, name, "its guest is not built");
    if (strcmp(v.oracle, NO_LEAKS) == 0)
        judge_leaks(name, 1, run_twice(image, guest, v.options, c.text,
                                       sizeof c.text), c.text);
    if (!run_guest(image, guest, v.options, v.disturb, &outcome, &error) ||
        !read_reports(v.oracle, v.code, &reports, &error))
        result(false, name, error.text);
    if (strcmp(v.oracle, HYPERVISOR_PANIC) == 0)
        reports.named = outcome.status == MACHINE_PANIC;
    if (reports.named == 0) {
        snprintf(c.text, sizeof c.text, "%s did not notice under code %u "
                 "(%s); %s", v.oracle, v.code, outcome.why,
                 reports.all ? reports.first : "no oracle said anything");
        result(false, name, c.text);
    }
    result(true, name, NULL);
}

static _Noreturn void try_silent(const char *name, const char *guest,
                                 int status, const char *hypervisor_options)
{
    char image[PATH_MAX], full[128], reason[600];
    struct sim_outcome outcome;
    struct sim_error error;
    struct reports reports;

    snprintf(full, sizeof full, "silent/%s", name);
    snprintf(image, sizeof image, "%s/ringfence.elf", build);
    if (!run_guest(image, guest, hypervisor_options, false, &outcome,
                   &error) ||
        !read_reports(NULL, 0, &reports, &error))
        result(false, full, error.text);
    if (reports.all > 0)
        result(false, full, reports.first);
    if (outcome.status != status) {
        snprintf(reason, sizeof reason, "status %d instead of %d: %s",
                 outcome.status, status, outcome.why);
        result(false, full, reason);
    }
    result(true, full, NULL);
}

/** A guest whose shared pages change under the hypervisor's hands may come to
 *  any end of its own; the hypervisor must not, and no oracle may be broken. */
static _Noreturn void try_disturbed(const char *name, const char *guest)
{
    char image[PATH_MAX], full[128], reason[600];
    struct sim_outcome outcome;
    struct sim_error error;
    struct reports reports;

    snprintf(full, sizeof full, "disturbed/%s", name);
    snprintf(image, sizeof image, "%s/ringfence.elf", build);
    if (!run_guest(image, guest, "", true, &outcome, &error) ||
        !read_reports(NULL, 0, &reports, &error))
        result(false, full, error.text);
    if (reports.all > 0)
        result(false, full, reports.first);
    if (outcome.status != MACHINE_POWEROFF &&
        outcome.status != MACHINE_GUEST_CRASHED) {
        snprintf(reason, sizeof reason, "status %d: %s", outcome.status,
                 outcome.why);
        result(false, full, reason);
    }
    result(true, full, NULL);
}

/** The unbroken hypervisor tells a guest nothing that it did not write. */
static _Noreturn void try_leaks(const char *name, const char *guest)
{
    char image[PATH_MAX], full[128], why[400];

    snprintf(full, sizeof full, "no-leaks/%s", name);
    snprintf(image, sizeof image, "%s/ringfence.elf", build);
    judge_leaks(full, 0, run_twice(image, guest, "", why, sizeof why), why);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: rf-break BUILD FOLDER VARIANT.txt\n"
              "       rf-break BUILD FOLDER --silent NAME GUEST.elf "
              "[STATUS [OPTIONS [FIRST SECOND]]]\n"
              "       rf-break BUILD FOLDER --disturbed NAME GUEST.elf\n"
              "       rf-break BUILD FOLDER --leaks NAME GUEST.elf\n",
              stderr);
        return EXIT_FAILURE;
    }
    build = argv[1];
    folder = argv[2];
    mkdir(folder, 0777);
    if (strncmp(argv[3], "--", 2) != 0)
        try_variant(argv[3]);
    if (argc < 6)
        return EXIT_FAILURE;
    if (strcmp(argv[3], "--disturbed") == 0)
        try_disturbed(argv[4], argv[5]);
    if (strcmp(argv[3], "--leaks") == 0)
        try_leaks(argv[4], argv[5]);
    if (argc > 9) {
        words = argv[8];
        second = argv[9];
    }
    try_silent(argv[4], argv[5], argc > 6 ? atoi(argv[6]) : 0,
               argc > 7 ? argv[7] : "");
}
