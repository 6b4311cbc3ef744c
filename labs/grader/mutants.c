/* SPDX-License-Identifier: MIT */
/**
 * @file mutants.c
 * `make mutants`: which mistakes a lab's tests notice; contract in mutants.h.
 */
#include "labs/grader/mutants.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/generated.h"
#include "labs/grader/stage.h"
#include "labs/grader/survivors.h"

#define LIST_MAX 0x100000u

/** A whole judgement. */
struct judging {
    struct kills kills;
    const struct mutants_options *what;
    struct survivors listed;
    char *list_path;
    struct text wrong;   /**< one line each */
    struct text results; /**< "pass NAME", "fail NAME reason" */
};

/** What every verdict depends on, besides the mutant: KILL-I3. */
static char *dependencies(const struct grader *g)
{
    char *program = must_format("%s/bin/rf-grade", g->build);
    char *drivers = stage_hash(g, "drivers");
    char *tools = json_dumps(g->fingerprint, JSON_COMPACT | JSON_SORT_KEYS);
    char hex[SHA256_HEX], *all;
    struct bytes bytes;

    if (!tools || !file_read(program, SIZE_MAX / 4, &bytes))
        grader_fault("%s cannot be read: %s", program, strerror(errno));
    sha256_hex(bytes.data, bytes.size, hex);
    all = must_format("%s %s %s", hex, drivers, tools);
    sha256_hex(all, strlen(all), hex);
    bytes_free(&bytes);
    free(all);
    free(tools);
    free(drivers);
    free(program);
    return must_copy(hex);
}

/** A mutant, or an entry of the list, is as it should be, or is not. */
static void result(struct judging *j, bool good, const char *kind,
                   const char *name, const char *reason)
{
    char hex[SHA256_HEX];

    /* A generated mutant's key has blanks: its hash names the check. */
    sha256_hex(name, strlen(name), hex);
    hex[12] = 0;
    text_add(&j->results, "%s labs/%u/%s/%s", good ? "pass" : "fail",
             j->kills.g.lab.number, kind, strchr(name, ' ') ? hex : name);
    if (good)
        text_add(&j->results, "\n");
    else
        text_add(&j->results, " %s: %s\n", name, reason);
    if (!good)
        text_add(&j->wrong, "  %s: %s\n", name, reason);
}

/* --- The judgement -------------------------------------------------------- */

static void judge_named(struct judging *j, const struct kill *kill)
{
    const struct lab *lab = &j->kills.g.lab;
    const char *reason = NULL;

    switch (kill->state) {
    case KILL_UNBUILT:
        reason = "it does not compile";
        break;
    case KILL_SAME:
        reason = "it gives the reference's own object";
        break;
    case KILL_TWIN:
        reason = "it gives the same object as another named mutant";
        break;
    case KILL_UNKNOWN:
    case KILL_LEFT_OUT:
    case KILL_UNGRADED:
        reason = "it could not be graded: the host's fault";
        break;
    case KILL_SURVIVED:
        reason = "it survives";
        break;
    case KILL_KILLED:
        for (unsigned i = 0; i < j->kills.nr_tests; i++)
            if (!strcmp(lab->tests[i]->id, kill->killed_by) && !kill->by[i])
                reason = "the test that it names is not among its killers";
    }
    result(j, !reason, "mutants", kill->name, reason);
}

static void judge_generated(struct judging *j, const struct kill *kill)
{
    const struct exercise *exercise = &j->kills.g.lab.exercise[kill->exercise];
    bool listed = survivors_find(&j->listed, exercise->id, kill->name);
    const char *reason = NULL;

    if (kill->state == KILL_UNGRADED || kill->state == KILL_UNKNOWN)
        reason = "it could not be graded: the host's fault";
    else if (kill->state == KILL_SURVIVED && kill->luck)
        reason = "it survives, and another seed kills it: the tests draw "
                 "what shows it by chance only";
    else if (kill->state == KILL_SURVIVED && !listed)
        reason = "it survives, and is not in the list of equivalent ones";
    else if (kill->state == KILL_KILLED && listed)
        reason = "it is listed as equivalent, and a test kills it";
    else if (kill->state == KILL_UNBUILT && listed)
        reason = "it is listed as equivalent, and does not compile";
    result(j, !reason, "generated", kill->name, reason);
}

/** Every entry of the list is a mutant that there is. */
static void judge_list(struct judging *j)
{
    const struct lab *lab = &j->kills.g.lab;

    for (unsigned i = 0; i < j->listed.nr; i++) {
        const struct survivor *entry = &j->listed.survivor[i];
        const struct exercise *exercise = lab_exercise(lab, entry->exercise);
        bool found = false;
        char *reason;

        if (exercise && j->what->exercise &&
            strcmp(j->what->exercise, exercise->id))
            continue;
        for (unsigned k = 0; exercise && k < j->kills.nr; k++)
            found |= j->kills.kill[k].generated &&
                     j->kills.kill[k].exercise ==
                     (unsigned)(exercise - lab->exercise) &&
                     !strcmp(j->kills.kill[k].name, entry->key);
        reason = must_format("%s:%u lists it, and no mutant has this key "
                             "(any more): look at the changed line again",
                             j->list_path, entry->line);
        result(j, found, "listed", entry->key, reason);
        free(reason);
    }
}

