/* SPDX-License-Identifier: MIT */
/**
 * @file compile.c
 * From a submission's source to a checked object, twice in a sandbox: the
 * compiler, then the reader that checks what the compiler made.
 *
 * - COMPILE-I1: the compiler sees the headers of src/ and one file: no test,
 *   no reference, no other exercise.
 * - COMPILE-I2: it reads the same bytes and the same dates each time, however
 *   often one file is graded: __TIMESTAMP__ is a file's date.
 * - COMPILE-I3: whatever stops it is the submission's fault, if the same
 *   compiler can compile an empty file and the disk has room; otherwise it is
 *   the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "labs/grader/inside/inside.h"
#include "labs/grader/pool.h"
#include "labs/grader/stage.h"
#include "labs/grader/submission.h"

/* Lines of a compiler's complaint that a report quotes. */
#define QUOTED_LINES 12
#define QUOTED_WARNINGS 4

#define MAX_ARGUMENTS 80

/** Command-line words that are taken apart from the tree's flags. */
struct arguments {
    const char *word[MAX_ARGUMENTS];
    unsigned nr;
    char *copy;
};

static void argument(struct arguments *arguments, const char *word)
{
    if (arguments->nr + 1 >= MAX_ARGUMENTS)
        grader_fault("the compiler gets more than %d words", MAX_ARGUMENTS);
    arguments->word[arguments->nr++] = word;
}

static void tree_flags(struct arguments *arguments, const char *cflags)
{
    char *rest = arguments->copy = must_copy(cflags);
    char *word;

    while ((word = strsep(&rest, " ")))
        if (*word)
            argument(arguments, word);
}

/** Where the job's folder is, as its processes see it. */
static const char *seen_folder(const struct grader *g, const char *folder)
{
    return g->mode == SANDBOX_BUBBLEWRAP ? "/job" : folder;
}

static void run_compiler(const struct grader *g, const char *folder,
                         const char *file, struct sandbox_result *result)
{
    struct arguments arguments = { 0 };
    char *map = must_format("-ffile-prefix-map=%s=.",
                            seen_folder(g, folder));
    struct sandbox_job job = {
        .folder = folder,
        .argv = arguments.word,
        .view = SANDBOX_TOOLS,
        .cpu_seconds = 20,
        .memory_bytes = 1ull << 30,
        .file_bytes = OBJECT_MAX_FILE,
    };

    argument(&arguments, "/usr/bin/gcc");
    tree_flags(&arguments, g->cflags);
    argument(&arguments, map);
    /* No option that debugging information records: the reference's source
     * then gives the reference's object, and its runs are not repeated.
     * Temporary files have names that differ, and messages have them. */
    argument(&arguments, "-pipe");
    argument(&arguments, "-fno-diagnostics-show-caret");
    /* What a failed test may come from; never a reason to fail. */
    argument(&arguments, "-Wall");
    argument(&arguments, "-Wno-unused");
    argument(&arguments, "-c");
    argument(&arguments, file);
    argument(&arguments, "-o");
    argument(&arguments, "out.o");
    sandbox_run(g->mode, &job, result);
    free(map);
    free(arguments.copy);
}

/** The first lines of a complaint that have a word; NULL if none has. */
static char *quote(const char *output, const char *word, unsigned most)
{
    struct text text = { 0 };
    unsigned nr = 0;

    for (; *output && nr < most; output += *output == '\n') {
        size_t size = strcspn(output, "\n");

        if (memmem(output, size, word, strlen(word))) {
            text_add(&text, "\n  %.*s", size > 300 ? 300 : (int)size, output);
            nr++;
        }
        output += size;
    }
    return text.data;
}

/** What is wrong. What else the tools print when a limit stops them (how many
 *  bytes of memory they had) differs from run to run, so it is not quoted. */
static char *quote_errors(const char *output)
{
    char *lines = quote(output, "rror", QUOTED_LINES);

    return lines ? lines
                 : must_copy(" the compiler or the assembler stopped without "
                             "an error of its own, as at a limit on memory or "
                             "time");
}

