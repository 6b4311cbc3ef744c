/* SPDX-License-Identifier: MIT */
/**
 * @file class_page.c
 * The page of a class for its instructor: HTML, and plots that gnuplot draws
 * as SVG. Contract in class_table.h.
 *
 * - PAGE-I1: everything that is not ours is escaped; the page runs no script
 *   and loads nothing but its own plots.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs/grader/class_table.h"
#include "labs/grader/render.h"

/* What the page lists of each kind; the CSV files have all. */
#define MAX_LISTED 40u

/** Bars of the distribution: 0-9, 10-19, ..., 90-99, 100. */
#define NR_BARS 11u

/** How often one test failed. */
struct failures {
    const json_t *test; /**< of the model */
    unsigned failed, ungraded;
};

static void add_escaped(struct text *to, const char *text)
{
    for (; *text; text++)
        if (*text == '<' || *text == '>' || *text == '&' || *text == '"' ||
            *text == '\'')
            text_add(to, "&#%d;", *text);
        else
            text_add(to, "%c", *text);
}

static void add_cell(struct text *to, const char *text)
{
    text_add(to, "<td>");
    add_escaped(to, text);
    text_add(to, "</td>");
}

/* --- Counting ----------------------------------------------------------- */

static int compare_failures(const void *left, const void *right)
{
    const struct failures *a = left, *b = right;

    if (a->failed != b->failed)
        return a->failed > b->failed ? -1 : 1;
    return strcmp(report_string(a->test, "id"), report_string(b->test, "id"));
}

/** All tests, the one that fails most first; free() the list. */
static struct failures *count_failures(const struct class_table *table,
                                       unsigned *nr)
{
    const json_t *tests = json_object_get(class_table_model(table), "tests");
    struct failures *list = must_alloc(json_array_size(tests), sizeof *list);

    *nr = (unsigned)json_array_size(tests);
    for (unsigned i = 0; i < *nr; i++) {
        list[i].test = json_array_get(tests, i);
        for (unsigned j = 0; j < table->nr; j++) {
            const json_t *test = class_test(table->row[j].report,
                                            report_string(list[i].test,
                                                          "id"));

            list[i].ungraded += test && report_is_harness(test);
            list[i].failed += test && !report_is_harness(test) &&
                              !report_passed(test);
        }
    }
    if (*nr)
        qsort(list, *nr, sizeof *list, compare_failures);
    return list;
}

/* --- Plots -------------------------------------------------------------- */

