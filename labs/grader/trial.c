/* SPDX-License-Identifier: MIT */
/**
 * @file trial.c
 * One test on one image; contract in trial.h.
 *
 * - TRIAL-I1: whatever the submission can cause is "fail". When the simulator
 *   gives no complete record, the same test runs on the reference: if that
 *   does not work either, the host did it. If it works, the submission gets a
 *   second run, because what it did it does again, and what was a moment's
 *   trouble of the host must not cost points.
 * - TRIAL-I2: a trial depends on the image's bytes, the test and the seed
 *   alone, so one that was done is not done again (scratch/memo).
 */
#include "labs/grader/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/interleave.h"
#include "labs/grader/rng.h"
#include "labs/grader/stage.h"
#include "sim/run/run.h"

#define MEMO_MAX 0x100000u

static json_t *result_of(enum verdict_kind kind, const char *message)
{
    json_t *result = json_object();

    json_object_set_new(result, "verdict", json_string(verdict_word(kind)));
    json_object_set_new(result, "message", json_string(message));
    json_object_set_new(result, "instructions", json_integer(0));
    json_object_set_new(result, "notes", json_array());
    return result;
}

/** A failure before there was any run; the handout's section is named. */
static json_t *early_failure(const struct grader *g, const struct test *test,
                             const char *why)
{
    char *message = must_format("%s\n  see %s#%s", why, g->lab.handout,
                                test->section);
    json_t *result;

    text_clean(message);
    result = result_of(VERDICT_FAIL, message);
    free(message);
    return result;
}

/** Oracles that are not the test's own: notes. */
static void add_notes(json_t *notes, const struct run *run)
{
    const struct event *event = NULL;

    while ((event = run_next(run, event, EVENT_ORACLE)) &&
           json_array_size(notes) < 8) {
        const struct event_text *text = trace_text(event);
        const char *const *name = run->setup->test->oracles;
        char *note;

        for (; name && *name && strcmp(*name, text->name); name++)
            ;
        if (name && *name)
            continue;
        note = must_format("oracle %s, instruction %llu: %s", text->name,
                           (unsigned long long)event->icount, text->text);
        text_clean(note);
        json_array_append_new(notes, json_string(note));
        free(note);
    }
}

/**
 * Judge a run that took place, and its interleavings.
 *
 * @param again  The one that fails, to be run alone; fails_at 0: none.
 */
static json_t *judge(const struct grader *g, const struct run *run,
                     struct interleavings *again)
{
    struct verdict v = { 0 };
    char *message = NULL;
    json_t *result;

    *again = (struct interleavings){ 0 };
    run->setup->test->check(&v, run);
    verdict_common(&v, run);
    if (run->forks && !verdict_failed(&v))
        interleave_judge(run, &v, again);
    if (run->setup->jump_at && !verdict_failed(&v))
        verdict_harness(&v, "the interleaving at instruction %llu fails among "
                        "others and not alone",
                        (unsigned long long)run->setup->jump_at);
    if (v.kind != VERDICT_PASS)
        message = verdict_message(g, &v, run);
    result = result_of(v.kind, message ? message : "");
    json_object_set_new(result, "instructions",
                        json_integer((json_int_t)(run_instructions(run) +
                                                  again->instructions)));
    add_notes(json_object_get(result, "notes"), run);
    free(message);
    verdict_free(&v);
    return result;
}

static void keep_files(const char *folder, const char *keep)
{
    static const char *const names[] = {
        SIM_FILE_EVENTS, SIM_FILE_RUN, SIM_FILE_SERIAL, SIM_FILE_ROM,
        SIM_FILE_RC, "image.elf",
    };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *from = must_format("%s/%s", folder, names[i]);
        char *to = must_format("%s/%s", keep, names[i]);

        if (file_exists(from) && (!make_parent(to) || !file_copy(from, to)))
            grader_fault("%s cannot be written: %s", to, strerror(errno));
        free(from);
        free(to);
    }
}

/** Carry out a run that is described. @param again  As judge()'s. */
static enum run_result run_described(const struct grader *g,
                                     struct setup *setup, struct image *image,
                                     const char *keep, json_t **result,
                                     struct interleavings *again, char **why)
{
    char *folder = job_folder(g);
    char *phase = must_format("%s#phase", setup->test->id);
    enum run_result outcome;
    struct rng rng;
    struct run run;

    *again = (struct interleavings){ 0 };
    rng_start(&rng, g->seed, phase);
    outcome = run_execute(g, setup, image, folder, rng_u64(&rng), &run, why);
    if (outcome == RUN_TOOK_PLACE) {
        *result = judge(g, &run, again);
        run_free(&run);
    } else if (outcome == RUN_MISTAKE) {
        free(*why);
        *why = must_format("the test %s is wrong: %s", setup->test->id,
                           setup->mistake);
    }
    if (keep && !again->fails_at)
        keep_files(folder, keep);
    free(phase);
    job_folder_remove(folder);
    return outcome;
}

