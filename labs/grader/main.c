/* SPDX-License-Identifier: MIT */
/**
 * @file main.c
 * rf-grade: the graders' command line, called by make.
 *
 *     rf-grade grade   --lab=N [--exercise=ID] [--test=ID] [--submission=P]
 *                      [--format=NAME] [--report=FILE] [--trace=FOLDER]
 *                      [--hidden=FOLDER] [--seeds=N] [--key=FILE]
 *     rf-grade render  --report=FILE --format=NAME
 *     rf-grade class   --lab=N --submissions=FOLDER --results=FOLDER
 *                      [--former=FOLDER] and grade's last line
 *     rf-grade table   --lab=N --results=FOLDER [--former=FOLDER]
 *     rf-grade samples --lab=N --dest=FOLDER
 *     rf-grade starter --lab=N --dest=FOLDER
 *     rf-grade submit  --lab=N --dest=FILE
 *     rf-grade check   --lab=N --report=FILE
 *     rf-grade mutants --lab=N [--exercise=ID] [--sample=N --report=FILE]
 *     rf-grade attacks --lab=N [--attack=NAME]
 *     rf-grade bench   --lab=N [--pin] [--report=FILE]
 *     rf-grade debug   --lab=N --test=ID --trace=FOLDER [--submission=P]
 *     rf-grade markers
 *     rf-grade overview
 *     rf-grade kinds   --report=FILE
 *
 * and for all of them --build=FOLDER, --cflags=WORDS, --seed=N, --jobs=N,
 * --fallback. Exit status: enum grader_exit.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/grader/attacks.h"
#include "labs/grader/bench.h"
#include "labs/grader/check.h"
#include "labs/grader/class.h"
#include "labs/grader/debug.h"
#include "labs/grader/grade.h"
#include "labs/grader/kinds.h"
#include "labs/grader/mutants.h"
#include "labs/grader/render.h"
#include "labs/grader/overview.h"
#include "labs/grader/show.h"
#include "labs/grader/starter.h"
#include "labs/grader/variant.h"

/** Everything that the command line can say. */
struct arguments {
    struct grader_options common;
    const char *exercise, *test, *submission, *format, *report, *trace, *dest;
    const char *key;
    struct class_options class;
    bool seed_said;
    const char *attack;
    bool times, pin;
    unsigned sample;
};

/** Options whose value is a text, and where it goes. */
static const struct {
    const char *name;
    size_t at; /**< in struct arguments */
} texts[] = {
    { "exercise", offsetof(struct arguments, exercise) },
    { "test", offsetof(struct arguments, test) },
    { "submission", offsetof(struct arguments, submission) },
    { "format", offsetof(struct arguments, format) },
    { "report", offsetof(struct arguments, report) },
    { "trace", offsetof(struct arguments, trace) },
    { "dest", offsetof(struct arguments, dest) },
    { "attack", offsetof(struct arguments, attack) },
    { "build", offsetof(struct arguments, common.build) },
    { "cflags", offsetof(struct arguments, common.cflags) },
    { "key", offsetof(struct arguments, key) },
    { "hidden", offsetof(struct arguments, common.hidden) },
    { "submissions", offsetof(struct arguments, class.submissions) },
    { "results", offsetof(struct arguments, class.results) },
    { "former", offsetof(struct arguments, class.former) },
};
#define NR_TEXTS (sizeof texts / sizeof texts[0])

/** The other ones; those of `texts` are numbered from OPTION_TEXT. */
enum option_number {
    OPTION_LAB = 256, OPTION_SEED, OPTION_SEEDS, OPTION_JOBS, OPTION_SAMPLE,
    OPTION_PIN, OPTION_TIMES, OPTION_FALLBACK, OPTION_TEXT,
};

static const struct option others[] = {
    { "lab", required_argument, NULL, OPTION_LAB },
    { "seed", required_argument, NULL, OPTION_SEED },
    { "seeds", required_argument, NULL, OPTION_SEEDS },
    { "jobs", required_argument, NULL, OPTION_JOBS },
    { "sample", required_argument, NULL, OPTION_SAMPLE },
    { "pin", no_argument, NULL, OPTION_PIN },
    { "times", no_argument, NULL, OPTION_TIMES },
    { "fallback", no_argument, NULL, OPTION_FALLBACK },
};
#define NR_OTHERS (sizeof others / sizeof others[0])

/** A number from 0 to max. */
static uint64_t number(const char *what, const char *text, uint64_t max)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value > max)
        grader_usage("%s=%s is no number from 0 to %llu", what, text,
                     (unsigned long long)max);
    return value;
}

