/* SPDX-License-Identifier: MIT */
/**
 * @file lab.c
 * Reading labs/NN-name/lab.json; the form is in lab.h.
 *
 * - LAB-I1: a lab that was read is consistent: points as the design says,
 *   every test's exercise is there, ids are unique, files lie in the tree.
 *   A lab that is not is a mistake of its author and stops the grader.
 */
#include "labs/grader/lab.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/labs.h"
#include "labs/grader/util.h"

/** Points of all exercises of a lab together. */
#define EXERCISE_POINTS 80u

static const char *need_string(const char *path, const json_t *from,
                               const char *key)
{
    const char *value = json_string_value(json_object_get(from, key));

    if (!value || !*value)
        grader_fault("%s lacks the string \"%s\"", path, key);
    return value;
}

static unsigned need_number(const char *path, const json_t *from,
                            const char *key)
{
    const json_t *value = json_object_get(from, key);

    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > 1000)
        grader_fault("%s lacks \"%s\", a number from 0 to 1000", path, key);
    return (unsigned)json_integer_value(value);
}

/** Copy an array of strings. @return how many. */
static unsigned need_strings(const char *path, const json_t *from,
                             const char *key, const char **to, unsigned max)
{
    const json_t *list = json_object_get(from, key);
    size_t nr = json_array_size(list);

    if (!json_is_array(list) || nr > max)
        grader_fault("%s lacks \"%s\", an array of at most %u strings", path,
                     key, max);
    for (size_t i = 0; i < nr; i++) {
        to[i] = json_string_value(json_array_get(list, i));
        if (!to[i])
            grader_fault("%s: \"%s\" holds something that is no string", path,
                         key);
    }
    return (unsigned)nr;
}

/** A file of a submission: relative, in src/, without surprises. */
static void check_file(const char *path, const char *file)
{
    if (strncmp(file, "src/", 4) || strstr(file, "..") || strstr(file, "//"))
        grader_fault("%s: the exercise's file \"%s\" is not in src/", path,
                     file);
}

static void read_exercise(const char *path, const json_t *from,
                          struct exercise *to)
{
    to->id = need_string(path, from, "id");
    to->title = need_string(path, from, "title");
    to->file = need_string(path, from, "file");
    to->points = need_number(path, from, "points");
    to->nr_functions = need_strings(path, from, "functions", to->function,
                                    LAB_MAX_FUNCTIONS);
    if (json_object_get(from, "sections"))
        to->nr_sections = need_strings(path, from, "sections", to->section,
                                       LAB_MAX_SECTIONS);
    check_file(path, to->file);
    if (!to->nr_functions)
        grader_fault("%s: exercise %s names no function", path, to->id);
}

static void read_exercises(const char *path, struct lab *lab)
{
    const json_t *list = json_object_get(lab->json, "exercises");
    size_t nr = json_array_size(list);
    unsigned points = 0;

    if (!nr || nr > LAB_MAX_EXERCISES)
        grader_fault("%s lacks \"exercises\", 1 to %d of them", path,
                     LAB_MAX_EXERCISES);
    for (size_t i = 0; i < nr; i++) {
        read_exercise(path, json_array_get(list, i), &lab->exercise[i]);
        points += lab->exercise[i].points;
    }
    lab->nr_exercises = (unsigned)nr;
    if (points != EXERCISE_POINTS)
        grader_fault("%s: the exercises have %u points, not %u", path, points,
                     EXERCISE_POINTS);
}

/** The tests of the table belong to the lab's exercises, each once. */
static void check_tests(const char *path, const struct lab *lab)
{
    for (const struct test *const *test = lab->tests; *test; test++) {
        const char *exercise = (*test)->exercise;
        size_t size = strlen(exercise);

        if (!lab_exercise(lab, exercise))
            grader_fault("%s: test %s is of exercise %s, which is not there",
                         path, (*test)->id, exercise);
        if (strncmp((*test)->id, exercise, size) || (*test)->id[size] != '/')
            grader_fault("%s: the id of test %s does not begin with \"%s/\"",
                         path, (*test)->id, exercise);
        for (const struct test *const *other = lab->tests; other < test;
             other++)
            if (!strcmp((*other)->id, (*test)->id))
                grader_fault("%s: two tests are named %s", path,
                             (*test)->id);
    }
}

