/* SPDX-License-Identifier: MIT */
/**
 * @file check.c
 * Proving that a lab grades as it should; contract in check.h.
 *
 * Each case is a child of the pool that grades one or a few variants and
 * writes lines: "pass NAME", "fail NAME reason", and "killed ID" for the
 * tests that killed a mutant. Cases share the scratch folder, so that a run
 * that several need (the reference's) takes place once.
 */
#include "labs/grader/checks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/attacks.h"
#include "labs/grader/grade.h"
#include "labs/grader/pool.h"
#include "labs/grader/variant.h"

/* What a lab must have: labs.md of the design. */
#define MIN_TESTS 12u
#define MIN_TESTS_EXERCISE 2u
#define MIN_MUTANTS 15u
#define MIN_ATTACKS 3u

/** Seeds with which the solution must score everything. */
static const uint64_t seeds[] = { 1, 2, 3, 4711 };

void check_result(const struct check *check, struct text *out, bool good,
                  const char *what, const char *name, const char *fmt, ...)
{
    struct text reason = { 0 };
    va_list list;

    va_start(list, fmt);
    text_add_list(&reason, fmt, list);
    va_end(list);
    for (size_t i = 0; i < reason.size; i++)
        if (reason.data[i] == '\n')
            reason.data[i] = ' ';
    text_add(out, "%s labs/%u/%s%s%s%s%s\n", good ? "pass" : "fail",
             check->g.lab.number, what, name ? "/" : "", name ? name : "",
             good ? "" : " ", good ? "" : reason.data);
    text_free(&reason);
}

static exercise_set all_of(const struct lab *lab)
{
    return (1u << lab->nr_exercises) - 1;
}

/** The first failure's message, for a reason. */
static const char *first_failure(const struct grading *grading)
{
    for (unsigned i = 0; i < grading->nr_items; i++)
        if (grading->item[i].selected &&
            grading->item[i].verdict != VERDICT_PASS)
            return grading->item[i].message;
    return "";
}

static void grade(const struct grader *g, struct submission *submission,
                  const char *exercise, struct grading *grading)
{
    grading_start(grading, g, submission, exercise, NULL);
    grading_run(grading);
}

/* --- Solution and starter --------------------------------------------- */

static void check_solution(const struct check *check, const char *name,
                           struct text *out)
{
    struct grader g = check->g;
    struct submission submission;
    struct grading grading;

    g.seed = strtoull(name, NULL, 10);
    variant_partial(&g, all_of(&g.lab), &submission);
    grade(&g, &submission, NULL, &grading);
    check_result(check, out,
                 grading_score(&grading, NULL) == 100 * POINT &&
                 grading_max(&grading, NULL) == 100 * POINT,
                 "solution-scores-100/seed", name,
                 "it scores %u hundredths: %s",
                 grading_score(&grading, NULL), first_failure(&grading));
    grading_free(&grading);
    submission_free(&submission);
}

/** Twice, the second time without what is known from the first. */
static void check_same_bytes(const struct check *check, const char *name,
                             struct text *out)
{
    char *report[2];

    (void)name;
    for (unsigned i = 0; i < 2; i++) {
        struct grader g = check->g;
        struct submission submission;
        struct grading grading;

        g.fresh = i == 1;
        variant_partial(&g, all_of(&g.lab), &submission);
        grade(&g, &submission, NULL, &grading);
        report[i] = report_json(&grading);
        grading_free(&grading);
        submission_free(&submission);
    }
    check_result(check, out, !strcmp(report[0], report[1]),
                 "reports-are-identical", NULL,
                 "two reports on the solution differ");
    free(report[0]);
    free(report[1]);
}

static void check_starter(const struct check *check, const char *name,
                          struct text *out)
{
    const struct lab *lab = &check->g.lab;
    struct submission submission;
    struct grading grading;
    const char *broken = NULL;

    (void)name;
    variant_partial(&check->g, 0, &submission);
    grade(&check->g, &submission, NULL, &grading);
    for (unsigned i = 0; i < lab->nr_exercises; i++)
        if (!submission.part[i].object)
            broken = submission.part[i].problem;
    check_result(check, out, !broken, "starter-compiles", NULL, "%s",
                 broken ? broken : "");
    check_result(check, out,
                 grading_score(&grading, NULL) == lab->starter_score * POINT,
                 "starter-scores-as-pinned", NULL,
                 "it scores %u hundredths instead of %u points",
                 grading_score(&grading, NULL), lab->starter_score);
    for (unsigned i = 0; i < grading.nr_items; i++) {
        const struct item *item = &grading.item[i];
        bool passed = item->verdict == VERDICT_PASS;

        if (!item->whole && passed != item->test->regression)
            check_result(check, out, false, "starter", item->id,
                         passed ? "it passes, and is no regression test"
                         : "it fails, and is a regression test");
    }
    grading_free(&grading);
    submission_free(&submission);
}

