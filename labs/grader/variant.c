/* SPDX-License-Identifier: MIT */
/**
 * @file variant.c
 * Making submissions from the solution; contracts in variant.h.
 */
#include "labs/grader/variant.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/starter.h"

#define SOURCE_MAX 0x40000u

/** The solution's source of an exercise; free() it. */
static char *solution_source(const struct exercise *exercise)
{
    struct bytes bytes;

    if (!file_read(exercise->file, SOURCE_MAX, &bytes))
        grader_fault("%s cannot be read: %s", exercise->file,
                     strerror(errno));
    return bytes.data;
}

void variant_partial(const struct grader *g, exercise_set solved,
                     struct submission *to)
{
    submission_empty(to);
    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        char *source = solution_source(&g->lab.exercise[i]);
        char *text = solved & 1u << i
                         ? must_copy(source)
                         : starter_source(g->lab.exercise[i].file, source);

        submission_set(to, i, text, strlen(text));
        free(text);
        free(source);
    }
}

/** Not hidden, and not the list beside the mutants (survivors.h). */
static int is_variant(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && !strstr(entry->d_name, ".txt");
}

unsigned variant_names(const struct lab *lab, const char *kind, char ***names)
{
    char *folder = must_format("%s/%s", lab->folder, kind);
    struct dirent **entry;
    int nr = scandir(folder, &entry, is_variant, alphasort);
    char *dot;

    free(folder);
    *names = NULL;
    if (nr < 0)
        return 0;
    *names = must_alloc((size_t)nr, sizeof **names);
    for (int i = 0; i < nr; i++) {
        (*names)[i] = must_copy(entry[i]->d_name);
        dot = strstr((*names)[i], ".json");
        if (dot)
            *dot = 0;
        free(entry[i]);
    }
    free(entry);
    return (unsigned)nr;
}

/** Read a JSON object. @return NULL with the problem. */
static json_t *read_object(const char *path, char **problem)
{
    json_error_t error;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (!json)
        *problem = must_format("%s:%d: %s", path, error.line, error.text);
    return json;
}

/* --- Mutants ---------------------------------------------------------- */

bool mutant_read(const struct lab *lab, const char *name, struct mutant *to,
                 char **problem)
{
    char *path = must_format("%s/mutants/%s.json", lab->folder, name);
    const struct test *const *test = lab->tests;

    *to = (struct mutant){ .name = must_copy(name) };
    to->json = read_object(path, problem);
    free(path);
    if (!to->json)
        return false;
    to->exercise = json_string_value(json_object_get(to->json, "exercise"));
    to->killed_by = json_string_value(json_object_get(to->json, "killed_by"));
    if (!to->exercise || !lab_exercise(lab, to->exercise)) {
        *problem = must_copy("it names no exercise of the lab");
        return false;
    }
    while (*test && (!to->killed_by || strcmp((*test)->id, to->killed_by)))
        test++;
    if (!*test || strcmp((*test)->exercise, to->exercise)) {
        *problem = must_copy("\"killed_by\" names no test of its exercise");
        return false;
    }
    return true;
}

/** A string, or an array of lines; free() it. NULL: neither. */
static char *text_of(const json_t *json)
{
    struct text text = { 0 };

    if (json_is_string(json))
        return must_copy(json_string_value(json));
    if (!json_is_array(json))
        return NULL;
    text_add(&text, "%s", "");
    for (size_t i = 0; i < json_array_size(json); i++) {
        const char *line = json_string_value(json_array_get(json, i));

        text_add(&text, "%s%s", i ? "\n" : "", line ? line : "");
    }
    return text.data;
}

/** Replace what occurs exactly once. @return NULL: it does not. */
static char *replace_once(const char *source, const char *from,
                          const char *to)
{
    const char *at = *from ? strstr(source, from) : NULL;

    if (!at || strstr(at + 1, from))
        return NULL;
    return must_format("%.*s%s%s", (int)(at - source), source, to,
                       at + strlen(from));
}

/** Carry out one edit on the submission. */
static bool edit(const struct lab *lab, const json_t *edit,
                 struct submission *to, char **problem)
{
    const char *file = json_string_value(json_object_get(edit, "file"));
    char *from = text_of(json_object_get(edit, "replace"));
    char *with = text_of(json_object_get(edit, "with"));
    char *changed = NULL;

    for (unsigned i = 0; i < lab->nr_exercises && from && with; i++) {
        if (!file || strcmp(lab->exercise[i].file, file))
            continue;
        changed = replace_once(to->part[i].source.data, from, with);
        if (changed)
            submission_set(to, i, changed, strlen(changed));
        break;
    }
    if (!changed)
        *problem = must_format("\"%s\" does not occur exactly once in %s",
                               from ? from : "", file ? file : "no file");
    free(from);
    free(with);
    free(changed);
    return !*problem;
}

