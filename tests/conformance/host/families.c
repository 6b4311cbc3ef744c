/* SPDX-License-Identifier: MIT */
/**
 * @file families.c
 * Families of checks: see families.h.
 */
#include "tests/conformance/host/families.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY_PLAIN "plain"
#define WAYS "ends:"

/** Booting goes through all of memory, and takes 99 of 100 instructions when
 *  there is much of it. Those that want more have the usual. */
#define RAM_MB 12u

/** A mistake may make it run for ever, so it gets half as many ticks again as
 *  it needs, and some for what the mistake may add. */
#define BUDGET(ticks) ((ticks) + (ticks) / 2 + 4000000u)

static const char *open_way(struct family *f, const char *name)
{
    const char *way = name + strlen(WAYS);
    size_t bytes = strcspn(way, "-");
    char *id;

    snprintf(f->way, sizeof f->way, "%.*s", (int)bytes, way);
    if (way[bytes] != '-' || asprintf(&id, "end.%s", f->way) < 0)
        return "a way to end without its status";
    f->status = atoi(way + bytes + 1);
    f->nr = 1;
    f->id[0] = id;
    return NULL;
}

const char *family_open(struct family *f, const char *build,
                        const char *name)
{
    const char *wrong;

    *f = (struct family){ .ram_mb = RAM_MB };
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->path, sizeof f->path, "%s/conformance/%.*s.elf", build,
             (int)strcspn(name, ":"), name);
    wrong = checks_read(f->path, &f->list);
    if (wrong)
        return wrong;
    f->nr = f->list.nr;
    f->id = calloc(f->nr, sizeof *f->id);
    if (!f->id)
        abort();
    for (size_t i = 0; i < f->nr; i++)
        f->id[i] = f->list.check[i].id;
    return strncmp(name, WAYS, strlen(WAYS)) == 0 ? open_way(f, name) : NULL;
}

struct job family_job(struct family *f, const char *build,
                      const char *folder, const char *image,
                      const char *options)
{
    struct job job = {
        .build = build, .folder = folder, .machine = SIM_BOCHS,
        .image = image, .guest = f->path, .bare = true,
        .budget = f->ticks,
        .words = f->way, .ram_mb = f->ram_mb,
        .plain = strcmp(f->name, FAMILY_PLAIN) == 0,
        /* The mistakes are in the plain ways. */
        .options = options ? options : "fast=0",
    };

    run_several(&job, f->options, sizeof f->options);
    return job;
}

static enum verdict verdict_of(const struct seen *seen)
{
    return seen->differs ? FAILED : seen->nr_runs ? PASSED : NOT_MADE;
}

/** A way to end: it was reached, not survived, and the status is right. */
static enum verdict judge_end(const struct family *f, const struct seen *seen,
                              int status)
{
    bool reached = false, survived = false;

    for (size_t i = 0; i < f->list.nr; i++) {
        if (strcmp(f->list.check[i].id, "end.survived") == 0)
            survived = seen[i].nr_runs > 0;
        else
            reached = seen[i].nr_runs > 0;
    }
    return !reached ? NOT_MADE
           : survived || status != f->status ? FAILED : PASSED;
}

bool family_run(const struct family *f, const struct job *job,
                enum verdict *verdict, uint64_t *instructions)
{
    struct seen *seen = calloc(f->list.nr, sizeof *seen);
    struct sim_outcome outcome;
    struct sim_error error;
    char text[1024];
    bool good;

    if (!seen)
        abort();
    good = run_make(job, &outcome, &error) &&
           run_read(job, &f->list, seen, text, sizeof text,
                    instructions) >= 0;
    if (good && *f->way)
        verdict[0] = judge_end(f, seen, outcome.status);
    for (size_t i = 0; good && !*f->way && i < f->nr; i++)
        verdict[i] = verdict_of(&seen[i]);
    free(seen);
    return good;
}

/** The first check that does not pass on the right hypervisor, or NULL; then
 *  the number of instructions is known. */
static const char *first_not_passed(struct family *f, const char *build,
                                    const char *folder)
{
    enum verdict *verdict = calloc(f->nr, sizeof *verdict);
    uint64_t instructions = 0;
    char image[PATH_MAX];
    struct job job;
    const char *id = NULL;

    if (!verdict)
        abort();
    snprintf(image, sizeof image, "%s/ringfence.elf", build);
    job = family_job(f, build, folder, image, NULL);
    if (!family_run(f, &job, verdict, &instructions))
        id = f->id[0];
    for (size_t i = 0; !id && i < f->nr; i++)
        id = verdict[i] == PASSED ? NULL : f->id[i];
    free(verdict);
    if (!id)
        f->instructions = instructions;
    return id;
}

/** More than what a run without a budget of its own gets (runs.c). */
#define MOST_DOUBLINGS 10

/** Its number of instructions is known, but what it sleeps takes ticks, too,
 *  and no run tells how many. So the budget is doubled until it is enough.
 *  @return NULL, or the first check that does not pass with any. */
static const char *find_budget(struct family *f, const char *build,
                               const char *folder)
{
    uint64_t first = BUDGET(f->instructions);
    const char *id;

    f->ticks = first;
    id = first_not_passed(f, build, folder);
    for (unsigned i = 0; id && i < MOST_DOUBLINGS; i++) {
        f->ticks *= 2;
        id = first_not_passed(f, build, folder);
    }
    if (f->ticks != first)
        f->ticks = BUDGET(f->ticks);
    return id;
}

const char *family_prepare(struct family *f, const char *build,
                           const char *folder)
{
    const char *id;

    if (f->ticks > 0)
        return NULL;
    id = first_not_passed(f, build, folder);
    if (id) {
        f->ram_mb = 0;
        id = first_not_passed(f, build, folder);
    }
    return id ? id : find_budget(f, build, folder);
}
