/* SPDX-License-Identifier: MIT */
/**
 * @file kill_run.c
 * Compiling mutants and running the tests on them; contracts in kill.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/grader/kill.h"
#include "labs/grader/pool.h"

#define CACHED_MAX 0x10000u

/** Seeds that survivors are tried with as well. */
static const uint64_t more_seeds[] = { 2, 3, 4711 };

/** Some of the mutants, for the pool. */
struct batch {
    struct kills *kills;
    struct kill **kill;
    unsigned nr, done;
    uint64_t seed;
    const char *what; /**< for the progress line */
};

static struct batch batch_start(struct kills *kills, const char *what)
{
    struct batch batch = { .kills = kills, .seed = kills->g.seed,
                           .what = what };

    batch.kill = must_alloc(kills->nr + 1, sizeof *batch.kill);
    return batch;
}

/** One more is done: said where somebody watches. */
static void progress(struct batch *batch)
{
    batch->done++;
    if (isatty(2))
        fprintf(stderr, "\r%s %u of %u%s", batch->what, batch->done,
                batch->nr, batch->done == batch->nr ? "\n" : "");
}

/* --- The cache ------------------------------------------------------------ */

/** Name of what is known, by all that it depends on; free() it. */
static char *cache_path(const struct kills *kills, char kind,
                        const struct text *key)
{
    char hex[SHA256_HEX];

    sha256_hex(key->data, key->size, hex);
    return must_format("%s/%c-%s", kills->cache, kind, hex);
}

static char *object_path(const struct kills *kills, const struct kill *kill)
{
    const struct exercise *exercise = &kills->g.lab.exercise[kill->exercise];
    const char *compiler = json_string_value(
        json_object_get(kills->g.fingerprint, "compiler"));
    struct text key = { 0 };
    char *path;

    text_add(&key, "%s\n%s\n%s %s\n%s", compiler, kills->g.headers_hash,
             exercise->id, exercise->file, kill->source);
    path = cache_path(kills, 'o', &key);
    text_free(&key);
    return path;
}

static char *verdict_path(const struct kills *kills, const struct kill *kill,
                          uint64_t seed)
{
    struct text key = { 0 };
    char *path;

    text_add(&key, "%s %u %s %llu", kills->depends, kill->exercise,
             kill->object, (unsigned long long)seed);
    path = cache_path(kills, 'v', &key);
    text_free(&key);
    return path;
}

/** What is known, or NULL; free() it. */
static char *recall(char *path)
{
    struct bytes known;
    bool found = file_read(path, CACHED_MAX, &known);

    free(path);
    return found ? known.data : NULL;
}

static void keep(char *path, const char *text)
{
    if (!make_parent(path) || !file_write(path, text, strlen(text)))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    free(path);
}

/* --- Compiling ------------------------------------------------------------ */

static void submission_of(const struct kills *kills, const struct kill *kill,
                          struct submission *to)
{
    submission_empty(to);
    submission_set(to, kill->exercise, kill->source, strlen(kill->source));
    submission_compile(&kills->g, to, 1u << kill->exercise);
}

/** In a child: the object's hash, or "-" when there is none. */
static void build_one(void *context, unsigned index, struct text *out)
{
    struct batch *batch = context;
    const struct kill *kill = batch->kill[index];
    struct submission submission;
    struct bytes object;
    char hex[SHA256_HEX] = "-";

    submission_of(batch->kills, kill, &submission);
    if (submission.part[kill->exercise].object) {
        const char *path = submission.part[kill->exercise].object;

        if (!file_read(path, SIZE_MAX / 4, &object))
            grader_fault("%s cannot be read: %s", path, strerror(errno));
        sha256_hex(object.data, object.size, hex);
        bytes_free(&object);
    }
    text_add(out, "%s", hex);
    submission_free(&submission);
}

static void take_object(struct kill *kill, const char *known)
{
    if (strlen(known) == SHA256_HEX - 1)
        memcpy(kill->object, known, SHA256_HEX);
    else
        kill->state = KILL_UNBUILT;
}

static void built_one(void *context, unsigned index, const char *result,
                      size_t size)
{
    struct batch *batch = context;
    struct kill *kill = batch->kill[index];

    if (!size)
        grader_fault("compiling the mutant %s could not be completed",
                     kill->name);
    take_object(kill, result);
    keep(object_path(batch->kills, kill), result);
    progress(batch);
}

/** Hashes of the reference's objects, made in the same way. */
static void build_references(struct kills *kills, struct kill *reference)
{
    struct batch batch = batch_start(kills, "compiled, of the reference,");
    const struct lab *lab = &kills->g.lab;

    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        struct bytes source;

        if (!file_read(lab->exercise[i].file, SIZE_MAX / 4, &source))
            grader_fault("%s cannot be read: %s", lab->exercise[i].file,
                         strerror(errno));
        reference[i] = (struct kill){ .name = "(the reference)",
                                      .exercise = i, .source = source.data };
        batch.kill[batch.nr++] = &reference[i];
    }
    pool_run(batch.nr, kills->jobs, build_one, built_one, &batch);
    free(batch.kill);
}

/** Those that are the reference, or an earlier mutant. */
static void tell_apart(struct kills *kills, const struct kill *reference)
{
    for (unsigned i = 0; i < kills->nr; i++) {
        struct kill *kill = &kills->kill[i];

        if (kill->state != KILL_UNKNOWN)
            continue;
        if (!strcmp(kill->object, reference[kill->exercise].object))
            kill->state = KILL_SAME;
        for (unsigned j = 0; j < i && kill->state == KILL_UNKNOWN; j++)
            if (kills->kill[j].state == KILL_UNKNOWN &&
                kills->kill[j].exercise == kill->exercise &&
                !strcmp(kills->kill[j].object, kill->object)) {
                kill->state = KILL_TWIN;
                kill->twin = j;
            }
    }
}