bool mutant_make(const struct grader *g, const struct mutant *mutant,
                 struct submission *to, char **problem)
{
    const json_t *edits = json_object_get(mutant->json, "edits");

    variant_partial(g, (1u << g->lab.nr_exercises) - 1, to);
    *problem = NULL;
    if (!json_array_size(edits))
        *problem = must_copy("it has no \"edits\"");
    for (size_t i = 0; !*problem && i < json_array_size(edits); i++)
        edit(&g->lab, json_array_get(edits, i), to, problem);
    if (*problem)
        submission_free(to);
    return !*problem;
}

void mutant_free(struct mutant *mutant)
{
    free(mutant->name);
    json_decref(mutant->json);
    *mutant = (struct mutant){ 0 };
}

/* --- Attacks ---------------------------------------------------------- */

/** "half": ["1.1"] as a set; false when one is no exercise. */
static bool read_half(const struct lab *lab, const json_t *half,
                      exercise_set *set)
{
    if (!json_is_array(half))
        return false;
    for (size_t i = 0; i < json_array_size(half); i++) {
        const char *id = json_string_value(json_array_get(half, i));
        const struct exercise *exercise = id ? lab_exercise(lab, id) : NULL;

        if (!exercise)
            return false;
        *set |= 1u << (exercise - lab->exercise);
    }
    return true;
}

bool attack_read(const struct lab *lab, const char *name, struct attack *to,
                 char **problem)
{
    char *path = must_format("%s/attacks/%s/attack.json", lab->folder, name);
    const json_t *expect, *starter, *half, *learned;

    *to = (struct attack){ .name = must_copy(name) };
    to->json = read_object(path, problem);
    free(path);
    if (!to->json)
        return false;
    expect = json_object_get(to->json, "expect");
    starter = json_object_get(expect, "starter");
    half = json_object_get(expect, "half");
    to->kind = json_string_value(json_object_get(to->json, "kind"));
    to->finding = json_string_value(json_object_get(to->json, "finding"));
    to->starter = json_number_value(starter);
    to->halfway = json_number_value(half);
    learned = json_object_get(to->json, "learned");
    to->seed = json_integer_value(json_object_get(to->json, "seed"));
    to->learned_seed = json_integer_value(json_object_get(learned, "seed"));
    to->learned = json_number_value(json_object_get(learned, "starter"));
    if (!json_is_number(starter) || !json_is_number(half) ||
        !read_half(lab, json_object_get(to->json, "half"), &to->half)) {
        *problem = must_copy("it lacks \"half\", a list of exercises, or the "
                             "numbers \"starter\" and \"half\" of \"expect\"");
        return false;
    }
    return true;
}

/** nftw() hands nothing on. */
static const char *overlay_to;
static size_t overlay_skip;

static int overlay(const char *path, const struct stat *status, int kind,
                   struct FTW *where)
{
    char *to = must_format("%s%s", overlay_to, path + overlay_skip);

    (void)status;
    (void)where;
    if (kind == FTW_F && (!make_parent(to) || !file_copy(path, to)))
        grader_fault("%s cannot be written: %s", to, strerror(errno));
    free(to);
    return 0;
}

/** The attack's files over those of the half-done lab. */
static void lay_out(const struct grader *g, const struct attack *attack,
                    exercise_set solved, const char *folder)
{
    char *files = must_format("%s/attacks/%s/files", g->lab.folder,
                              attack->name);
    struct submission base;

    variant_partial(g, solved, &base);
    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        const struct bytes *source = &base.part[i].source;
        char *path = must_format("%s/%s", folder, g->lab.exercise[i].file);

        if (!make_parent(path) || !file_write(path, source->data,
                                              source->size))
            grader_fault("%s cannot be written: %s", path, strerror(errno));
        free(path);
    }
    overlay_to = folder;
    overlay_skip = strlen(files);
    nftw(files, overlay, 16, FTW_PHYS);
    submission_free(&base);
    free(files);
}

void attack_write(const struct grader *g, const struct attack *attack,
                  exercise_set solved, const char *path)
{
    char *folder;

    if (json_object_get(attack->json, "archive")) {
        folder = job_folder(g);
        lay_out(g, attack, solved, folder);
        attack_pack(attack, folder, path);
        job_folder_remove(folder);
    } else {
        lay_out(g, attack, solved, path);
    }
}

void attack_make(const struct grader *g, const struct attack *attack,
                 exercise_set solved, struct submission *to)
{
    char *folder = job_folder(g);
    char *path = must_format("%s/handin", folder);

    attack_write(g, attack, solved, path);
    submission_read(g, path, to);
    free(path);
    job_folder_remove(folder);
}

void attack_free(struct attack *attack)
{
    free(attack->name);
    json_decref(attack->json);
    *attack = (struct attack){ 0 };
}
