/* SPDX-License-Identifier: MIT */
/**
 * @file generated.c
 * Where mutants come from; contracts in generated.h.
 */
#include "labs/grader/generated.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs/grader/variant.h"

#define SOURCE_MAX 0x40000u
#define MAX_WORDS 80

static struct kill *add_kill(struct kills *kills)
{
    kills->kill = reallocarray(kills->kill, kills->nr + 1,
                               sizeof *kills->kill);
    if (!kills->kill)
        grader_fault("out of memory (a list of mutants)");
    kills->kill[kills->nr] = (struct kill){
        .by = must_alloc(kills->nr_tests + 1, sizeof(bool)),
    };
    return &kills->kill[kills->nr++];
}

/* --- Named ---------------------------------------------------------------- */

static void add_mutant(struct kills *kills, const struct mutant *mutant,
                       const struct submission *submission)
{
    const struct exercise *exercise = lab_exercise(&kills->g.lab,
                                                   mutant->exercise);
    struct kill *kill = add_kill(kills);

    kill->name = must_copy(mutant->name);
    kill->killed_by = must_copy(mutant->killed_by);
    kill->exercise = (unsigned)(exercise - kills->g.lab.exercise);
    kill->source = must_copy(submission->part[kill->exercise].source.data);
}

void kills_add_named(struct kills *kills, const char *exercise,
                     struct text *problems)
{
    char **names;
    unsigned nr = variant_names(&kills->g.lab, "mutants", &names);

    for (unsigned i = 0; i < nr; i++) {
        struct submission submission;
        struct mutant mutant;
        char *problem = NULL;

        if (!mutant_read(&kills->g.lab, names[i], &mutant, &problem) ||
            !mutant_make(&kills->g, &mutant, &submission, &problem)) {
            text_add(problems, "mutant %s: %s\n", names[i], problem);
        } else {
            if (!exercise || !strcmp(exercise, mutant.exercise))
                add_mutant(kills, &mutant, &submission);
            submission_free(&submission);
        }
        free(problem);
        mutant_free(&mutant);
        free(names[i]);
    }
    free(names);
}

/* --- Generated ------------------------------------------------------------ */

/** Run rf-mutate. It reads the tree's own file, nothing of a student's, so
 *  it needs no sandbox. */
static void run_mutate(const char *build, const char *cflags,
                       const char *file, const char *out)
{
    char *program = must_format("%s/bin/rf-mutate", build);
    char *copy = must_copy(cflags), *rest = copy, *word;
    const char *argv[MAX_WORDS] = { program, file, out };
    unsigned nr = 3;
    int status;
    pid_t pid;

    while ((word = strsep(&rest, " ")) && nr + 1 < MAX_WORDS)
        if (*word)
            argv[nr++] = word;
    fflush(NULL);
    pid = fork();
    if (pid < 0)
        grader_fault("no process for %s: %s", program, strerror(errno));
    if (pid == 0) {
        execv(program, (char *const *)argv);
        grader_fault("%s cannot be started: %s", program, strerror(errno));
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            grader_fault("%s was lost: %s", program, strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        grader_fault("%s cannot be mutated: see above", file);
    free(copy);
    free(program);
}

/** One edit of rf-mutate's list, done. */
static void add_edited(struct kills *kills, unsigned exercise,
                       const json_t *edit, const struct bytes *source)
{
    const char *key = json_string_value(json_object_get(edit, "key"));
    const char *with = json_string_value(json_object_get(edit, "with"));
    json_int_t start = json_integer_value(json_object_get(edit, "start"));
    json_int_t end = json_integer_value(json_object_get(edit, "end"));
    struct kill *kill = add_kill(kills);

    if (!key || !with || start < 0 || end < start ||
        (size_t)end > source->size)
        grader_fault("rf-mutate gave an edit that is none of %s",
                     kills->g.lab.exercise[exercise].file);
    kill->name = must_copy(key);
    kill->generated = true;
    kill->exercise = exercise;
    kill->line = (unsigned)json_integer_value(json_object_get(edit, "line"));
    kill->source = must_format("%.*s%s%s", (int)start, source->data, with,
                               source->data + end);
}

/** rf-mutate's list for a file, by way of the file `out`. */
static json_t *list_of(const char *build, const char *cflags,
                       const char *file, const char *out)
{
    json_error_t error;
    json_t *list;

    run_mutate(build, cflags, file, out);
    list = json_load_file(out, 0, &error);
    if (!list)
        grader_fault("%s: %s", out, error.text);
    return list;
}

void kills_add_generated(struct kills *kills, unsigned exercise)
{
    const char *file = kills->g.lab.exercise[exercise].file;
    char *out = must_format("%s/generated.json", kills->g.scratch);
    json_t *list = list_of(kills->g.build, kills->g.cflags, file, out);
    struct bytes source;

    if (!file_read(file, SOURCE_MAX, &source))
        grader_fault("%s cannot be read: %s", file, strerror(errno));
    for (size_t i = 0; i < json_array_size(list); i++)
        add_edited(kills, exercise, json_array_get(list, i), &source);
    json_decref(list);
    bytes_free(&source);
    free(out);
}

unsigned generated_number(const struct grader_options *options,
                          const char *file)
{
    char *out = must_format("%s/labs/generated.json", options->build);
    json_t *list;
    unsigned nr;

    if (!make_parent(out))
        grader_fault("%s cannot be written: %s", out, strerror(errno));
    list = list_of(options->build, options->cflags, file, out);
    nr = (unsigned)json_array_size(list);
    json_decref(list);
    free(out);
    return nr;
}