/** Run gnuplot in the results folder, on a script that is there. */
static bool run_gnuplot(const char *results, const char *script)
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        grader_fault("no process for gnuplot: %s", strerror(errno));
    if (pid == 0) {
        if (chdir(results) == 0)
            execlp("gnuplot", "gnuplot", script, NULL);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/** Have one plot drawn; where that does not work the page lacks it. */
static void draw(const char *results, const char *name, const char *plot)
{
    char *script = must_format("%s.gp", name);
    char *path = must_format("%s/%s", results, script);

    if (!file_write_result(path, plot, strlen(plot)))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    if (!run_gnuplot(results, script))
        fprintf(stderr, "rf-grade: gnuplot could not draw %s.svg\n", name);
    remove(path);
    free(path);
    free(script);
}

static void draw_distribution(const struct class_table *table,
                              const char *results)
{
    struct text script = { 0 };
    unsigned bar[NR_BARS] = { 0 };

    for (unsigned i = 0; i < table->nr; i++) {
        unsigned points = report_points(table->row[i].report, "score");
        unsigned max = report_points(table->row[i].report, "max_score");

        if (table->row[i].report && max)
            bar[10ull * points / max]++;
    }
    text_add(&script, "set terminal svg size 720,300 fixed\n"
             "set output 'distribution.svg'\n"
             "set style fill solid 0.7 noborder\nset boxwidth 0.8\n"
             "set yrange [0:*]\nset ylabel 'submissions'\n"
             "set xlabel 'percent of the points'\nunset key\n"
             "$data << END\n");
    for (unsigned i = 0; i + 1 < NR_BARS; i++)
        text_add(&script, "\"%u-%u\" %u\n", 10 * i, 10 * i + 9, bar[i]);
    text_add(&script, "\"100\" %u\n", bar[NR_BARS - 1]);
    text_add(&script, "END\nplot $data using 2:xtic(1) with boxes "
             "linecolor rgb '#3b6ea5'\n");
    draw(results, "distribution", script.data);
    text_free(&script);
}

static void draw_tests(const struct failures *list, unsigned nr,
                       const char *results)
{
    struct text script = { 0 };
    unsigned shown = 0;

    text_add(&script, "set terminal svg size 720,420 fixed noenhanced\n"
             "set output 'tests.svg'\n"
             "set style fill solid 0.7 noborder\nset boxwidth 0.8\n"
             "set yrange [0:*]\nset ylabel 'submissions that fail it'\n"
             "set xtics rotate by -60\nunset key\n$data << END\n");
    for (unsigned i = 0; i < nr && shown < 25; i++)
        if (list[i].failed && strncmp(report_string(list[i].test, "id"),
                                      "whole/", 6)) {
            text_add(&script, "\"%s\" %u\n", report_string(list[i].test,
                                                           "id"),
                     list[i].failed);
            shown++;
        }
    if (!shown)
        text_add(&script, "\"none\" 0\n");
    text_add(&script, "END\nplot $data using 2:xtic(1) with boxes "
             "linecolor rgb '#a53b3b'\n");
    draw(results, "tests", script.data);
    text_free(&script);
}

/* --- The page ----------------------------------------------------------- */

static void add_top(struct text *to, const struct class_table *table)
{
    const json_t *model = class_table_model(table);
    struct text title = { 0 };

    text_add(&title, "Lab %.0f, %s: %u submissions",
             report_number(model, "lab"), report_string(model, "title"),
             table->nr);
    text_add(to, "<!DOCTYPE html>\n<html lang=\"en\"><head>"
             "<meta charset=\"utf-8\">\n<title>%s</title>\n<style>\n"
             "body { font: 16px/1.5 sans-serif; max-width: 60em; "
             "margin: 2em auto; padding: 0 1em; color: #222 }\n"
             "table { border-collapse: collapse; margin: 1em 0 }\n"
             "td, th { padding: 0.2em 0.8em; text-align: left; "
             "border-bottom: 1px solid #ddd; vertical-align: top }\n"
             "img { max-width: 100%% }\n</style></head>\n<body>\n"
             "<h1>%s</h1>\n", title.data, title.data);
    text_free(&title);
}

static void add_sums(struct text *to, const struct class_table *table)
{
    unsigned nr[3] = { 0 };
    static const char *const words[] = { "graded", "refused",
                                         "harness-error" };
    static const char *const texts[] = {
        "were graded.", "were refused as a whole.",
        "have no complete report because of the host: grade again, their "
        "scores are not final.",
    };

    for (unsigned i = 0; i < table->nr; i++)
        for (unsigned j = 0; j < 3; j++)
            nr[j] += !strcmp(class_row_status(&table->row[i]), words[j]);
    text_add(to, "<ul>\n");
    for (unsigned j = 0; j < 3; j++)
        text_add(to, "<li>%u %s</li>\n", nr[j], texts[j]);
    text_add(to, "</ul>\n<h2>Distribution</h2>\n"
             "<p><img src=\"distribution.svg\" alt=\"submissions by "
             "points\"></p>\n");
}

static void add_exercises(struct text *to, const struct class_table *table)
{
    const json_t *exercises = json_object_get(class_table_model(table),
                                              "exercises");

    text_add(to, "<h2>Exercises</h2>\n<table><tr><th>exercise</th><th></th>"
             "<th>points</th><th>mean</th></tr>\n");
    for (size_t i = 0; i < json_array_size(exercises); i++) {
        const json_t *exercise = json_array_get(exercises, i);
        double sum = 0;
        unsigned nr = 0;

        for (unsigned j = 0; j < table->nr; j++) {
            const json_t *own = json_array_get(json_object_get(
                table->row[j].report, "exercises"), i);

            sum += report_number(own, "score");
            nr += own != NULL;
        }
        text_add(to, "<tr>");
        add_cell(to, report_string(exercise, "id"));
        add_cell(to, report_string(exercise, "title"));
        text_add(to, "<td>%g</td><td>%.1f</td></tr>\n",
                 report_number(exercise, "max_score"), nr ? sum / nr : 0);
    }
    text_add(to, "</table>\n");
}

static void add_tests(struct text *to, const struct failures *list,
                      unsigned nr)
{
    text_add(to, "<h2>Tests that fail most</h2>\n<p><img src=\"tests.svg\" "
             "alt=\"submissions that fail each test\"></p>\n<table><tr>"
             "<th>test</th><th>property</th><th>failed</th>"
             "<th>no verdict</th></tr>\n");
    for (unsigned i = 0; i < nr && i < MAX_LISTED; i++) {
        if (!list[i].failed && !list[i].ungraded)
            continue;
        text_add(to, "<tr>");
        add_cell(to, report_string(list[i].test, "id"));
        add_cell(to, report_string(list[i].test, "title"));
        text_add(to, "<td>%u</td><td>%u</td></tr>\n", list[i].failed,
                 list[i].ungraded);
    }
    text_add(to, "</table>\n");
}

static void add_pairs(struct text *to, const struct class_table *table)
{
    text_add(to, "<h2>Suspiciously alike</h2>\n<p>Compared by sim_c without "
             "the lines that the starter has: a reason to look, no proof. "
             "Of small exercises the right solutions look alike.</p>\n"
             "<table><tr><th>percent</th><th>submission</th><th>other</th>"
             "</tr>\n");
    for (unsigned i = 0; i < table->nr_pairs && i < MAX_LISTED; i++) {
        text_add(to, "<tr><td>%u</td>", table->pair[i].percent);
        add_cell(to, table->row[table->pair[i].a].title);
        add_cell(to, table->row[table->pair[i].b].title);
        text_add(to, "</tr>\n");
    }
    text_add(to, "</table>\n<p>%u pairs; <a href=\"alike.csv\">all of them"
             "</a>.</p>\n", table->nr_pairs);
}

static void add_changes(struct text *to, const struct class_table *table)
{
    text_add(to, "<h2>Changed since the former reports</h2>\n<table><tr>"
             "<th>submission</th><th>change</th><th>why</th></tr>\n");
    for (unsigned i = 0; i < table->nr; i++) {
        char *why, *change = class_row_change(&table->row[i], &why);

        if (change) {
            text_add(to, "<tr>");
            add_cell(to, table->row[i].title);
            add_cell(to, change);
            add_cell(to, why);
            text_add(to, "</tr>\n");
        }
        free(why);
        free(change);
    }
    text_add(to, "</table>\n");
}

/** A name in a link: class_file_name() left '%' as the only character that
 *  means something there. */
static void add_link(struct text *to, const char *name, const char *suffix)
{
    text_add(to, " <a href=\"reports/");
    for (; *name; name++)
        text_add(to, *name == '%' ? "%%25" : "%c", *name);
    text_add(to, ".%s\">%s</a>", suffix, suffix);
}

static void add_rows(struct text *to, const struct class_table *table)
{
    text_add(to, "<h2>All submissions</h2>\n<table><tr><th>submission</th>"
             "<th>score</th><th>status</th><th>remark</th><th>report</th>"
             "</tr>\n");
    for (unsigned i = 0; i < table->nr; i++) {
        const struct class_row *row = &table->row[i];
        char *score = points_text(report_points(row->report, "score"));

        text_add(to, "<tr>");
        add_cell(to, row->title);
        add_cell(to, row->report ? score : "");
        add_cell(to, class_row_status(row));
        add_cell(to, row->report ? report_string(row->report, "refused")
                                 : row->error);
        text_add(to, "<td>");
        if (row->report) {
            add_link(to, row->name, "txt");
            add_link(to, row->name, "json");
        }
        text_add(to, "</td></tr>\n");
        free(score);
    }
    text_add(to, "</table>\n</body></html>\n");
}

void class_page_write(const struct class_table *table, const char *results)
{
    char *path = must_format("%s/index.html", results);
    struct text page = { 0 };
    struct failures *list;
    unsigned nr;

    list = count_failures(table, &nr);
    draw_distribution(table, results);
    draw_tests(list, nr, results);
    add_top(&page, table);
    add_sums(&page, table);
    add_exercises(&page, table);
    add_tests(&page, list, nr);
    add_changes(&page, table);
    add_pairs(&page, table);
    add_rows(&page, table);
    if (!file_write_result(path, page.data, page.size))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    text_free(&page);
    free(list);
    free(path);
}