static unsigned score_of(const struct grader *g, exercise_set solved)
{
    struct submission submission;
    struct grading grading;
    unsigned score;

    variant_partial(g, solved, &submission);
    grade(g, &submission, NULL, &grading);
    score = grading_score(&grading, NULL);
    grading_free(&grading);
    submission_free(&submission);
    return score;
}

/** Put exercise `name` back alone, and as the next one in the lab's order:
 *  each time the score rises by its points, and by the whole's when the lab
 *  is complete. */
static void check_put_back(const struct check *check, const char *name,
                           struct text *out)
{
    const struct lab *lab = &check->g.lab;
    const struct exercise *exercise = lab_exercise(lab, name);
    unsigned index = (unsigned)(exercise - lab->exercise);
    exercise_set before = (1u << index) - 1, own = 1u << index;
    unsigned whole = (before | own) == all_of(lab) ? lab->whole_points : 0;
    unsigned alone = score_of(&check->g, own) - score_of(&check->g, 0);
    unsigned next = score_of(&check->g, before | own) -
                    score_of(&check->g, before);

    check_result(check, out, alone == exercise->points * POINT,
                 "put-back-alone", name,
                 "the score rises by %d hundredths, not by %u points",
                 (int)alone, exercise->points);
    check_result(check, out, next == (exercise->points + whole) * POINT,
                 "put-back-in-order", name,
                 "the score rises by %d hundredths, not by %u points",
                 (int)next, exercise->points + whole);
}

/* --- Mutants and attacks ---------------------------------------------- */

static void judge_mutant(const struct check *check,
                         const struct mutant *mutant,
                         struct submission *submission, struct text *out)
{
    struct grading grading;
    bool named = false;
    unsigned killers = 0;

    grade(&check->g, submission, mutant->exercise, &grading);
    for (unsigned i = 0; i < grading.nr_items; i++) {
        const struct item *item = &grading.item[i];

        if (!item->selected || item->verdict != VERDICT_FAIL)
            continue;
        killers++;
        named |= !strcmp(item->id, mutant->killed_by);
        text_add(out, "killed %s\n", item->id);
    }
    check_result(check, out, named, "mutant", mutant->name,
                 killers ? "%s does not kill it, %u others do"
                 : "%s does not kill it, nor does any other (%u)",
                 mutant->killed_by, killers);
    grading_free(&grading);
}

static void check_mutant(const struct check *check, const char *name,
                         struct text *out)
{
    struct submission submission;
    struct mutant mutant;
    char *problem = NULL;

    if (!mutant_read(&check->g.lab, name, &mutant, &problem) ||
        !mutant_make(&check->g, &mutant, &submission, &problem)) {
        check_result(check, out, false, "mutant", name, "%s", problem);
    } else {
        judge_mutant(check, &mutant, &submission, out);
        submission_free(&submission);
    }
    free(problem);
    mutant_free(&mutant);
}

static void judge_attack(const struct check *check,
                         const struct attack *attack, const char *variant,
                         struct attempt attempt, struct text *out)
{
    char *name = must_format("%s/%s", attack->name, variant);

    attack_try(&check->g, attack, &attempt);
    check_result(check, out, !attempt.problem, "attack", name, "%s",
                 attempt.problem ? attempt.problem : "");
    free(attempt.message);
    free(attempt.problem);
    free(name);
}

static void check_attack(const struct check *check, const char *name,
                         struct text *out)
{
    struct attack a;
    char *problem = NULL;

    if (attack_read(&check->g.lab, name, &a, &problem)) {
        judge_attack(check, &a, "starter",
                     (struct attempt){ .seed = a.seed,
                                       .expected = a.starter }, out);
        judge_attack(check, &a, "half",
                     (struct attempt){ .half = a.half, .seed = a.seed,
                                       .expected = a.halfway }, out);
        if (a.learned_seed)
            judge_attack(check, &a, "learned",
                         (struct attempt){ .seed = a.learned_seed,
                                           .expected = a.learned,
                                           .by_heart = true }, out);
    } else {
        check_result(check, out, false, "attack", name, "%s", problem);
    }
    free(problem);
    attack_free(&a);
}

/* --- What is counted -------------------------------------------------- */