static void take_option(struct arguments *a, int option, const char *value)
{
    switch (option) {
    case OPTION_LAB:
        a->common.lab = (unsigned)number("LAB", value, 99);
        break;
    case OPTION_SEED:
        a->common.seed = number("SEED", value, INT64_MAX - SEED_MAX);
        a->seed_said = true;
        break;
    case OPTION_SEEDS:
        a->common.nr_seeds = (unsigned)number("SEEDS", value, SEED_MAX);
        break;
    case OPTION_JOBS:
        a->common.jobs = (unsigned)number("JOBS", value, 64);
        break;
    case OPTION_SAMPLE:
        a->sample = (unsigned)number("SAMPLE", value, 255);
        break;
    case OPTION_PIN:
        a->pin = true;
        break;
    case OPTION_TIMES:
        a->times = true;
        break;
    case OPTION_FALLBACK:
        a->common.force_fallback = true;
        break;
    default:
        grader_usage("unknown option; see the head of main.c");
    }
}

/** The whole command line but for the command; it is then argv[optind]. */
static void take_options(struct arguments *a, int argc, char **argv)
{
    struct option all[NR_TEXTS + NR_OTHERS + 1] = { { 0 } };
    int option;

    for (unsigned i = 0; i < NR_TEXTS; i++)
        all[i] = (struct option){ texts[i].name, required_argument, NULL,
                                  OPTION_TEXT + (int)i };
    memcpy(&all[NR_TEXTS], others, sizeof others);
    while ((option = getopt_long(argc, argv, "", all, NULL)) != -1) {
        if (option >= OPTION_TEXT)
            *(const char **)((char *)a + texts[option - OPTION_TEXT].at) =
                optarg;
        else
            take_option(a, option, optarg);
    }
}

static void check_selection(const struct arguments *a,
                            const struct grading *grading)
{
    unsigned selected = 0;

    for (unsigned i = 0; i < grading->nr_items; i++)
        selected += grading->item[i].selected;
    if (a->trace && selected != 1)
        grader_usage("TRACE=1 shows one run: name it with TEST=, for "
                     "instance TEST=%s", grading->item[0].id);
}

static render_form *form_of(const struct arguments *a)
{
    render_form *form = render_find(a->format);

    if (!form)
        grader_usage("FORMAT=%s is not known; there is: %s", a->format,
                     render_names());
    return form;
}

/** Print a report in the form that was asked for. */
static void print_report(const struct arguments *a, const json_t *report)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
    struct render_options options = {
        .submission = a->submission,
        .colours = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") &&
                   !(no && *no),
    };
    char *text = form_of(a)(report, &options);

    fputs(text, stdout);
    free(text);
}

/** A grader, and the submission or the tree's own sources, ready to run. */
static void start_grading(const struct arguments *a, struct grader *g,
                          struct submission *submission,
                          struct grading *grading)
{
    grader_start(g, &a->common);
    if (a->submission)
        submission_read(g, a->submission, submission);
    else
        submission_of_tree(g, submission);
    grading_start(grading, g, submission, a->exercise, a->test);
}

static void stop_grading(struct grader *g, struct submission *submission,
                         struct grading *grading)
{
    grading_free(grading);
    submission_free(submission);
    grader_stop(g);
}

static int do_grade(const struct arguments *a)
{
    double start = monotonic_seconds();
    struct submission submission;
    struct grading grading;
    struct grader g;
    bool complete;
    json_t *report;

    form_of(a);
    start_grading(a, &g, &submission, &grading);
    check_selection(a, &grading);
    grading.report_path = a->report;
    grading.keep = a->trace;
    if (a->trace)
        remove_tree(a->trace); /* of another run, and perhaps there is none */
    grading_run(&grading);
    report = report_make(&grading);
    print_report(a, report);
    if (a->times)
        fprintf(stderr, "%u simulator runs, %.2f s in all\n",
                grading.nr_runs, monotonic_seconds() - start);
    complete = !grading_ungraded(&grading);
    json_decref(report);
    if (a->trace)
        show_run(&grading, grading_item(&grading, a->test));
    stop_grading(&g, &submission, &grading);
    return complete ? GRADER_DONE : GRADER_HARNESS;
}

/** A report that was kept, in another form. */
static int do_render(const struct arguments *a)
{
    json_error_t error;
    json_t *report;

    if (!a->report)
        grader_usage("say which report: --report=FILE");
    report = json_load_file(a->report, JSON_REJECT_DUPLICATES, &error);
    if (!report || strcmp(report_string(report, "form"), REPORT_FORM))
        grader_usage("%s is no report of this grader: %s", a->report,
                     report ? "its \"form\" is not " REPORT_FORM
                            : error.text);
    print_report(a, report);
    json_decref(report);
    return GRADER_DONE;
}

static int do_class(const struct arguments *a)
{
    if (!a->class.submissions || !a->class.results)
        grader_usage("say what to grade and where the results go: "
                     "SUBMISSIONS=folder RESULTS=folder");
    return class_grade(&a->common, &a->class) ? GRADER_DONE : GRADER_HARNESS;
}