/** Describe and run. @param result The judgement when it took place. */
static enum run_result run_once(const struct grader *g, struct image *image,
                                const struct test *test, const char *keep,
                                json_t **result, char **why)
{
    struct interleavings again, none;
    struct setup setup;
    struct rng rng;
    enum run_result outcome;

    setup_start(&setup, test);
    rng_start(&rng, g->seed, test->id);
    test->prepare(&setup, &rng);
    outcome = run_described(g, &setup, image, keep, result, &again, why);
    if (again.fails_at) {
        /* INTERLEAVE-I2 */
        json_decref(*result);
        *result = NULL;
        setup.jump_at = again.fails_at;
        setup.jump_where = again.where;
        outcome = run_described(g, &setup, image, keep, result, &none, why);
    }
    setup_free(&setup);
    return outcome;
}

bool trial_reference(const struct grader *g, const struct test *test)
{
    struct image image;
    json_t *result = NULL;
    char *why = NULL;
    bool runs = false;

    if (image_link(g, NULL, 0, test->driver, &image, &why)) {
        runs = run_once(g, &image, test, NULL, &result, &why) ==
               RUN_TOOK_PLACE;
        image_free(&image);
    }
    json_decref(result);
    free(why);
    return runs;
}

/** TRIAL-I1: what becomes of a run that broke, `why` in words. */
static json_t *judge_broken(const struct grader *g, struct image *image,
                            const struct test *test, const char *keep,
                            const char *why)
{
    json_t *result = NULL;
    char *message, *again = NULL;

    if (!stage_has_room(g)) {
        message = must_format("the simulator %s, and the disk is full: the "
                              "host's fault", why);
        result = result_of(VERDICT_HARNESS, message);
    } else if (!trial_reference(g, test)) {
        message = must_format("the simulator %s, on the reference as well: "
                              "the host's fault", why);
        result = result_of(VERDICT_HARNESS, message);
    } else {
        message = must_format("the simulator %s; on the reference it does "
                              "not", why);
        if (run_once(g, image, test, keep, &result, &again) !=
            RUN_TOOK_PLACE)
            result = early_failure(g, test, message);
    }
    free(again);
    free(message);
    return result;
}

static json_t *run_and_judge(const struct grader *g, struct image *image,
                             const struct test *test, const char *keep)
{
    json_t *result = NULL;
    char *why = NULL;

    switch (run_once(g, image, test, keep, &result, &why)) {
    case RUN_TOOK_PLACE:
        break;
    case RUN_MISTAKE:
        result = result_of(VERDICT_HARNESS, why);
        break;
    case RUN_BROKE:
        result = judge_broken(g, image, test, keep, why);
        break;
    }
    free(why);
    json_object_set_new(result, "ran", json_true());
    return result;
}

/** Name of a trial's memo: everything that it depends on. */
static char *memo_path(const struct grader *g, const struct image *image,
                       const struct test *test)
{
    char hex[SHA256_HEX];
    char *key, *path;

    sha256_hex(image->file.data, image->file.size, hex);
    key = must_format("%s %s %llu", hex, test->id,
                      (unsigned long long)g->seed);
    sha256_hex(key, strlen(key), hex);
    path = must_format("%s/memo/%s", g->cache, hex);
    free(key);
    return path;
}

/** What the host did to a run says nothing about the next one. */
static void remember(const char *path, const json_t *result)
{
    const char *word = json_string_value(json_object_get(result, "verdict"));
    char *text;

    if (!strcmp(word, verdict_word(VERDICT_HARNESS)))
        return;
    text = json_dumps(result, JSON_COMPACT);
    if (!text || !file_write(path, text, strlen(text)))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    free(text);
}

static json_t *try_image(const struct grader *g, struct image *image,
                         const struct test *test, const char *keep)
{
    char *path = memo_path(g, image, test);
    struct bytes memo;
    json_t *result = NULL;

    if (!keep && !g->fresh && file_read(path, MEMO_MAX, &memo)) {
        result = json_loads(memo.data, 0, NULL);
        bytes_free(&memo);
        json_object_del(result, "ran");
    }
    if (!result) {
        result = run_and_judge(g, image, test, keep);
        remember(path, result);
    }
    free(path);
    return result;
}

json_t *trial(const struct grader *g, const struct submission *submission,
              exercise_set set, const struct test *test, const char *keep)
{
    struct image image;
    json_t *result;
    char *problem;

    if (submission->refused)
        return early_failure(g, test, submission->refused);
    for (unsigned i = 0; i < g->lab.nr_exercises; i++)
        if (set & 1u << i && !submission->part[i].object)
            return early_failure(g, test, submission->part[i].problem);
    if (!image_link(g, submission, set, test->driver, &image, &problem)) {
        result = early_failure(g, test, problem);
        free(problem);
        return result;
    }
    result = try_image(g, &image, test, keep);
    image_free(&image);
    return result;
}