/** Does the compiler work at all? */
static bool compiler_works(const struct grader *g)
{
    char *folder = job_folder(g);
    char *path = must_format("%s/empty.c", folder);
    struct sandbox_result result;
    bool works;

    if (!file_write(path, "int empty;\n", 11))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    run_compiler(g, folder, "empty.c", &result);
    works = result.end == SANDBOX_EXITED && result.status == 0 &&
            stage_has_room(g);
    sandbox_result_free(&result);
    free(path);
    job_folder_remove(folder);
    return works;
}

/** Compile; the reason is text of its own, or NULL when out.o is there, and
 *  then `warnings` may be lines. */
static char *compile(const struct grader *g, const char *folder,
                     const struct exercise *exercise, char **warnings)
{
    struct sandbox_result result;
    const char *phrase;
    char *problem = NULL;

    run_compiler(g, folder, exercise->file, &result);
    phrase = sandbox_end_phrase(&result);
    if (phrase || result.status) {
        char *lines = quote_errors(result.output);

        if (!compiler_works(g))
            grader_fault("the compiler does not work here: %s",
                         result.output);
        problem = phrase ? must_format("%s: the compiler %s", exercise->file,
                                       phrase)
                         : must_format("%s does not compile:%s",
                                       exercise->file, lines);
        free(lines);
    } else {
        *warnings = quote(result.output, " warning: ", QUOTED_WARNINGS);
    }
    sandbox_result_free(&result);
    return problem;
}

/** Check the object; the reason, or NULL when it is nothing but code. */
static char *check(const struct grader *g, const char *folder,
                   const struct exercise *exercise)
{
    char *inside = must_format("%s/bin/rf-inside", g->scratch);
    char *known = must_format("%s/known", g->scratch);
    const char *argv[8 + LAB_MAX_FUNCTIONS + LAB_MAX_SECTIONS] = {
        inside, "object", "out.o", "known"
    };
    unsigned nr = 4;
    struct sandbox_job job = {
        .folder = folder, .argv = argv,
        .lent = { { inside, NULL }, { known, "known" } },
    };
    struct sandbox_result result;
    const char *phrase;
    char *problem = NULL;

    for (unsigned i = 0; i < exercise->nr_functions; i++)
        argv[nr++] = exercise->function[i];
    argv[nr++] = "--";
    for (unsigned i = 0; i < exercise->nr_sections; i++)
        argv[nr++] = exercise->section[i];
    sandbox_run(g->mode, &job, &result);
    phrase = sandbox_end_phrase(&result);
    if (phrase || result.status > 1)
        problem = must_format("%s: the reader of its object file %s",
                              exercise->file, phrase ? phrase : "gave up");
    else if (result.status == 1) {
        result.output[strcspn(result.output, "\n")] = 0;
        problem = must_format("%s cannot be linked: %s", exercise->file,
                              result.output);
    }
    sandbox_result_free(&result);
    free(inside);
    free(known);
    return problem;
}

/** COMPILE-I2: the date that SOURCE_DATE_EPOCH gives to __DATE__. */
static void set_date(const char *path)
{
    static const struct timespec first[2];

    if (utimensat(AT_FDCWD, path, first, 0) < 0)
        grader_fault("%s cannot be given a date: %s", path, strerror(errno));
}

/** The folder to copy headers into, for copy_header(). */
static const char *headers_to;
static size_t headers_skip;

static int copy_header(const char *path, const struct stat *status, int kind,
                       struct FTW *where)
{
    char *to = must_format("%s/%s", headers_to, path + headers_skip);

    (void)status;
    (void)where;
    if (kind == FTW_F && (!make_parent(to) || !file_copy(path, to)))
        grader_fault("%s cannot be copied: %s", path, strerror(errno));
    if (kind == FTW_F)
        set_date(to);
    free(to);
    return 0;
}

/** The headers and the one source file. */
static void fill_folder(const struct grader *g, const char *folder,
                        const struct exercise *exercise,
                        const struct bytes *source)
{
    char *headers = must_format("%s/headers", g->scratch);
    char *path = must_format("%s/%s", folder, exercise->file);

    headers_to = folder;
    headers_skip = strlen(headers) + 1;
    nftw(headers, copy_header, 16, FTW_PHYS);
    if (!make_parent(path) || !file_write(path, source->data, source->size))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    set_date(path);
    free(headers);
    free(path);
}

/** Compile and check one source; the problem's text, or NULL. The object is
 *  then at `object`, and what the compiler warned of at `warned`. */
