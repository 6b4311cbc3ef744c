/* SPDX-License-Identifier: MIT */
/**
 * @file bench.c
 * `make bench-grader`; contract in bench.h.
 */
#include "labs/grader/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/grade.h"
#include "labs/grader/interleave.h"
#include "labs/grader/variant.h"

/** So much more than pinned is the hypervisor's growth, which every boot
 *  runs through; more is a mistake. */
#define MORE_PERCENT 25u

/** A submission of the solution's would be taken for the reference, and its
 *  runs for known. This one has the same code and other bytes. */
static const char difference[] =
    "\nstatic const char bench_difference[] __attribute__((used)) = \"x\";\n";

/** What one grading cost. */
struct cost {
    unsigned runs;
    uint64_t instructions;
    double set_up, grading; /**< seconds */
    bool right;             /**< 100 points */
};

static void make_submission(const struct grader *g, struct submission *to)
{
    struct submission solved;

    variant_partial(g, (1u << g->lab.nr_exercises) - 1, &solved);
    submission_empty(to);
    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        char *source = must_format("%s%s", solved.part[i].source.data,
                                   difference);

        submission_set(to, i, source, strlen(source));
        free(source);
    }
    submission_free(&solved);
}

static void measure(struct grader *g, const struct grader_options *options,
                    struct cost *cost)
{
    struct submission submission;
    struct grading grading;
    double start = monotonic_seconds();

    grader_start(g, options);
    make_submission(g, &submission);
    cost->set_up = monotonic_seconds() - start;
    grading_start(&grading, g, &submission, NULL, NULL);
    grading_run(&grading);
    cost->grading = monotonic_seconds() - start - cost->set_up;
    cost->runs = grading.nr_runs;
    for (unsigned i = 0; i < grading.nr_items; i++)
        cost->instructions += grading.item[i].instructions;
    cost->right = grading_score(&grading, NULL) == 100 * POINT;
    grading_free(&grading);
    submission_free(&submission);
}

static void print_cost(const struct grader *g, const struct cost *cost)
{
    double all = cost->set_up + cost->grading;

    printf("Lab %u, %s: a right submission, %u jobs\n"
           "  %u simulator runs, %.1f million instructions\n"
           "  %.2f s a submission: %.2f s to start, %.2f s to compile, link, "
           "run and judge\n"
           "  %.2f s a simulator run, with its share of all else\n"
           "  %.0f submissions an hour\n",
           g->lab.number, g->lab.title, g->jobs, cost->runs,
           (double)cost->instructions / 1e6, all, cost->set_up, cost->grading,
           cost->runs ? cost->grading * g->jobs / cost->runs : 0, 3600 / all);
}

/** Interleavings, where a test has any: for people, like all seconds. */
static void print_interleavings(const struct grader *g)
{
    struct interleave_cost cost;

    for (const struct test *const *test = g->lab.tests; *test; test++) {
        if (!interleave_measure(g, *test, &cost))
            continue;
        printf("  %s: %llu boundaries, %u children in %.2f s: %.3f ms a "
               "boundary, %.1f ms a child\n", (*test)->id,
               (unsigned long long)cost.boundaries, cost.children,
               cost.seconds, cost.seconds * 1e3 / (double)cost.boundaries,
               cost.seconds * 1e3 / cost.children);
    }
}

static void pin(const char *path, const struct cost *cost)
{
    json_t *json = json_pack("{s:i, s:I, s:I}", "runs", (int)cost->runs,
                             "instructions", (json_int_t)cost->instructions,
                             "seconds",
                             (json_int_t)(cost->set_up + cost->grading + 0.5));
    char *text = json_dumps(json, JSON_INDENT(2));
    char *line = must_format("%s\n", text ? text : "");

    if (!text || !file_write(path, line, strlen(line)))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    printf("  pinned in %s\n", path);
    free(line);
    free(text);
    json_decref(json);
}

/** What is wrong with the cost; NULL: nothing. free() it. */
static char *compare(const char *path, const struct cost *cost)
{
    json_t *json = json_load_file(path, 0, NULL);
    json_int_t runs = json_integer_value(json_object_get(json, "runs"));
    json_int_t most = json_integer_value(json_object_get(json,
                                                         "instructions"));
    char *problem = NULL;

    json_decref(json);
    if (!cost->right)
        return must_copy("the submission is right and did not score 100");
    if (!runs || !most)
        return must_format("nothing is pinned in %s: make bench-grader PIN=1 "
                           "does it", path);
    printf("  pinned: %lld runs, %.1f million instructions\n",
           (long long)runs, (double)most / 1e6);
    most += most * MORE_PERCENT / 100;
    if (cost->runs != runs)
        problem = must_format("there are %u runs, and %lld are pinned in %s",
                              cost->runs, (long long)runs, path);
    else if (cost->instructions > (uint64_t)most)
        problem = must_format("%llu instructions are more than %u %% above "
                              "what is pinned in %s",
                              (unsigned long long)cost->instructions,
                              MORE_PERCENT, path);
    return problem;
}

static void write_result(const char *results, unsigned lab,
                         const char *problem)
{
    char *line = must_format("%s labs/%u/cost%s%s\n",
                             problem ? "fail" : "pass", lab,
                             problem ? " " : "", problem ? problem : "");

    if (!make_parent(results) || !file_write(results, line, strlen(line)))
        grader_fault("%s cannot be written: %s", results, strerror(errno));
    free(line);
}

bool bench_lab(const struct grader_options *options,
               const struct bench_options *what)
{
    struct cost cost = { 0 };
    struct grader g;
    char *path, *problem = NULL;
    bool good;

    measure(&g, options, &cost);
    path = must_format("%s/bench.json", g.lab.folder);
    print_cost(&g, &cost);
    print_interleavings(&g);
    if (what->pin && cost.right)
        pin(path, &cost);
    else
        problem = compare(path, &cost);
    if (problem)
        printf("  WRONG: %s\n", problem);
    if (what->results)
        write_result(what->results, g.lab.number, problem);
    good = !problem;
    free(problem);
    free(path);
    grader_stop(&g);
    return good;
}
