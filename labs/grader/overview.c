/* SPDX-License-Identifier: MIT */
/**
 * @file overview.c
 * The page of all labs; contract in overview.h.
 */
#include "labs/grader/overview.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/kinds.h"
#include "labs/grader/generated.h"
#include "labs/grader/labs.h"
#include "labs/grader/markers.h"
#include "labs/grader/survivors.h"
#include "labs/grader/variant.h"

/** A row of numbers. */
struct row {
    unsigned tests, hostile, points, lines, hours, mutants;
    unsigned generated, equivalent;
    bool judged; /**< there is a list of the equivalent ones */
};

/** Lines that a student writes: those between the markers. */
static unsigned lines_of(const struct exercise *exercise)
{
    struct markers found = { 0 };
    struct bytes source;
    char *problem = NULL;
    unsigned lines = 0;

    if (!file_read(exercise->file, SIZE_MAX / 4, &source))
        grader_fault("%s cannot be read", exercise->file);
    if (!markers_read(exercise->file, source.data, &found, NULL, &problem))
        grader_fault("%s", problem);
    for (unsigned i = 0; i < found.nr; i++)
        lines += found.marked[i].code_lines;
    bytes_free(&source);
    return lines;
}

static unsigned hours_of(const struct lab *lab, unsigned index)
{
    const json_t *list = json_object_get(lab->json, "exercises");

    return (unsigned)json_integer_value(
        json_object_get(json_array_get(list, index), "hours"));
}

/** Wrong solutions by hand, of one exercise. */
static unsigned mutants_of(const struct lab *lab, const char *exercise)
{
    char **names;
    unsigned nr = variant_names(lab, "mutants", &names), own = 0;

    for (unsigned i = 0; i < nr; i++) {
        struct mutant mutant;
        char *problem = NULL;

        if (mutant_read(lab, names[i], &mutant, &problem)) {
            own += !strcmp(mutant.exercise, exercise);
            mutant_free(&mutant);
        }
        free(problem);
        free(names[i]);
    }
    free(names);
    return own;
}

/** Generated mutants of one exercise that are listed as equivalent.
 *  @param judged  Set if there is a list. */
static unsigned equivalent_of(const struct lab *lab, const char *exercise,
                              bool *judged)
{
    char *path = must_format("%s/mutants/survivors.txt", lab->folder);
    struct survivors list = { 0 };
    struct bytes text;
    char *problem = NULL;
    unsigned own = 0;

    if (file_read(path, SIZE_MAX / 4, &text)) {
        if (!survivors_read(path, text.data, &list, &problem))
            grader_fault("%s", problem);
        bytes_free(&text);
        *judged = true;
    }
    for (unsigned i = 0; i < list.nr; i++)
        own += !strcmp(list.survivor[i].exercise, exercise);
    survivors_free(&list);
    free(path);
    return own;
}

static struct row row_of(const struct grader_options *options,
                         const struct lab *lab, unsigned index)
{
    const struct exercise *exercise = &lab->exercise[index];
    struct row row = {
        .points = exercise->points,
        .lines = lines_of(exercise),
        .hours = hours_of(lab, index),
        .mutants = mutants_of(lab, exercise->id),
        .generated = generated_number(options, exercise->file),
    };

    row.equivalent = equivalent_of(lab, exercise->id, &row.judged);

    for (unsigned i = 0; lab->tests[i]; i++) {
        bool own = !strcmp(lab->tests[i]->exercise, exercise->id);

        row.tests += own;
        row.hostile += own && lab->tests[i]->hostile;
    }
    return row;
}

static void write_row(struct text *page, const char *name,
                      const struct row *row)
{
    text_add(page, "| %s | %u | %u | %u | %u | %u | %u | %u |", name,
             row->points, row->lines, row->hours, row->tests, row->hostile,
             row->mutants, row->generated);
    if (row->judged)
        text_add(page, " %u |\n", row->equivalent);
    else
        text_add(page, " not all judged |\n");
}

static unsigned attacks_of(const struct lab *lab)
{
    char **names;
    unsigned nr = variant_names(lab, "attacks", &names);

    for (unsigned i = 0; i < nr; i++)
        free(names[i]);
    free(names);
    return nr;
}

/** What grading costs, as it was pinned last (bench.h). */
static void write_cost(struct text *page, const struct lab *lab)
{
    char *path = must_format("%s/bench.json", lab->folder);
    json_t *json = json_load_file(path, 0, NULL);

    if (json)
        text_add(page, "\nA right submission takes %lld simulator runs of "
                 "%.1f million instructions in all, which\ntook %lld s where "
                 "that was pinned; `make bench-grader LAB=%u` says how long "
                 "it takes here.\n",
                 (long long)json_integer_value(json_object_get(json, "runs")),
                 (double)json_integer_value(
                     json_object_get(json, "instructions")) / 1e6,
                 (long long)json_integer_value(
                     json_object_get(json, "seconds")), lab->number);
    json_decref(json);
    free(path);
}

static void write_lab(const struct grader_options *options,
                      struct text *page, const struct lab *lab)
{
    struct row sum = { 0 };

    text_add(page, "\n## Lab %u: %s\n\n[The handout](%s)\n\n"
             "| exercise | points | lines to write | hours | tests | hostile "
             "| wrong solutions | generated | equivalent |\n"
             "|---|---|---|---|---|---|---|---|---|\n",
             lab->number, lab->title, strchr(lab->handout, '/') + 1);
    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        struct row row = row_of(options, lab, i);
        char *name = must_format("%s %s", lab->exercise[i].id,
                                 lab->exercise[i].title);

        write_row(page, name, &row);
        free(name);
        sum.points += row.points;
        sum.lines += row.lines;
        sum.hours += row.hours;
        sum.tests += row.tests;
        sum.hostile += row.hostile;
        sum.mutants += row.mutants;
        sum.generated += row.generated;
        sum.equivalent += row.equivalent;
        sum.judged = row.judged;
    }
    text_add(page, "| the whole lab together | %u | | | | | | | |\n",
             lab->whole_points);
    sum.points += lab->whole_points;
    write_row(page, "**sum**", &sum);
    text_add(page, "\n%u submissions try to get points without doing the "
             "work.\n", attacks_of(lab));
    write_cost(page, lab);
}

void overview_write(const struct grader_options *options, struct text *page)
{
    text_add(page,
             "# The labs\n\n"
             "What there is to do in each, and what proves that it is graded "
             "well: *lines to write* are\ncounted between the solution's "
             "markers; *wrong solutions* are mistakes that a student could\n"
             "make, each caught by a test that it names; *generated* ones "
             "are made from the solution,\nstatement by statement, and are "
             "killed by a test, do not compile, or give a program that\n"
             "another one gives, but for those that are *equivalent*, each "
             "listed with its reason. This\npage is written by "
             "`make labs-page`.\n");
    for (unsigned i = 0; i < nr_all_labs; i++) {
        struct lab lab;

        if (!all_labs[i])
            continue;
        lab_read(all_labs[i]->lab, &lab);
        write_lab(options, page, &lab);
        lab_free(&lab);
    }
    kinds_write(page);
}
