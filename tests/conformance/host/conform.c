/* SPDX-License-Identifier: MIT */
/**
 * @file conform.c
 * rf-conform: run a conformance guest, and judge each of its checks.
 *
 *     rf-conform BUILD FOLDER bochs|qemu|plain GUEST.elf
 *     rf-conform BUILD FOLDER end bochs|qemu|taught GUEST.elf WAY STATUS
 *     rf-conform BUILD FOLDER domains bochs|qemu|taught GUEST.elf
 *     rf-conform BUILD FOLDER mutant MUTANT.txt
 *
 * Prints result lines (see the top Makefile); BUILD is the build directory,
 * everything is written to FOLDER.
 *
 * Under Bochs a check passes when its mark was executed by the guest at ring
 * 1 and the two values in its registers are the same, each time; a check whose
 * mark was not executed fails. Under QEMU nothing is observed but the end of
 * the run: the guest powers off only when every check was made and passed.
 *
 * `plain` is Bochs too, but the guest is a plain domain, not the control
 * domain; checks that need the latter are left out.
 *
 * The hypervisor's short ways are in use under Bochs with the control domain;
 * in all other runs it is told to take the plain ones (option `fast=0`), so
 * that both stand before every check and every oracle.
 *
 * `end` is for guests that must end in one certain way: WAY is given on the
 * guest's command line, STATUS is that of src/include/machine.h. `taught` is
 * Bochs with the plain ways.
 *
 * `domains` is several domains of a guest that is about them, on QEMU or under
 * Bochs; `taught` is Bochs with the plain ways here, too.
 *
 * `mutant` builds a hypervisor that is broken on purpose, and demands that the
 * named check fails.
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
#include "tests/conformance/host/runs.h"
#include "tests/oracles/broken.h"

/** The family that is about domains without privilege. */
#define FAMILY_PLAIN "plain"

static const char *machine_name(enum sim_machine machine)
{
    return machine == SIM_BOCHS ? "bochs" : "qemu";
}

/** The last part of a path, without its suffix. */
static void stem(const char *path, char *name, size_t bytes)
{
    const char *slash = strrchr(path, '/');

    snprintf(name, bytes, "%s", slash ? slash + 1 : path);
    if (strrchr(name, '.'))
        *strrchr(name, '.') = '\0';
}

/** How the run is called in results. */
static const char *run_name(const struct job *job)
{
    return job->machine == SIM_QEMU ? "qemu"
           : job->taught            ? "taught"
           : job->plain             ? "plain" : "bochs";
}

/** One result line for each check. */
static void print_checks(const struct job *job, const struct check_list *list,
                         const struct seen *seen, const char *why)
{
    const char *run = run_name(job);

    for (size_t i = 0; i < list->nr; i++) {
        const struct check_entry *check = &list->check[i];

        if (job->plain && (check->flags & CHECK_ENTRY_NEEDS_CONTROL))
            continue;
        if (seen[i].nr_runs > 0 && !seen[i].differs)
            printf("pass conformance/%s/%s\n", run, check->id);
        else if (seen[i].nr_runs == 0)
            printf("fail conformance/%s/%s was not reached; %s\n", run,
                   check->id, why);
        else
            printf("fail conformance/%s/%s %s is 0x%" PRIx32 " (%" PRId32
                   "), not %s, 0x%" PRIx32 "\n", run, check->id, check->seen,
                   seen[i].seen, (int32_t)seen[i].seen, check->expected,
                   seen[i].expected);
    }
}