static void check_tests(struct check *check, unsigned nr_mutants,
                        unsigned nr_attacks)
{
    const struct lab *lab = &check->g.lab;
    unsigned all = 0;

    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        const char *id = lab->exercise[i].id;
        unsigned nr = 0, hostile = 0;

        for (unsigned j = 0; lab->tests[j]; j++) {
            bool own = !strcmp(lab->tests[j]->exercise, id);

            nr += own;
            hostile += own && lab->tests[j]->hostile;
        }
        all += nr;
        check_result(check, &check->lines, nr >= MIN_TESTS_EXERCISE && hostile,
                     "tests", id, "it has %u tests, %u of them hostile", nr,
                     hostile);
    }
    check_result(check, &check->lines, all >= MIN_TESTS, "tests", "all",
                 "the lab has %u tests, not %u", all, MIN_TESTS);
    check_result(check, &check->lines, nr_mutants >= MIN_MUTANTS, "mutants",
                 "all", "the lab has %u mutants, not %u", nr_mutants,
                 MIN_MUTANTS);
    check_result(check, &check->lines, nr_attacks >= MIN_ATTACKS, "attacks",
                 "all", "the lab has %u attacks, not %u", nr_attacks,
                 MIN_ATTACKS);
}

/** A test that kills no mutant proves nothing. */
static void check_killers(struct check *check)
{
    for (unsigned i = 0; check->g.lab.tests[i]; i++) {
        const struct test *test = check->g.lab.tests[i];
        char *line = must_format("\n%s\n", test->id);

        check_result(check, &check->lines,
                     test->regression || strstr(check->killed.data, line),
                     "kills", test->id, "it kills no mutant");
        free(line);
    }
}

/* --- All cases -------------------------------------------------------- */

static void do_case(void *context, unsigned index, struct text *out)
{
    struct check *check = context;
    const struct check_case *one = &check->cases[index];

    one->run(check, one->name, out);
}

static void case_done(void *context, unsigned index, const char *lines,
                      size_t size)
{
    struct check *check = context;

    (void)size;
    if (!lines) {
        check_result(check, &check->lines, false, "case",
                     check->cases[index].name, "its process died");
        return;
    }
    while (*lines) {
        size_t length = strcspn(lines, "\n");

        if (!strncmp(lines, "killed ", 7))
            text_add(&check->killed, "%.*s\n", (int)length - 7, lines + 7);
        else
            text_add(&check->lines, "%.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static void add_case(struct check *check, check_run *run, const char *name)
{
    check->cases = reallocarray(check->cases, check->nr + 1,
                                sizeof *check->cases);
    if (!check->cases)
        grader_fault("out of memory (a list of checks)");
    check->cases[check->nr++] = (struct check_case){
        run, name ? must_copy(name) : NULL
    };
}

/** A case for each mutant or attack. @return how many. */
static unsigned add_named(struct check *check, const char *kind,
                          check_run *run)
{
    char **names;
    unsigned nr = variant_names(&check->g.lab, kind, &names);

    for (unsigned i = 0; i < nr; i++) {
        add_case(check, run, names[i]);
        free(names[i]);
    }
    free(names);
    return nr;
}

void check_lab(const struct grader_options *options, const char *results)
{
    struct check check = { 0 };
    unsigned jobs = options->jobs, nr_mutants, nr_attacks;

    grader_start(&check.g, options);
    check.g.jobs = 1;
    text_add(&check.killed, "\n");
    add_case(&check, check_tree, NULL);
    for (unsigned i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        char *name = must_format("%llu", (unsigned long long)seeds[i]);

        add_case(&check, check_solution, name);
        free(name);
    }
    add_case(&check, check_same_bytes, NULL);
    add_case(&check, check_starter, NULL);
    add_case(&check, check_lines, NULL);
    add_case(&check, check_handout, NULL);
    for (unsigned i = 0; i < check.g.lab.nr_exercises; i++)
        add_case(&check, check_put_back, check.g.lab.exercise[i].id);
    nr_mutants = add_named(&check, "mutants", check_mutant);
    nr_attacks = add_named(&check, "attacks", check_attack);
    pool_run(check.nr, jobs, do_case, case_done, &check);
    check_tests(&check, nr_mutants, nr_attacks);
    check_killers(&check);
    if (!make_parent(results) ||
        !file_write(results, check.lines.data, check.lines.size))
        grader_fault("%s cannot be written: %s", results, strerror(errno));
    for (unsigned i = 0; i < check.nr; i++)
        free(check.cases[i].name);
    free(check.cases);
    text_free(&check.lines);
    text_free(&check.killed);
    grader_stop(&check.g);
}