void kill_build(struct kills *kills)
{
    struct kill reference[LAB_MAX_EXERCISES];
    struct batch batch = batch_start(kills, "compiled");

    build_references(kills, reference);
    for (unsigned i = 0; i < kills->nr; i++) {
        char *known;

        if (kills->kill[i].state == KILL_LEFT_OUT)
            continue;
        known = recall(object_path(kills, &kills->kill[i]));
        if (known)
            take_object(&kills->kill[i], known);
        else
            batch.kill[batch.nr++] = &kills->kill[i];
        free(known);
    }
    pool_run(batch.nr, kills->jobs, build_one, built_one, &batch);
    kills->nr_built += batch.nr;
    tell_apart(kills, reference);
    for (unsigned i = 0; i < kills->g.lab.nr_exercises; i++)
        free(reference[i].source);
    free(batch.kill);
}

/* --- Running -------------------------------------------------------------- */

/** Hundreds of mutants' images would fill the scratch folder. */
static void forget_images(const struct kills *kills,
                          const struct submission *submission,
                          const struct kill *kill)
{
    const struct lab *lab = &kills->g.lab;

    for (unsigned i = 0; i < kills->nr_tests; i++)
        if (!strcmp(lab->tests[i]->exercise, lab->exercise[kill->exercise].id))
            image_forget(&kills->g, submission, 1u << kill->exercise,
                         lab->tests[i]->driver);
}

/** Run one test, or all of the exercise (NULL). @return they all pass. */
static bool run_tests(const struct grader *g, const struct kill *kill,
                      struct submission *submission, const char *test,
                      char *letters)
{
    const struct lab *lab = &g->lab;
    struct grading grading;
    bool pass = true;

    grading_start(&grading, g, submission, lab->exercise[kill->exercise].id,
                  test);
    grading_run(&grading);
    for (unsigned i = 0; lab->tests[i]; i++) {
        const struct item *item = grading_item(&grading, lab->tests[i]->id);

        if (!item->selected || item->verdict == VERDICT_PASS)
            continue;
        letters[i] = item->verdict == VERDICT_FAIL ? 'x' : '?';
        pass = false;
    }
    grading_free(&grading);
    return pass;
}

/** In a child: a letter a test of the lab: 'x' killed, '?' ungraded. All
 *  killers of a named mutant are wanted; of a generated one, the first. */
static void run_one(void *context, unsigned index, struct text *out)
{
    struct batch *batch = context;
    const struct kill *kill = batch->kill[index];
    const struct lab *lab = &batch->kills->g.lab;
    struct grader g = batch->kills->g;
    struct submission submission;
    char *letters = must_alloc(batch->kills->nr_tests + 1, 1);
    bool lives = true;

    g.seed = batch->seed;
    memset(letters, '.', batch->kills->nr_tests);
    submission_of(batch->kills, kill, &submission);
    if (!kill->generated)
        (void)run_tests(&g, kill, &submission, NULL, letters);
    for (unsigned i = 0; kill->generated && lab->tests[i] && lives; i++)
        if (!strcmp(lab->tests[i]->exercise, lab->exercise[kill->exercise].id))
            lives = run_tests(&g, kill, &submission, lab->tests[i]->id,
                              letters);
    text_add(out, "%s", letters);
    forget_images(batch->kills, &submission, kill);
    free(letters);
    submission_free(&submission);
}

/** With another seed than the first: the mutant stays a survivor. */
static void take_letters(struct batch *batch, struct kill *kill,
                         const char *letters)
{
    bool dies = strchr(letters, 'x');

    if (batch->seed != batch->kills->g.seed) {
        if (dies && !kill->luck)
            kill->luck = batch->seed;
        return;
    }
    for (unsigned i = 0; i < batch->kills->nr_tests; i++)
        kill->by[i] = letters[i] == 'x';
    kill->state = dies ? KILL_KILLED : KILL_SURVIVED;
}

static void ran_one(void *context, unsigned index, const char *result,
                    size_t size)
{
    struct batch *batch = context;
    struct kill *kill = batch->kill[index];

    progress(batch);
    if (size != batch->kills->nr_tests || strchr(result, '?')) {
        kill->state = KILL_UNGRADED;
        return;
    }
    take_letters(batch, kill, result);
    keep(verdict_path(batch->kills, kill, batch->seed), result);
}

/** Run those that are in a state, with one seed. */
static void run_all(struct kills *kills, enum kill_state state, uint64_t seed,
                    const char *what)
{
    struct batch batch = batch_start(kills, what);

    batch.seed = seed;
    for (unsigned i = 0; i < kills->nr; i++) {
        struct kill *kill = &kills->kill[i];
        char *known;

        if (kill->state != state)
            continue;
        known = recall(verdict_path(kills, kill, seed));
        if (known && strlen(known) == kills->nr_tests)
            take_letters(&batch, kill, known);
        else
            batch.kill[batch.nr++] = kill;
        free(known);
    }
    pool_run(batch.nr, kills->jobs, run_one, ran_one, &batch);
    kills->nr_run += batch.nr;
    free(batch.kill);
}

void kill_run(struct kills *kills)
{
    run_all(kills, KILL_UNKNOWN, kills->g.seed, "judged");
}

void kill_survivors(struct kills *kills)
{
    for (unsigned i = 0; i < sizeof more_seeds / sizeof more_seeds[0]; i++)
        if (more_seeds[i] != kills->g.seed)
            run_all(kills, KILL_SURVIVED, more_seeds[i],
                    "survivors judged with another seed");
}