static void run_bochs(const struct job *job, const struct check_list *list,
                      const char *name)
{
    struct seen *seen = calloc(list->nr, sizeof *seen);
    struct sim_outcome outcome;
    struct sim_error error;
    const char *run = run_name(job);
    char text[1024];
    int reports;

    if (!seen)
        abort();
    if (!run_make(job, &outcome, &error)) {
        printf("fail conformance/%s/%s %s\n", run, name, error.text);
        return;
    }
    reports = run_read(job, list, seen, text, sizeof text, NULL);
    if (reports < 0)
        printf("fail conformance/%s/%s %s\n", run, name, text);
    else
        print_checks(job, list, seen, outcome.why);
    if (reports == 0)
        printf("pass conformance/%s/%s/oracles-silent\n", run, name);
    else if (reports > 0)
        printf("fail conformance/%s/%s/oracles-silent %s\n", run, name,
               text);
    if (job->second)
        printf("%s conformance/%s/%s/ends%s%s\n",
               outcome.status == job->status ? "pass" : "fail", run, name,
               outcome.status == job->status ? "" : " ",
               outcome.status == job->status ? "" : outcome.why);
    free(seen);
}

static void run_qemu(const struct job *job, const struct check_list *list,
                     const char *name)
{
    struct sim_outcome outcome;
    struct sim_error error;
    bool good = run_make(job, &outcome, &error) &&
                outcome.status == job->status;

    for (size_t i = 0; good && i < list->nr; i++) {
        if (list->check[i].flags & CHECK_ENTRY_NEEDS_EXACT)
            fprintf(stderr, "skipped on qemu, which knows neither segment "
                    "limits nor RF: %s\n", list->check[i].id);
        else
            printf("pass conformance/qemu/%s\n", list->check[i].id);
    }
    if (!good)
        printf("fail conformance/qemu/%s status %d; its serial line is in "
               "%s\n", name, outcome.status, job->folder);
}

/** All of a guest's checks on a machine. */
static void run_family(struct job *job)
{
    struct check_list list;
    const char *wrong = checks_read(job->guest, &list);
    char name[64];

    stem(job->guest, name, sizeof name);
    job->plain = job->plain || strcmp(name, FAMILY_PLAIN) == 0;
    if (wrong)
        printf("fail conformance/%s/%s %s\n", run_name(job), name, wrong);
    else if (job->machine == SIM_BOCHS)
        run_bochs(job, &list, name);
    else
        run_qemu(job, &list, name);
    checks_free(&list);
}

/** Several domains of one guest, each with a part of its checks: all of them
 *  passed if they power off, and then the hypervisor has lost nothing. */
static void run_domains(struct job *job)
{
    char options[160];

    if (!run_several(job, options, sizeof options))
        printf("fail conformance/%s/%s is about one domain\n", run_name(job),
               job->guest);
    else
        run_family(job);
}

/** Whether the guest came to its end on purpose: the first of its two checks
 *  was made, the second was not (guests/ends.c). */
static const char *ended_there(const struct job *job, char *text, size_t bytes)
{
    struct check_list list;
    struct seen seen[2] = { { .nr_runs = 0 }, { .nr_runs = 0 } };
    const char *wrong = checks_read(job->guest, &list);

    if (!wrong && list.nr != 2)
        wrong = "it has other checks than end.reached and end.survived";
    if (!wrong && run_read(job, &list, seen, text, bytes, NULL) != 0)
        wrong = text;
    for (size_t i = 0; !wrong && i < 2; i++) {
        bool survived = strcmp(list.check[i].id, "end.survived") == 0;

        if ((seen[i].nr_runs > 0) == survived)
            wrong = survived ? "it survived" : "it did not come so far";
    }
    checks_free(&list);
    return wrong;
}

/** A guest that must end in a certain way. */
static void run_end(struct job *job, const char *way, int status)
{
    struct sim_outcome outcome;
    struct sim_error error;
    const char *machine = machine_name(job->machine), *wrong = NULL;
    char text[1024];

    job->words = way;
    if (job->taught)
        machine = "taught";
    if (!run_make(job, &outcome, &error))
        wrong = error.text;
    else if (job->machine == SIM_BOCHS)
        wrong = ended_there(job, text, sizeof text);
    if (wrong)
        printf("fail conformance/%s/end.%s %s\n", machine, way, wrong);
    else if (outcome.status != status)
        printf("fail conformance/%s/end.%s status %d, not %d: %s\n", machine,
               way, outcome.status, status, outcome.why);
    else
        printf("pass conformance/%s/end.%s\n", machine, way);
}