static char *make_object(const struct grader *g,
                         const struct exercise *exercise,
                         const struct bytes *source, const char *object,
                         const char *warned)
{
    char *folder = job_folder(g);
    char *out = must_format("%s/out.o", folder);
    char *problem, *warnings = NULL;
    struct bytes bytes;

    fill_folder(g, folder, exercise, source);
    problem = compile(g, folder, exercise, &warnings);
    if (warnings && !file_write(warned, warnings, strlen(warnings)))
        grader_fault("%s cannot be written: %s", warned, strerror(errno));
    if (!problem)
        problem = check(g, folder, exercise);
    if (!problem && !file_read(out, OBJECT_MAX_FILE, &bytes)) {
        problem = must_format("%s gave no object file", exercise->file);
    } else if (!problem) {
        if (!file_write(object, bytes.data, bytes.size))
            grader_fault("%s cannot be written: %s", object, strerror(errno));
        bytes_free(&bytes);
    }
    free(warnings);
    free(out);
    job_folder_remove(folder);
    if (problem && !stage_has_room(g))
        grader_fault("the disk with %s is full: %s", g->scratch, problem);
    return problem;
}

/** The name that a source's object and problem have in scratch/objects. */
static char *object_name(const struct grader *g,
                         const struct exercise *exercise,
                         const struct bytes *source)
{
    char hex[SHA256_HEX];
    struct text text = { 0 };
    char *name;

    text_add(&text, "%s %s %s, and its warnings\n", g->headers_hash,
             exercise->id, exercise->file);
    text_add_bytes(&text, source->data, source->size);
    sha256_hex(text.data, text.size, hex);
    text_free(&text);
    name = must_format("%s/objects/%s", g->cache, hex);
    return name;
}

/** The pool's pieces: exercises. */
struct compiling {
    const struct grader *g;
    struct submission *submission;
    unsigned exercise[LAB_MAX_EXERCISES];
    unsigned nr;
};

/** One part; the result is its problem, empty when there is none. */
static void compile_part(void *context, unsigned index, struct text *out)
{
    struct compiling *c = context;
    struct part *part = &c->submission->part[c->exercise[index]];
    const struct exercise *exercise = &c->g->lab.exercise[c->exercise[index]];
    char *name, *object, *why, *warned, *problem;
    struct bytes known;

    name = object_name(c->g, exercise, &part->source);
    object = must_format("%s.o", name);
    why = must_format("%s.why", name);
    warned = must_format("%s.warned", name);
    if (file_exists(object)) {
        problem = NULL;
    } else if (file_read(why, INTAKE_MAX_FILE, &known)) {
        problem = known.data;
    } else {
        problem = make_object(c->g, exercise, &part->source, object, warned);
        if (problem && !file_write(why, problem, strlen(problem)))
            grader_fault("%s cannot be written: %s", why, strerror(errno));
    }
    if (problem)
        text_add(out, "%s", problem);
    free(problem);
    free(warned);
    free(why);
    free(object);
    free(name);
}

static void compiled_part(void *context, unsigned index, const char *result,
                          size_t size)
{
    struct compiling *c = context;
    struct part *part = &c->submission->part[c->exercise[index]];
    const struct exercise *exercise = &c->g->lab.exercise[c->exercise[index]];
    char *name, *warned;
    struct bytes lines;

    if (!result)
        grader_fault("compiling %s could not be completed", exercise->file);
    if (size) {
        part->problem = must_copy(result);
        return;
    }
    name = object_name(c->g, exercise, &part->source);
    part->object = must_format("%s.o", name);
    warned = must_format("%s.warned", name);
    if (file_read(warned, INTAKE_MAX_FILE, &lines))
        part->warnings = lines.data;
    free(warned);
    free(name);
}

void submission_compile(const struct grader *g, struct submission *to,
                        exercise_set set)
{
    struct compiling c = { .g = g, .submission = to };

    if (to->refused)
        return;
    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        struct part *part = &to->part[i];

        if (!(set & 1u << i) || part->problem || part->object)
            continue;
        if (part->source.data)
            c.exercise[c.nr++] = i;
        else
            part->problem = must_format("the submission has no %s",
                                        g->lab.exercise[i].file);
    }
    pool_run(c.nr, g->jobs, compile_part, compiled_part, &c);
}
