/* SPDX-License-Identifier: MIT */
/**
 * @file class.c
 * Grading a folder of submissions; contract and invariants in class.h. What
 * is made from the reports afterwards is in class_table.c and class_page.c.
 */
#include "labs/grader/class.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "labs/grader/alike.h"
#include "labs/grader/class_table.h"
#include "labs/grader/grade.h"
#include "labs/grader/pool.h"
#include "labs/grader/render.h"
#include "labs/grader/stage.h"

/** The pool's pieces: submissions. */
struct class {
    struct grader g;
    const struct class_options *what;
    char **name; /**< as they are in the folder, sorted */
    unsigned nr;
    unsigned nr_done;
};

/* A file's name has 255 bytes at most; what its ending takes is less than the
 * rest. */
#define FILE_NAME_BYTES 200u
#define FILE_NAME_KEPT 160u
#define FILE_NAME_HASH 16u

char *class_file_name(const char *name)
{
    struct text text = { 0 };
    const char *whole = name;
    char hex[SHA256_HEX];
    size_t kept = 0;

    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;

        kept = text.size <= FILE_NAME_KEPT ? text.size : kept;
        /* A leading dot would hide it. */
        if (isalnum(c) || c == '-' || c == '_' || (c == '.' && text.size))
            text_add(&text, "%c", c);
        else
            text_add(&text, "%%%02X", c);
    }
    if (text.size > FILE_NAME_BYTES) {
        /* '~' is in no other name. */
        sha256_hex(whole, strlen(whole), hex);
        text.size = kept;
        text_add(&text, "~%.*s", (int)FILE_NAME_HASH, hex);
    }
    return text.data;
}

/** RESULTS/FOLDER/NAME.SUFFIX; free() it. */
static char *file_of(const struct class_options *what, const char *folder,
                     const char *name, const char *suffix)
{
    char *file = class_file_name(name);
    char *path = must_format("%s/%s/%s.%s", what->results, folder, file,
                             suffix);

    free(file);
    return path;
}

static void must_write(const char *path, const char *text)
{
    if (!make_parent(path) || !file_write_result(path, text, strlen(text)))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
}

/* --- One submission ------------------------------------------------------ */

static void read_one(const struct class *class, const char *name,
                     struct submission *to)
{
    char *path = must_format("%s/%s", class->what->submissions, name);
    struct stat status;

    /* A link could lead to somebody else's, or to a file of the host. */
    if (lstat(path, &status) < 0)
        grader_fault("%s cannot be looked at: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode)) {
        submission_read(&class->g, path, to);
    } else {
        submission_empty(to);
        to->refused = must_copy("it is no folder and no archive");
    }
    free(path);
}

/** Keys of a report that a new one would have as well, whatever its runs
 *  bring. */
static bool is_same_grading(const json_t *old, const json_t *new)
{
    static const char *const keys[] = {
        "form", "lab", "title", "seed", "seeds", "course_key", "selection",
        "max_score", "sandbox", "submission", "refused", "ignored",
        "ignored_count", "fingerprint",
    };

    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!json_equal(json_object_get(old, keys[i]),
                        json_object_get(new, keys[i])))
            return false;
    return true;
}

/** Was every test run with one of the seeds that it would get now? With a
 *  course key that is all that tells another key. */
static bool has_seeds(const json_t *old, const struct grading *grading)
{
    const struct grader *g = grading->g;
    const json_t *tests = json_object_get(old, "tests");

    if (json_array_size(tests) != grading->nr_items)
        return false;
    for (unsigned i = 0; i < grading->nr_items; i++) {
        json_int_t seed = json_integer_value(
            json_object_get(json_array_get(tests, i), "seed"));
        bool found = false;

        for (unsigned j = 0; j < (g->nr_seeds ? g->nr_seeds : 1); j++)
            found |= (uint64_t)seed == seed_of(&g->key, g->seed,
                                               grading->hash,
                                               grading->item[i].test->id, j);
        if (!found)
            return false;
    }
    return true;
}

/** CLASS-I2. A complete report of another grading becomes the former one. */
static bool is_kept(const struct class *class, const struct grading *grading,
                    const char *name)
{
    char *former = file_of(class->what, "former", name, "json");
    json_t *old = json_load_file(grading->report_path, 0, NULL);
    json_t *new = report_make(grading);
    bool complete = report_true(old, "complete") &&
                    report_number(old, "ungraded") == 0;
    bool kept = complete && is_same_grading(old, new) &&
                has_seeds(old, grading);

    if (complete && !kept &&
        (!make_parent(former) || rename(grading->report_path, former) < 0))
        grader_fault("%s cannot be written: %s", former, strerror(errno));
    json_decref(new);
    json_decref(old);
    free(former);
    return kept;
}