/** A test that kills no named mutant proves nothing. */
static void judge_tests(struct judging *j)
{
    for (unsigned i = 0; i < j->kills.nr_tests; i++) {
        const struct test *test = j->kills.g.lab.tests[i];
        bool kills = test->regression;

        if (j->what->exercise && strcmp(j->what->exercise, test->exercise))
            continue;
        for (unsigned k = 0; k < j->kills.nr; k++)
            kills |= !j->kills.kill[k].generated && j->kills.kill[k].by[i];
        result(j, kills, "killers", test->id, "it kills no named mutant");
    }
}

static void judge(struct judging *j)
{
    for (unsigned i = 0; i < j->kills.nr; i++) {
        const struct kill *kill = &j->kills.kill[i];

        if (!kill->generated)
            judge_named(j, kill);
        else if (kill->state != KILL_LEFT_OUT)
            judge_generated(j, kill);
    }
    judge_list(j);
    if (!j->what->sample)
        judge_tests(j);
}

/* --- The command ---------------------------------------------------------- */

static void read_list(struct judging *j)
{
    struct bytes text;
    char *problem;

    j->list_path = must_format("%s/mutants/survivors.txt",
                               j->kills.g.lab.folder);
    if (!file_read(j->list_path, LIST_MAX, &text))
        return; /* no list: no survivor is excused */
    if (!survivors_read(j->list_path, text.data, &j->listed, &problem))
        grader_usage("%s", problem);
    bytes_free(&text);
}

/** Of a sample: always the same ones, whatever else is in the file. */
static void leave_out(struct judging *j)
{
    for (unsigned i = 0; j->what->sample && i < j->kills.nr; i++) {
        struct kill *kill = &j->kills.kill[i];
        uint8_t digest[SHA256_BYTES];

        sha256(kill->name, strlen(kill->name), digest);
        if (digest[0] % j->what->sample != 0)
            kill->state = KILL_LEFT_OUT;
    }
}

static void collect(struct judging *j, const struct grader_options *options)
{
    struct kills *kills = &j->kills;
    const struct lab *lab = &kills->g.lab;

    if (j->what->exercise && !lab_exercise(lab, j->what->exercise))
        grader_usage("lab %u has no exercise %s", lab->number,
                     j->what->exercise);
    while (lab->tests[kills->nr_tests])
        kills->nr_tests++;
    kills->jobs = options->jobs;
    kills->cache = must_format("%s/labs/mutants", options->build);
    kills->depends = dependencies(&kills->g);
    if (!j->what->sample)
        kills_add_named(kills, j->what->exercise, &j->wrong);
    for (unsigned i = 0; i < lab->nr_exercises; i++)
        if (!j->what->exercise ||
            !strcmp(j->what->exercise, lab->exercise[i].id))
            kills_add_generated(kills, i);
    leave_out(j);
}

static void show(const struct judging *j)
{
    const struct lab *lab = &j->kills.g.lab;

    for (unsigned i = 0; !j->what->sample && i < lab->nr_exercises; i++)
        if (!j->what->exercise ||
            !strcmp(j->what->exercise, lab->exercise[i].id))
            kill_show(&j->kills, i);
    if (j->wrong.size)
        printf("Wrong:\n%s", j->wrong.data);
    else if (!j->what->sample)
        printf("Every named mutant is killed by the test that it names, and "
               "every generated one\nthat survives is listed with its reason "
               "in %s.\n", j->list_path);
}

static void release(struct judging *j)
{
    for (unsigned i = 0; i < j->kills.nr; i++) {
        free(j->kills.kill[i].name);
        free(j->kills.kill[i].killed_by);
        free(j->kills.kill[i].source);
        free(j->kills.kill[i].by);
    }
    free(j->kills.kill);
    free(j->kills.cache);
    free(j->kills.depends);
    free(j->list_path);
    survivors_free(&j->listed);
    text_free(&j->wrong);
    text_free(&j->results);
    grader_stop(&j->kills.g);
}

bool mutants_lab(const struct grader_options *options,
                 const struct mutants_options *what)
{
    struct judging j = { .what = what };
    struct grader_options plain = *options;
    double start = monotonic_seconds();
    char *cflags = must_format("%s -g0", options->cflags);
    bool good;

    plain.cflags = cflags;
    grader_start(&j.kills.g, &plain);
    j.kills.g.jobs = 1;
    read_list(&j);
    collect(&j, options);
    kill_build(&j.kills);
    kill_run(&j.kills);
    if (!what->sample)
        kill_survivors(&j.kills);
    judge(&j);
    show(&j);
    fflush(stdout);
    fprintf(stderr, "%u mutants%s: %u compiled and %u judged now, the rest "
            "%s; %.0f s\n", j.kills.nr, what->sample ? ", a sample" : "",
            j.kills.nr_built, j.kills.nr_run,
            what->sample ? "known from before or left out"
                         : "known from before", monotonic_seconds() - start);
    if (what->results &&
        (!make_parent(what->results) ||
         !file_write(what->results, j.results.data, j.results.size)))
        grader_fault("%s cannot be written: %s", what->results,
                     strerror(errno));
    good = !j.wrong.size;
    release(&j);
    free(cflags);
    return good;
}