static int do_table(const struct arguments *a)
{
    if (!a->class.results)
        grader_usage("say where the reports are: RESULTS=folder");
    return class_summarize(&a->common, &a->class) ? GRADER_DONE
                                                  : GRADER_HARNESS;
}

/** What a class could hand in, made up from the tree's own files. */
static int do_samples(const struct arguments *a)
{
    struct grader g;

    if (!a->dest)
        grader_usage("say where to: DEST=folder");
    grader_start(&g, &a->common);
    printf("%u made-up submissions are in %s.\n",
           variant_write_all(&g, a->dest), a->dest);
    grader_stop(&g);
    return GRADER_DONE;
}

static int do_starter(const struct arguments *a)
{
    struct lab lab;

    lab_read(a->common.lab, &lab);
    if (!a->dest)
        grader_usage("say where to: DEST=folder");
    printf("The starter of lab %u is in %s: %u files.\n", lab.number,
           a->dest, starter_export(&lab, a->common.build, a->dest));
    lab_free(&lab);
    return GRADER_DONE;
}

static int do_submit(const struct arguments *a)
{
    struct lab lab;

    lab_read(a->common.lab, &lab);
    starter_pack(&lab, a->dest);
    lab_free(&lab);
    return GRADER_DONE;
}

static int do_overview(const struct arguments *a)
{
    struct text page = { 0 };

    overview_write(&a->common, &page);
    fputs(page.data, stdout);
    text_free(&page);
    return GRADER_DONE;
}

/** Do the labs have attacks of every kind? */
static int do_kinds(const struct arguments *a)
{
    struct text lines = { 0 };

    if (!a->report)
        grader_usage("say where the results go: --report=FILE");
    kinds_check(&lines);
    if (!make_parent(a->report) ||
        !file_write_result(a->report, lines.data, lines.size))
        grader_fault("%s cannot be written: %s", a->report, strerror(errno));
    text_free(&lines);
    return GRADER_DONE;
}

static int do_markers(const struct arguments *a)
{
    (void)a;
    starter_check_markers();
    return GRADER_DONE;
}

static int do_check(const struct arguments *a)
{
    struct grader_options options = a->common;

    if (!a->report)
        grader_usage("say where the results go: --report=FILE");
    /* What is pinned is pinned for seeds that everybody has. */
    options.key = (struct bytes){ 0 };
    check_lab(&options, a->report);
    return GRADER_DONE;
}

static int do_mutants(const struct arguments *a)
{
    struct mutants_options what = { a->exercise, a->report, a->sample };
    bool good = mutants_lab(&a->common, &what);

    /* With a report, what is wrong is a line of it. */
    return good || a->report ? GRADER_DONE : GRADER_FAILED;
}

static int do_attacks(const struct arguments *a)
{
    return attacks_lab(&a->common, a->attack) ? GRADER_DONE : GRADER_FAILED;
}

static int do_bench(const struct arguments *a)
{
    struct bench_options what = { a->pin, a->report };
    bool good = bench_lab(&a->common, &what);

    return good || a->report ? GRADER_DONE : GRADER_FAILED;
}

static int do_debug(const struct arguments *a)
{
    struct grading grading;
    struct submission submission;
    struct grader g;
    json_t *report;

    if (!a->test || !a->trace)
        grader_usage("name the test: TEST=1.1/holes, or whichever failed");
    start_grading(a, &g, &submission, &grading);
    grading.keep = a->trace;
    remove_tree(a->trace);
    grading_run(&grading);
    debug_prepare(&grading, grading_item(&grading, a->test));
    report = report_make(&grading);
    print_report(a, report);
    json_decref(report);
    stop_grading(&g, &submission, &grading);
    return GRADER_DONE;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const struct arguments *);
    } commands[] = {
        { "grade", do_grade }, { "render", do_render },
        { "class", do_class }, { "table", do_table },
        { "samples", do_samples },
        { "starter", do_starter },
        { "submit", do_submit }, { "check", do_check },
        { "markers", do_markers }, { "mutants", do_mutants },
        { "attacks", do_attacks }, { "bench", do_bench },
        { "debug", do_debug },
        { "overview", do_overview }, { "kinds", do_kinds },
    };
    struct arguments a = {
        .common = { .lab = LAB_NOT_SAID, .build = "build", .cflags = "",
                    .seed = 1, .jobs = 2 },
        .format = "text",
    };
    struct text names = { 0 };

    take_options(&a, argc, argv);
    /* A seed that was said is wanted, as in a replay of one run. */
    seed_read_key(a.key, &a.common.key);
    if (a.seed_said)
        bytes_free(&a.common.key);
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (optind + 1 == argc && !strcmp(argv[optind], commands[i].name))
            return commands[i].run(&a);
    text_add(&names, "what to do?");
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++)
        text_add(&names, " %s", commands[i].name);
    grader_usage("%s", names.data);
}
