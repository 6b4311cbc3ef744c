/* SPDX-License-Identifier: MIT */
/**
 * @file submission.c
 * Reading submissions; contracts in submission.h, the choice of files in
 * inside/intake.h. Compiling them is in compile.c.
 */
#include "labs/grader/submission.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "labs/grader/inside/inside.h"
#include "labs/grader/stage.h"

void submission_empty(struct submission *to)
{
    *to = (struct submission){ .ignored = json_array() };
}

void submission_set(struct submission *to, unsigned exercise,
                    const char *source, size_t size)
{
    struct bytes *bytes = &to->part[exercise].source;

    bytes_free(bytes);
    if (!source)
        return;
    bytes->data = must_alloc(size + 1, 1);
    memcpy(bytes->data, source, size);
    bytes->size = size;
}

/** The lab's files below a folder. */
static void take_files(const struct grader *g, const char *folder,
                       struct submission *to)
{
    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        char *path = must_format("%s/%s", folder, g->lab.exercise[i].file);

        if (!file_read(path, INTAKE_MAX_FILE, &to->part[i].source) &&
            errno != ENOENT && errno != ENOTDIR)
            to->part[i].problem = must_format(
                "%s cannot be used: it is no plain file of at most %u KB",
                g->lab.exercise[i].file, INTAKE_MAX_FILE >> 10);
        free(path);
    }
}

void submission_of_tree(const struct grader *g, struct submission *to)
{
    submission_empty(to);
    take_files(g, ".", to);
}

/** What rf-inside printed. @retval false it is not what it prints. */
static bool take_answer(const char *answer, struct submission *to)
{
    json_t *result = json_loads(answer, 0, NULL);
    const char *refused = json_string_value(json_object_get(result,
                                                            "refused"));
    json_t *ignored = json_object_get(result, "ignored");
    bool good = true;

    if (refused) {
        to->refused = must_copy(refused);
    } else if (json_is_array(ignored)) {
        json_array_extend(to->ignored, ignored);
        to->nr_ignored = (unsigned)json_integer_value(
            json_object_get(result, "ignored_count"));
    } else {
        good = false;
    }
    json_decref(result);
    return good;
}

/** Does the reader work at all? Otherwise its failure is the host's. */
static void check_reader(const struct grader *g, const char *inside)
{
    char *folder = job_folder(g);
    char *empty = must_format("%s/in", folder);
    const char *const argv[] = { inside, "intake", "in", "out", "x", NULL };
    struct sandbox_job job = {
        .folder = folder, .argv = argv, .lent = { { inside, NULL } }
    };
    struct sandbox_result result;

    if (!make_folders(empty))
        grader_fault("%s cannot be made: %s", empty, strerror(errno));
    sandbox_run(g->mode, &job, &result);
    if (result.end != SANDBOX_EXITED || result.status != 0)
        grader_fault("the reader of submissions does not work here: %s",
                     result.output);
    sandbox_result_free(&result);
    free(empty);
    job_folder_remove(folder);
}

static void run_intake(const struct grader *g, const char *path,
                       bool is_folder, const char *folder,
                       struct submission *to)
{
    char *inside = must_format("%s/bin/rf-inside", g->scratch);
    const char *argv[LAB_MAX_EXERCISES + 6] = { inside, "intake", "in",
                                                "out" };
    struct sandbox_job job = {
        .folder = folder,
        .argv = argv,
        .lent = { { path, "in" }, { inside, NULL } },
        .own_user = is_folder,
    };
    struct sandbox_result result;

    for (unsigned i = 0; i < g->lab.nr_exercises; i++)
        argv[4 + i] = g->lab.exercise[i].file;
    sandbox_run(g->mode, &job, &result);
    if (result.end != SANDBOX_EXITED || result.status != 0 ||
        !take_answer(result.output, to)) {
        const char *phrase = sandbox_end_phrase(&result);

        check_reader(g, inside);
        to->refused = must_format("the submission cannot be read: its reader "
                                  "%s", phrase ? phrase : "gave up");
    }
    sandbox_result_free(&result);
    free(inside);
}

void submission_read(const struct grader *g, const char *path,
                     struct submission *to)
{
    char *full = realpath(path, NULL);
    char *folder, *out;
    struct stat status;

    if (!full || stat(full, &status) < 0)
        grader_usage("the submission %s cannot be found: %s", path,
                     strerror(errno));
    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
        grader_usage("the submission %s is no folder and no archive", path);
    submission_empty(to);
    folder = job_folder(g);
    run_intake(g, full, S_ISDIR(status.st_mode), folder, to);
    out = must_format("%s/out", folder);
    if (!to->refused)
        take_files(g, out, to);
    free(out);
    job_folder_remove(folder);
    if (to->refused && !stage_has_room(g))
        grader_fault("the disk with %s is full: %s", g->scratch, to->refused);
    free(full);
}

char *submission_hash(const struct grader *g,
                      const struct submission *submission)
{
    struct text text = { 0 };
    char hex[SHA256_HEX];

    text_add(&text, "lab %u\n", g->lab.number);
    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        const struct bytes *source = &submission->part[i].source;

        if (!source->data)
            continue;
        text_add(&text, "%s %zu\n", g->lab.exercise[i].file, source->size);
        text_add_bytes(&text, source->data, source->size);
    }
    sha256_hex(text.data, text.size, hex);
    text_free(&text);
    return must_copy(hex);
}

void submission_free(struct submission *submission)
{
    for (unsigned i = 0; i < LAB_MAX_EXERCISES; i++) {
        bytes_free(&submission->part[i].source);
        free(submission->part[i].object);
        free(submission->part[i].problem);
        free(submission->part[i].warnings);
    }
    free(submission->refused);
    json_decref(submission->ignored);
    *submission = (struct submission){ 0 };
}
