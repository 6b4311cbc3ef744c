/* SPDX-License-Identifier: MIT */
/**
 * @file class_table.c
 * The table of a class, and who changed since the former reports; contracts
 * in class_table.h.
 *
 * - TABLE-I1: a cell that a spreadsheet would take for a formula starts with
 *   an apostrophe: names are a student's choice.
 */
#include "labs/grader/class_table.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/render.h"

#define MAX_ERROR 0x10000u

/* --- Reading ------------------------------------------------------------ */

static json_t *read_report(const char *folder, const char *below,
                           const char *name)
{
    char *path = must_format("%s/%s/%s.json", folder, below, name);
    json_t *report = json_load_file(path, 0, NULL);

    if (report && !report_true(report, "complete")) {
        json_decref(report);
        report = NULL;
    }
    free(path);
    return report;
}

static char *read_error(const char *folder, const char *name)
{
    char *path = must_format("%s/reports/%s.error", folder, name);
    struct bytes bytes;

    if (!file_read(path, MAX_ERROR, &bytes))
        bytes.data = must_copy("");
    free(path);
    text_clean(bytes.data);
    bytes.data[strcspn(bytes.data, "\n")] = 0;
    return bytes.data;
}

/** The name that class_file_name() made a file's name of. */
static char *title_of(const char *name)
{
    struct text text = { 0 };

    text_add(&text, "%s", "");
    for (; *name; name++) {
        unsigned byte;

        if (sscanf(name, "%%%2x", &byte) == 1 && byte) {
            text_add(&text, "%c", (int)byte);
            name += 2;
        } else {
            text_add(&text, "%c", *name);
        }
    }
    text_clean_line(text.data);
    return text.data;
}

static void add_row(struct class_table *table,
                    const struct class_options *what, char *name)
{
    struct class_row row = {
        .name = name,
        .title = title_of(name),
        .report = read_report(what->results, "reports", name),
        .former = what->former
                      ? read_report(what->former, "reports", name)
                      : read_report(what->results, "former", name),
        .error = read_error(what->results, name),
    };

    table->row = reallocarray(table->row, table->nr + 1, sizeof row);
    if (!table->row)
        grader_fault("out of memory (a table)");
    table->row[table->nr++] = row;
}

static int is_report(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 5 && !strcmp(entry->d_name + size - 5, ".json");
}

static void add_all_reports(struct class_table *table,
                            const struct class_options *what)
{
    char *folder = must_format("%s/reports", what->results);
    struct dirent **entry;
    int nr = scandir(folder, &entry, is_report, alphasort);

    if (nr < 0)
        grader_usage("RESULTS=%s has no reports: %s", what->results,
                     strerror(errno));
    for (int i = 0; i < nr; i++) {
        size_t size = strlen(entry[i]->d_name);

        add_row(table, what, must_format("%.*s", (int)size - 5,
                                         entry[i]->d_name));
        free(entry[i]);
    }
    free(entry);
    free(folder);
}

void class_table_read(struct class_table *table,
                      const struct class_options *what, char **name,
                      unsigned nr)
{
    *table = (struct class_table){ 0 };
    for (unsigned i = 0; i < nr; i++)
        add_row(table, what, class_file_name(name[i]));
    if (!nr)
        add_all_reports(table, what);
}

void class_table_free(struct class_table *table)
{
    for (unsigned i = 0; i < table->nr; i++) {
        free(table->row[i].name);
        free(table->row[i].title);
        json_decref(table->row[i].report);
        json_decref(table->row[i].former);
        free(table->row[i].error);
    }
    free(table->row);
    free(table->pair);
    *table = (struct class_table){ 0 };
}

/* --- Questions ---------------------------------------------------------- */

const char *class_row_status(const struct class_row *row)
{
    if (!row->report || report_number(row->report, "ungraded") > 0)
        return "harness-error";
    return *report_string(row->report, "refused") ? "refused" : "graded";
}

const json_t *class_table_model(const struct class_table *table)
{
    for (unsigned i = 0; i < table->nr; i++)
        if (table->row[i].report)
            return table->row[i].report;
    return NULL;
}

const json_t *class_test(const json_t *report, const char *id)
{
    const json_t *tests = json_object_get(report, "tests");

    for (size_t i = 0; i < json_array_size(tests); i++)
        if (!strcmp(report_string(json_array_get(tests, i), "id"), id))
            return json_array_get(tests, i);
    return NULL;
}

/** Which of a report's circumstances are others now. */
static char *reasons(const json_t *old, const json_t *new)
{
    static const struct {
        const char *group, *key, *words;
    } causes[] = {
        { NULL, "submission", "another submission" },
        { NULL, "seeds", "another number of seeds" },
        { NULL, "seed", "another seed" },
        { NULL, "sandbox", "another sandbox" },
        { "fingerprint", "tests", "the tests changed" },
        { "fingerprint", "reference", "the reference changed" },
        { "fingerprint", "headers_and_flags", "headers or flags changed" },
        { "fingerprint", "compiler", "another compiler" },
        { "fingerprint", "linker", "another linker" },
        { "fingerprint", "simulator", "another simulator" },
    };
    struct text text = { 0 };

    for (unsigned i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        const char *group = causes[i].group, *key = causes[i].key;
        const json_t *a = group ? json_object_get(old, group) : old;
        const json_t *b = group ? json_object_get(new, group) : new;

        if (!json_equal(json_object_get(a, key), json_object_get(b, key)))
            text_add(&text, "%s%s", text.size ? ", " : "", causes[i].words);
    }
    if (!text.size)
        text_add(&text, "another course key");
    return text.data;
}

