/* SPDX-License-Identifier: MIT */
/**
 * @file attacks.c
 * Trying attacks, and their table; contracts in attacks.h.
 *
 *     kind            attack        starter  half done  honest  ...
 *     text forgery    prints-pass         0          0       0
 *     forged marks    skips-boot          0         44      44
 */
#include "labs/grader/attacks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/pool.h"
#include "labs/grader/render.h"

/** Bytes of a message that the table shows. */
#define MESSAGE_SHOWN 100u

/* --- One variant ---------------------------------------------------------- */

/** Does the attack bring a file of its own for this exercise? */
static bool is_attacked(const struct lab *lab, const struct attack *attack,
                        const struct exercise *exercise)
{
    char *file = must_format("%s/attacks/%s/files/%s", lab->folder,
                             attack->name, exercise->file);
    bool brought = file_exists(file);

    free(file);
    return brought;
}

/** Points of the exercises that are right and that the attack leaves alone:
 *  nothing else of it is anybody's work. */
static unsigned honest_points(const struct lab *lab,
                              const struct attack *attack, exercise_set half)
{
    unsigned points = lab->starter_score;

    for (unsigned i = 0; i < lab->nr_exercises; i++)
        if (half & 1u << i && !is_attacked(lab, attack, &lab->exercise[i]))
            points += lab->exercise[i].points;
    return points;
}

/** The first failure's message that has the finding; else that of the first
 *  failure in an exercise that was attacked; else of the first one. */
static const char *message_of(const struct grading *grading,
                              const struct attack *attack)
{
    const struct lab *lab = &grading->g->lab;
    const char *first = NULL, *attacked = NULL;

    for (unsigned i = 0; i < grading->nr_items; i++) {
        const struct item *item = &grading->item[i];

        if (item->verdict == VERDICT_PASS)
            continue;
        if (attack->finding && strstr(item->message, attack->finding))
            return item->message;
        if (!first)
            first = item->message;
        if (!attacked && is_attacked(lab, attack, lab_exercise(
                                         lab, item->test->exercise)))
            attacked = item->message;
    }
    return attacked ? attacked : first ? first : "every test passes";
}

/** Text without anything that a terminal would obey. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\n' && *text != '\t') ||
            *text == 127)
            return false;
    return true;
}

/** Text with one line that tells the score. */
static bool has_one_score(const char *text)
{
    unsigned nr = 0;

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        nr += !strncmp(line, "Score:", 6);
    }
    return nr == 1;
}

/** Whatever was done to it, a report is JSON, each of its forms is plain text,
 *  and the one for people has its own score. */
static bool is_clean(const struct grading *grading)
{
    static const char *const forms[] = { "json", "text", "gradescope",
                                         "autolab", "prairielearn", "junit" };
    char *json = report_json(grading);
    json_t *report = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    bool clean = json_is_object(report) && is_plain(json);

    for (unsigned i = 0; clean && i < sizeof forms / sizeof forms[0]; i++) {
        struct render_options options = { 0 };
        char *text = render_find(forms[i])(report, &options);

        clean = is_plain(text) &&
                (strcmp(forms[i], "text") || has_one_score(text));
        free(text);
    }
    json_decref(report);
    free(json);
    return clean;
}

static char *problem_of(const struct grading *grading,
                        const struct attack *attack,
                        const struct attempt *attempt)
{
    const char *message = message_of(grading, attack);
    unsigned honest = honest_points(&grading->g->lab, attack, attempt->half);
    unsigned expected = (unsigned)lround(attempt->expected * POINT);

    if (grading_ungraded(grading))
        return must_format("%u tests became harness errors: %s",
                           grading_ungraded(grading), message);
    if (attempt->score != expected)
        return must_format("it scores %u hundredths, not %u: %s",
                           attempt->score, expected, message);
    if (!attempt->by_heart && expected > honest * POINT)
        return must_format("its pinned score, %g, is more than its honest "
                           "part, %u", attempt->expected, honest);
    if (attack->finding && !strstr(message, attack->finding))
        return must_format("no message says \"%s\", but: %s", attack->finding,
                           message);
    if (!is_clean(grading))
        return must_copy("its report is no clean JSON or no clean text");
    return NULL;
}

void attack_try(const struct grader *g, const struct attack *attack,
                struct attempt *attempt)
{
    struct grader own = *g;
    struct submission submission;
    struct grading grading;

    if (attempt->seed)
        own.seed = attempt->seed;
    attack_make(&own, attack, attempt->half, &submission);
    grading_start(&grading, &own, &submission, NULL, NULL);
    grading_run(&grading);
    attempt->score = grading_score(&grading, NULL);
    attempt->message = must_copy(message_of(&grading, attack));
    attempt->problem = problem_of(&grading, attack, attempt);
    grading_free(&grading);
    submission_free(&submission);
}

/* --- The table ------------------------------------------------------------ */

/** One attack's row. */
struct row {
    struct attack attack;
    char *problem; /**< why it cannot be read; or NULL */
    unsigned honest;
    struct attempt attempt[2]; /**< starter, half done */
    bool done[2];
};

/** All attacks; piece 2n is the starter's variant of n, 2n + 1 the half-done
 *  one. */
struct table {
    struct grader g;
    struct row *row;
    unsigned nr;
};