/** Does the named check fail with a hypervisor that is broken on purpose? */
static const char *try_mutant(struct job *job, const struct variant *v,
                              const struct check_list *list, char *text,
                              size_t bytes)
{
    struct seen *seen = calloc(list->nr, sizeof *seen);
    struct sim_outcome outcome;
    struct sim_error error;
    size_t i = 0;

    while (i < list->nr && strcmp(list->check[i].id, v->check) != 0)
        i++;
    if (!seen)
        abort();
    if (i == list->nr)
        return "its guest does not have this check";
    if (!run_make(job, &outcome, &error)) {
        snprintf(text, bytes, "%s", error.text);
        return text;
    }
    if (run_read(job, list, seen, text, bytes, NULL) < 0)
        return text;
    if (seen[i].differs)
        return NULL;
    snprintf(text, bytes, "check %s %s; %s", v->check,
             seen[i].nr_runs ? "passed" : "was not reached", outcome.why);
    return text;
}

static void run_mutant(struct job *job, const char *path)
{
    char name[64], guest[PATH_MAX], image[PATH_MAX], text[1024];
    struct check_list list = { .nr = 0 };
    const char *wrong = NULL;
    struct complaint c;
    struct variant v;

    stem(path, name, sizeof name);
    if (variant_read(path, &v, &c) ||
        broken_build(&v, job->build, job->folder, &c))
        wrong = c.text;
    else if (!v.check)
        wrong = "it names no check";
    if (!wrong) {
        snprintf(guest, sizeof guest, "%s/conformance/%s.elf", job->build,
                 v.guest);
        snprintf(image, sizeof image, "%s/image.elf", job->folder);
        job->plain = strcmp(v.guest, FAMILY_PLAIN) == 0;
        job->guest = guest;
        job->image = image;
        job->options = v.options;
        wrong = checks_read(guest, &list);
    }
    if (!wrong)
        wrong = try_mutant(job, &v, &list, text, sizeof text);
    if (wrong)
        printf("fail conformance/mutant/%s %s\n", name, wrong);
    else
        printf("pass conformance/mutant/%s\n", name);
}

/** Who runs a guest, and with which ways: bochs, qemu, plain or taught. */
static void choose_machine(struct job *job, const char *word)
{
    bool qemu = strcmp(word, "qemu") == 0;

    job->machine = qemu ? SIM_QEMU : SIM_BOCHS;
    job->plain = strcmp(word, "plain") == 0;
    job->taught = strcmp(word, "taught") == 0;
    if (qemu || job->plain || job->taught)
        job->options = "fast=0";
}

int main(int argc, char **argv)
{
    struct job job = { .words = "", .options = "" };
    char image[PATH_MAX];
    bool end, domains;

    if (argc < 5) {
        fputs("usage: rf-conform BUILD FOLDER bochs|qemu|plain GUEST.elf\n"
              "       rf-conform BUILD FOLDER end bochs|qemu|taught GUEST.elf "
              "WAY STATUS\n"
              "       rf-conform BUILD FOLDER domains bochs|qemu|taught "
              "GUEST.elf\n"
              "       rf-conform BUILD FOLDER mutant MUTANT.txt\n", stderr);
        return EXIT_FAILURE;
    }
    job.build = argv[1];
    job.folder = argv[2];
    snprintf(image, sizeof image, "%s/ringfence.elf", job.build);
    job.image = image;
    mkdir(job.folder, 0777);
    if (strcmp(argv[3], "mutant") == 0) {
        run_mutant(&job, argv[4]);
        return EXIT_SUCCESS;
    }
    end = strcmp(argv[3], "end") == 0;
    domains = strcmp(argv[3], "domains") == 0;
    if (argc < (end ? 8 : domains ? 6 : 5))
        return EXIT_FAILURE;
    job.guest = argv[end || domains ? 5 : 4];
    choose_machine(&job, argv[end || domains ? 4 : 3]);
    if (end)
        run_end(&job, argv[6], atoi(argv[7]));
    else if (domains)
        run_domains(&job);
    else
        run_family(&job);
    return EXIT_SUCCESS;
}