const struct exercise *lab_exercise(const struct lab *lab, const char *id)
{
    for (unsigned i = 0; i < lab->nr_exercises; i++)
        if (!strcmp(lab->exercise[i].id, id))
            return &lab->exercise[i];
    return NULL;
}

/** The folder labs/NN-... of a lab; NULL when there is none. */
static char *find_folder(unsigned number)
{
    char prefix[16];
    struct dirent *entry;
    char *found = NULL;
    DIR *labs = opendir("labs");

    if (!labs)
        grader_usage("there is no folder labs here: run this at the top of "
                     "a Ringfence tree");
    snprintf(prefix, sizeof prefix, "%02u-", number % 100);
    while (!found && (entry = readdir(labs)))
        if (!strncmp(entry->d_name, prefix, strlen(prefix)))
            found = must_format("labs/%s", entry->d_name);
    closedir(labs);
    return found;
}

static _Noreturn void no_such_lab(unsigned number)
{
    struct text list = { 0 };
    unsigned first = 0;

    for (unsigned i = 0; i < nr_all_labs; i++) {
        if (!all_labs[i])
            continue;
        first = list.size ? first : all_labs[i]->lab;
        text_add(&list, "%s%u", list.size ? ", " : "", all_labs[i]->lab);
    }
    if (number == LAB_NOT_SAID)
        grader_usage("say which lab, for instance LAB=%u; there is: %s",
                     first, list.data);
    grader_usage("there is no lab %u; there is: %s", number, list.data);
}

void lab_read(unsigned number, struct lab *lab)
{
    json_error_t error;
    char *path;

    *lab = (struct lab){ .number = number, .folder = find_folder(number) };
    for (unsigned i = 0; i < nr_all_labs; i++)
        if (all_labs[i] && all_labs[i]->lab == number)
            lab->tests = all_labs[i]->tests;
    if (!lab->tests || !lab->folder)
        no_such_lab(number);
    path = must_format("%s/lab.json", lab->folder);
    lab->json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!lab->json)
        grader_fault("%s:%d: %s", path, error.line, error.text);
    lab->name = need_string(path, lab->json, "name");
    lab->title = need_string(path, lab->json, "title");
    lab->handout = need_string(path, lab->json, "handout");
    lab->starter_score = need_number(path, lab->json, "starter_score");
    lab->whole_points = need_number(path, lab->json, "whole_points");
    lab->nr_later = need_strings(path, lab->json, "later", lab->later,
                                 LAB_MAX_LATER);
    if (need_number(path, lab->json, "lab") != number)
        grader_fault("%s says that it is another lab", path);
    read_exercises(path, lab);
    check_tests(path, lab);
    free(path);
}

static unsigned count_tests(const struct test *const *tests)
{
    unsigned nr = 0;

    while (tests[nr])
        nr++;
    return nr;
}

void lab_add_tests(struct lab *lab, const struct test *const *tests)
{
    unsigned own = count_tests(lab->tests), more = count_tests(tests);
    const struct test **all = must_alloc(own + more + 1, sizeof *all);

    memcpy(all, lab->tests, own * sizeof *all);
    memcpy(all + own, tests, more * sizeof *all);
    lab->tests = lab->own_tests = all;
    lab->nr_hidden = more;
    check_tests("the hidden tests", lab);
}

bool lab_is_hidden(const struct lab *lab, const struct test *test)
{
    unsigned nr = count_tests(lab->tests);

    for (unsigned i = nr - lab->nr_hidden; i < nr; i++)
        if (lab->tests[i] == test)
            return true;
    return false;
}

void lab_free(struct lab *lab)
{
    json_decref(lab->json);
    free(lab->own_tests);
    free((void *)lab->folder);
    *lab = (struct lab){ 0 };
}