/** Every test whose verdict is another one. */
static void add_verdicts(struct text *to, const json_t *old,
                         const json_t *new)
{
    const json_t *tests = json_object_get(new, "tests");

    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        const char *id = report_string(test, "id");
        const char *now = report_string(test, "verdict");
        const json_t *was = class_test(old, id);

        if (!was)
            text_add(to, "; %s new, %s", id, now);
        else if (strcmp(report_string(was, "verdict"), now))
            text_add(to, "; %s %s -> %s", id, report_string(was, "verdict"),
                     now);
    }
}

char *class_row_change(const struct class_row *row, char **why)
{
    struct text text = { 0 };
    char *was, *now;

    *why = NULL;
    if (!row->report || !row->former)
        return NULL;
    was = points_text(report_points(row->former, "score"));
    now = points_text(report_points(row->report, "score"));
    text_add(&text, "%s -> %s", was, now);
    add_verdicts(&text, row->former, row->report);
    if (!strcmp(was, now) && !strchr(text.data, ';'))
        text_free(&text);
    else
        *why = reasons(row->former, row->report);
    free(now);
    free(was);
    return text.data;
}

/* --- CSV ---------------------------------------------------------------- */

static void add_cell(struct text *to, const char *cell, char after)
{
    text_add(to, "\"%s", strchr("=+-@\t", *cell) && *cell ? "'" : "");
    for (; *cell; cell++)
        text_add(to, *cell == '"' ? "\"\"" : "%c", *cell);
    text_add(to, "\"%c", after);
}

static void add_points(struct text *to, const json_t *from, const char *key)
{
    char *points = points_text(report_points(from, key));

    text_add(to, "%s,", from ? points : "");
    free(points);
}

static void add_head(struct text *to, const json_t *model)
{
    const json_t *exercises = json_object_get(model, "exercises");

    text_add(to, "submission,status,score,max_score,");
    for (size_t i = 0; i < json_array_size(exercises); i++)
        text_add(to, "%s,", report_string(json_array_get(exercises, i),
                                          "id"));
    text_add(to, "public_passed,public_ran,hidden_passed,hidden_ran,"
             "ungraded,ignored,sha256,remark\n");
}

static void add_line(struct text *to, const struct class_row *row,
                     const json_t *model)
{
    static const char *const kinds[] = { "public", "hidden" };
    const json_t *exercises = json_object_get(model, "exercises");
    const json_t *report = row->report;

    add_cell(to, row->title, ',');
    text_add(to, "%s,", class_row_status(row));
    add_points(to, report, "score");
    add_points(to, report, "max_score");
    for (size_t i = 0; i < json_array_size(exercises); i++)
        add_points(to, json_array_get(json_object_get(report, "exercises"),
                                      i), "score");
    for (unsigned i = 0; i < 2; i++) {
        const json_t *ran = json_object_get(report, kinds[i]);

        text_add(to, "%.0f,%.0f,", report_number(ran, "passed"),
                 report_number(ran, "ran"));
    }
    text_add(to, "%.0f,%.0f,%s,", report_number(report, "ungraded"),
             report_number(report, "ignored_count"),
             report_string(report, "submission"));
    add_cell(to, report ? report_string(report, "refused") : row->error,
             '\n');
}

static void must_write(const char *results, const char *name,
                       struct text *text)
{
    char *path = must_format("%s/%s", results, name);

    if (!file_write_result(path, text->data, text->size))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    text_free(text);
    free(path);
}

void class_table_write(const struct class_table *table, const char *results)
{
    const json_t *model = class_table_model(table);
    struct text lines = { 0 }, changes = { 0 }, alike = { 0 };

    add_head(&lines, model);
    text_add(&changes, "submission,change,why\n");
    text_add(&alike, "percent,submission,other\n");
    for (unsigned i = 0; i < table->nr; i++) {
        char *why, *change = class_row_change(&table->row[i], &why);

        add_line(&lines, &table->row[i], model);
        if (change) {
            add_cell(&changes, table->row[i].title, ',');
            add_cell(&changes, change, ',');
            add_cell(&changes, why, '\n');
        }
        free(why);
        free(change);
    }
    for (unsigned i = 0; i < table->nr_pairs; i++) {
        text_add(&alike, "%u,", table->pair[i].percent);
        add_cell(&alike, table->row[table->pair[i].a].title, ',');
        add_cell(&alike, table->row[table->pair[i].b].title, '\n');
    }
    must_write(results, "table.csv", &lines);
    must_write(results, "changes.csv", &changes);
    must_write(results, "alike.csv", &alike);
}

bool class_table_print(const struct class_table *table, const char *results)
{
    unsigned refused = 0, host = 0, changed = 0;

    for (unsigned i = 0; i < table->nr; i++) {
        const struct class_row *row = &table->row[i];
        char *why, *change = class_row_change(row, &why);

        refused += !strcmp(class_row_status(row), "refused");
        host += !strcmp(class_row_status(row), "harness-error");
        changed += change != NULL;
        if (change)
            printf("changed: %s: %s (%s)\n", row->title, change, why);
        free(why);
        free(change);
    }
    printf("%u submissions: %u graded, %u refused, %u with harness errors; "
           "%u changed; %u pairs alike\n", table->nr,
           table->nr - refused - host, refused, host, changed,
           table->nr_pairs);
    printf("See %s/index.html and %s/table.csv.\n", results, results);
    return !host;
}
