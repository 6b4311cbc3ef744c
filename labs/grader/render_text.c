/* SPDX-License-Identifier: MIT */
/**
 * @file render_text.c
 * A report for people; contract in render.h.
 *
 * - TEXT-I1: colours are the only control sequences, and only where they
 *   were asked for; what comes from a submission was cleaned long before.
 */
#include <stdlib.h>
#include <string.h>

#include "labs/grader/render.h"

/** One text in the making. */
struct page {
    struct text text;
    const json_t *report;
    const struct render_options *options;
};

/** "Bold", "red" and the like of a terminal (ECMA-48, SGR). */
enum colour { PLAIN = 0, BOLD = 1, RED = 31, GREEN = 32, YELLOW = 33 };

static void add_coloured(struct page *page, enum colour colour,
                         const char *text)
{
    if (page->options->colours && colour != PLAIN)
        text_add(&page->text, "\033[%dm%s\033[0m", colour, text);
    else
        text_add(&page->text, "%s", text);
}

/** Text with every line's start indented. */
static void add_indented(struct page *page, const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "\n");

        text_add(&page->text, "          %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

/** A word for a shell. A submission's name was chosen by whoever handed it in,
 *  and the line is there to be pasted. */
static void add_word(struct text *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./+:@%,=-";
    char *clean = must_copy(word);

    if (strspn(word, plain) == strlen(word)) {
        text_add(to, "%s", word);
    } else {
        text_clean_line(clean);
        text_add(to, "'");
        for (const char *at = clean; *at; at++)
            text_add(to, *at == '\'' ? "'\\''" : "%c", *at);
        text_add(to, "'");
    }
    free(clean);
}

/** What went wrong, and how to see it again. */
static void add_failure(struct page *page, const json_t *test,
                        const char *message)
{
    const char *submission = page->options->submission;
    bool hidden = report_true(test, "hidden") && page->options->student;

    if (!hidden && strncmp(report_string(test, "id"), "whole/", 6))
        add_indented(page, report_string(test, "title"));
    add_indented(page, message);
    if (report_number(test, "instructions") <= 0 || hidden)
        return;
    text_add(&page->text, "            replay: %s",
             report_string(test, "replay"));
    if (submission) {
        text_add(&page->text, " SUBMISSION=");
        add_word(&page->text, submission);
    }
    text_add(&page->text, "\n");
}

static void add_verdict(struct page *page, const json_t *test)
{
    bool passed = report_passed(test), host = report_is_harness(test);

    text_add(&page->text, "  ");
    add_coloured(page, passed ? GREEN : host ? YELLOW : RED,
                 passed ? "pass" : host ? "host" : "FAIL");
}

/** @param before  The message of the test above it: what stops all tests (a
 *                 file that does not compile) is told once. */
static void add_test(struct page *page, const json_t *test,
                     const char *before)
{
    const json_t *notes = json_object_get(test, "notes");
    char *message = page->options->student
                        ? report_message(test)
                        : must_copy(report_string(test, "message"));
    bool same = *before && !strcmp(before, report_string(test, "message"));
    char *points = points_text(report_points(test, "max_score"));

    add_verdict(page, test);
    text_add(&page->text, "  %-34s %5s%s%s\n", report_string(test, "id"),
             points, report_true(test, "hidden") ? "  hidden" : "",
             same ? "  as above" : "");
    if (!report_passed(test) && !same)
        add_failure(page, test, message);
    for (size_t i = 0; i < json_array_size(notes); i++)
        text_add(&page->text, "        note: %s\n",
                 json_string_value(json_array_get(notes, i)));
    free(points);
    free(message);
}

/** Heading and tests of an exercise. */
static void add_exercise(struct page *page, const json_t *exercise)
{
    const json_t *tests = json_object_get(page->report, "tests");
    const char *id = report_string(exercise, "id"), *before = "";
    char *score = points_text(report_points(exercise, "score"));
    char *max = points_text(report_points(exercise, "max_score"));
    char *heading = must_format("%s  %s: %s of %s", id,
                                report_string(exercise, "title"), score, max);

    text_add(&page->text, "\n");
    add_coloured(page, BOLD, heading);
    text_add(&page->text, "\n");
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);

        if (strcmp(report_string(test, "exercise"), id))
            continue;
        add_test(page, test, before);
        before = report_string(test, "message");
    }
    free(heading);
    free(max);
    free(score);
}

static void add_head(struct page *page)
{
    const json_t *report = page->report;
    double seeds = report_number(report, "seeds");
    long long first = json_integer_value(json_object_get(report, "seed"));

    text_add(&page->text, "Lab %.0f, %s; ", report_number(report, "lab"),
             report_string(report, "title"));
    if (report_true(report, "course_key"))
        text_add(&page->text, "%.0f seed%s a test drawn with the course key",
                 seeds, seeds > 1 ? "s" : "");
    else if (seeds > 1)
        text_add(&page->text, "seeds %lld to %lld", first,
                 first + (long long)seeds - 1);
    else
        text_add(&page->text, "seed %lld", first);
    text_add(&page->text, "%s\n", seeds > 1 ? "; the worst counts" : "");
}

char *render_text(const json_t *report, const struct render_options *options)
{
    struct page page = { .report = report, .options = options };
    const json_t *exercises = json_object_get(report, "exercises");
    char *summary = report_summary(report);

    add_head(&page);
    for (size_t i = 0; i < json_array_size(exercises); i++)
        add_exercise(&page, json_array_get(exercises, i));
    text_add(&page.text, "\n%s", summary);
    free(summary);
    return page.text.data;
}