/** The report for the student. */
static void write_text(const struct class *class, const char *name,
                       const struct grading *grading)
{
    struct render_options options = { .student = true };
    json_t *report = report_make(grading);
    char *path = file_of(class->what, "reports", name, "txt");
    char *text = render_text(report, &options);

    must_write(path, text);
    free(text);
    free(path);
    json_decref(report);
}

static void keep_source(const struct class *class, const char *name,
                        const struct submission *submission)
{
    char *path = file_of(class->what, "sources", name, "c");
    char *own = alike_own_text(&class->g.lab, submission);

    must_write(path, own);
    free(own);
    free(path);
}

/** Grade one, unless its report is kept. @return was it? */
static bool grade_one(struct class *class, const char *name)
{
    char *report = file_of(class->what, "reports", name, "json");
    char *cache = stage_cache(&class->g);
    struct submission submission;
    struct grading grading;
    bool kept;

    class->g.cache = cache;
    read_one(class, name, &submission);
    keep_source(class, name, &submission);
    grading_start(&grading, &class->g, &submission, NULL, NULL);
    grading.report_path = report;
    kept = is_kept(class, &grading, name);
    if (!kept) {
        grading_run(&grading);
        write_text(class, name, &grading);
    }
    grading_free(&grading);
    submission_free(&submission);
    job_folder_remove(cache);
    free(report);
    return kept;
}

/** In a child. What stops it writes one sentence to its error output. */
static void do_one(void *context, unsigned index, struct text *out)
{
    struct class *class = context;
    const char *name = class->name[index];
    char *error = file_of(class->what, "reports", name, "error");

    if (!make_parent(error) || !freopen(error, "w", stderr))
        grader_fault("%s cannot be written: %s", error, strerror(errno));
    setvbuf(stderr, NULL, _IOLBF, 0);
    text_add(out, "%s", grade_one(class, name) ? "kept" : "graded");
    unlink(error);
    free(error);
}

/** Tell how far it is, on the error output: the table is the result. */
static void one_done(void *context, unsigned index, const char *result,
                     size_t size)
{
    struct class *class = context;
    const char *name = class->name[index];
    char *path = file_of(class->what, "reports", name, "json");
    json_t *report = result ? json_load_file(path, 0, NULL) : NULL;
    char *score = points_text(report_points(report, "score"));
    char *shown = must_copy(name);

    (void)size;
    text_clean_line(shown);
    class->nr_done++;
    if (!report)
        fprintf(stderr, "%4u/%u  %s: not graded, the host's fault\n",
                class->nr_done, class->nr, shown);
    else
        fprintf(stderr, "%4u/%u  %s: %s%s%s\n", class->nr_done, class->nr,
                shown, score,
                *report_string(report, "refused") ? " (refused)" : "",
                !strcmp(result, "kept") ? " (kept)" : "");
    free(shown);
    free(score);
    json_decref(report);
    free(path);
}

/* --- All of them --------------------------------------------------------- */

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void list_submissions(struct class *class)
{
    struct dirent **entry;
    int nr = scandir(class->what->submissions, &entry, is_visible, alphasort);

    if (nr < 0)
        grader_usage("SUBMISSIONS=%s cannot be read: %s",
                     class->what->submissions, strerror(errno));
    if (!nr)
        grader_usage("SUBMISSIONS=%s has nothing in it",
                     class->what->submissions);
    class->name = must_alloc((size_t)nr, sizeof *class->name);
    class->nr = (unsigned)nr;
    for (int i = 0; i < nr; i++) {
        class->name[i] = must_copy(entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
}

static bool summarize(const struct grader *g,
                      const struct class_options *what, char **name,
                      unsigned nr)
{
    struct class_table table;
    bool complete;

    class_table_read(&table, what, name, nr);
    alike_find(g, what->results, &table);
    class_table_write(&table, what->results);
    class_page_write(&table, what->results);
    complete = class_table_print(&table, what->results);
    class_table_free(&table);
    return complete;
}

bool class_grade(const struct grader_options *options,
                 const struct class_options *what)
{
    struct class class = { .what = what };
    unsigned jobs = options->jobs;
    bool complete;

    list_submissions(&class);
    if (!make_folders(what->results))
        grader_usage("RESULTS=%s cannot be made: %s", what->results,
                     strerror(errno));
    grader_start(&class.g, options);
    class.g.jobs = 1;
    pool_run(class.nr, jobs, do_one, one_done, &class);
    complete = summarize(&class.g, what, class.name, class.nr);
    for (unsigned i = 0; i < class.nr; i++)
        free(class.name[i]);
    free(class.name);
    grader_stop(&class.g);
    return complete;
}

bool class_summarize(const struct grader_options *options,
                     const struct class_options *what)
{
    struct grader g;
    bool complete;

    grader_start(&g, options);
    complete = summarize(&g, what, NULL, 0);
    grader_stop(&g);
    return complete;
}