static void try_one(void *context, unsigned index, struct text *out)
{
    const struct table *table = context;
    const struct row *row = &table->row[index / 2];
    struct attempt attempt = row->attempt[index % 2];
    json_t *result;
    char *text;

    if (row->problem)
        return;
    attack_try(&table->g, &row->attack, &attempt);
    result = json_pack("{s:i, s:s, s:s?}", "score", (int)attempt.score,
                       "message", attempt.message, "problem",
                       attempt.problem);
    text = json_dumps(result, JSON_COMPACT);
    if (!text)
        grader_fault("the result of %s cannot be written", row->attack.name);
    text_add(out, "%s", text);
    free(text);
    json_decref(result);
    free(attempt.message);
    free(attempt.problem);
}

static void tried_one(void *context, unsigned index, const char *result,
                      size_t size)
{
    struct table *table = context;
    struct row *row = &table->row[index / 2];
    struct attempt *attempt = &row->attempt[index % 2];
    json_t *from = size ? json_loadb(result, size, 0, NULL) : NULL;
    const char *problem = json_string_value(json_object_get(from, "problem"));
    const char *message = json_string_value(json_object_get(from, "message"));

    row->done[index % 2] = message;
    if (message)
        attempt->message = must_copy(message);
    if (problem)
        attempt->problem = must_copy(problem);
    attempt->score = (unsigned)json_integer_value(json_object_get(from,
                                                                  "score"));
    json_decref(from);
}

static void print_points(unsigned hundredths, bool done, unsigned width)
{
    char *text = done ? points_text(hundredths) : must_copy("?");

    printf("  %*s", (int)width, text);
    free(text);
}

/** What the report says of it: as much as fits into a line. */
static void print_message(const char *message)
{
    for (unsigned i = 0; message && message[i] && i < MESSAGE_SHOWN; i++)
        putchar(message[i] == '\n' ? ' ' : message[i]);
    putchar('\n');
}

/** A row, then what is wrong with it. @return how much. */
static unsigned print_row(const struct row *row)
{
    const char *kind = row->attack.kind;
    unsigned wrong = row->problem != NULL;

    printf("%-21s  %-19s", kind ? kind : "?", row->attack.name);
    print_points(row->attempt[0].score, row->done[0], 7);
    print_points(row->attempt[1].score, row->done[1], 9);
    print_points(row->honest * POINT, true, 6);
    printf("  ");
    print_message(row->attempt[0].message);
    if (row->problem)
        printf("    WRONG: %s\n", row->problem);
    for (unsigned i = 0; i < 2 && !row->problem; i++) {
        const char *what = row->done[i] ? row->attempt[i].problem
                                        : "its process died";

        if (what)
            printf("    WRONG: %s: %s\n", i ? "half done" : "starter", what);
        wrong += what != NULL;
    }
    return wrong;
}

/** How many different kinds there are. */
static unsigned count_kinds(const struct table *table)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < table->nr; i++) {
        const char *kind = table->row[i].attack.kind;
        bool known = !kind;

        for (unsigned j = 0; j < i && !known; j++)
            known = table->row[j].attack.kind &&
                    !strcmp(kind, table->row[j].attack.kind);
        nr += !known;
    }
    return nr;
}

static unsigned print_table(const struct table *table)
{
    unsigned wrong = 0;

    printf("Lab %u, %s: attempts to get points without doing the work\n\n"
           "%-21s  %-19s  %7s  %9s  %6s  %s\n", table->g.lab.number,
           table->g.lab.title, "kind", "attack", "starter", "half done",
           "honest", "what the report says");
    for (unsigned i = 0; i < table->nr; i++)
        wrong += print_row(&table->row[i]);
    printf("\n%u attacks of %u kinds, %u wrong%s%s\n", table->nr,
           count_kinds(table), wrong,
           table->g.mode == SANDBOX_BUBBLEWRAP ? "" : "; ",
           table->g.mode == SANDBOX_BUBBLEWRAP ? "" : table->g.mode_why);
    return wrong;
}

static void read_row(struct table *table, const char *name)
{
    struct row *row = &table->row[table->nr++];

    if (!attack_read(&table->g.lab, name, &row->attack, &row->problem))
        return;
    row->honest = honest_points(&table->g.lab, &row->attack,
                                row->attack.half);
    row->attempt[0] = (struct attempt){ .seed = row->attack.seed,
                                        .expected = row->attack.starter };
    row->attempt[1] = (struct attempt){ .half = row->attack.half,
                                        .seed = row->attack.seed,
                                        .expected = row->attack.halfway };
}

static void read_rows(struct table *table, const char *only)
{
    char **names;
    unsigned nr = variant_names(&table->g.lab, "attacks", &names);

    table->row = must_alloc(nr + 1, sizeof *table->row);
    for (unsigned i = 0; i < nr; i++) {
        if (!only || !strcmp(only, names[i]))
            read_row(table, names[i]);
        free(names[i]);
    }
    free(names);
    if (only && !table->nr)
        grader_usage("lab %u has no attack %s; %s/attacks/ has %u others",
                     table->g.lab.number, only, table->g.lab.folder, nr);
}

static void release(struct table *table)
{
    for (unsigned i = 0; i < table->nr; i++) {
        struct row *row = &table->row[i];

        attack_free(&row->attack);
        free(row->problem);
        for (unsigned k = 0; k < 2; k++) {
            free(row->attempt[k].message);
            free(row->attempt[k].problem);
        }
    }
    free(table->row);
    grader_stop(&table->g);
}

bool attacks_lab(const struct grader_options *options, const char *only)
{
    struct table table = { 0 };
    unsigned wrong;

    grader_start(&table.g, options);
    table.g.jobs = 1;
    read_rows(&table, only);
    pool_run(2 * table.nr, options->jobs, try_one, tried_one, &table);
    wrong = print_table(&table);
    release(&table);
    return !wrong;
}
