/* SPDX-License-Identifier: MIT */
/**
 * @file interleave.c
 * All interleavings of a run, judged; contract in interleave.h.
 */
#include "labs/grader/interleave.h"

#include <stdlib.h>

#include "labs/grader/rng.h"
#include "labs/grader/trial.h"

/** Does one interleaving fail? Its message is not asked for: without the
 *  memory at its end, it would be half of one. */
static bool fails(const struct run *run, size_t index, struct verdict *v,
                  uint64_t *instructions)
{
    struct verdict own = { 0 };
    struct run fork;
    char *why = NULL;
    bool bad;

    if (!run_fork(run, index, &fork, &why)) {
        verdict_harness(v, "the simulator %s", why);
        free(why);
        return false;
    }
    *instructions += run_instructions(&fork) -
                     forks_nth(run->forks, index)->icount;
    run->setup->test->check(&own, &fork);
    verdict_common(&own, &fork);
    bad = verdict_failed(&own);
    verdict_free(&own);
    run_close_fork(&fork);
    return bad;
}

/** "the 5th boundary of ...", counted from 1. */
static char *name_boundary(const struct forks_child *child, uint64_t before)
{
    unsigned long long alike = child->nr_boundaries - 1;
    struct text text = { 0 };

    text_add(&text, "boundary %llu of the window",
             (unsigned long long)before + 1);
    if (alike)
        text_add(&text, "; nobody can tell the next %llu from it", alike);
    return text.data;
}

/** The file ended before the window did. */
static void judge_end(const struct run *run, struct verdict *v)
{
    const struct forks_file *about = forks_about(run->forks);

    switch ((enum forks_end)about->end) {
    case FORKS_ALL:
        if (!about->nr_boundaries)
            verdict_harness(v, "the test's window was never opened");
        break;
    case FORKS_TOO_MANY:
        verdict_fail(v, NULL, "an interrupt can come at more than %u moments "
                     "that differ between %s and %s: ring 0 looks at the "
                     "clock or a device, or lets interrupts in, that often",
                     run->setup->forks.most, run->setup->forks.from,
                     run->setup->forks.to);
        break;
    case FORKS_TOO_COSTLY:
        verdict_fail(v, NULL, "the runs in which an interrupt comes between "
                     "%s and %s take more instructions together than the "
                     "test's budget", run->setup->forks.from,
                     run->setup->forks.to);
        break;
    case FORKS_TOO_LONG:
        verdict_fail(v, NULL, "what happens after an interrupt between %s and "
                     "%s is too much to be recorded", run->setup->forks.from,
                     run->setup->forks.to);
        break;
    case FORKS_BAD_CHILD: /* and yet the test let it pass */
    case FORKS_DIFFER:
    default:
        verdict_harness(v, "the interleavings ended early (%u) at boundary "
                        "%llu", about->end,
                        (unsigned long long)about->nr_boundaries);
    }
}

void interleave_judge(const struct run *run, struct verdict *v,
                      struct interleavings *found)
{
    uint64_t before = 0;

    *found = (struct interleavings){ 0 };
    for (size_t i = 0; i < forks_about(run->forks)->nr_children; i++) {
        const struct forks_child *child = forks_nth(run->forks, i);

        if (fails(run, i, v, &found->instructions)) {
            found->fails_at = child->icount;
            found->where = name_boundary(child, before);
            return;
        }
        if (verdict_failed(v))
            return;
        before += child->nr_boundaries;
    }
    judge_end(run, v);
}

/* --- Measuring ------------------------------------------------------------ */

/** Seconds of the simulator; negative: it did not run. */
static double time_run(const struct grader *g, struct image *image,
                       const struct test *test, bool alone,
                       struct interleave_cost *cost)
{
    char *folder = job_folder(g), *why = NULL;
    double seconds = -1;
    struct setup setup;
    struct rng rng;
    struct run run;

    setup_start(&setup, test);
    rng_start(&rng, g->seed, test->id);
    test->prepare(&setup, &rng);
    setup.alone = alone;
    if (setup.forks.most && run_execute(g, &setup, image, folder, g->seed,
                                        &run, &why) == RUN_TOOK_PLACE) {
        seconds = run.seconds;
        if (!alone) {
            cost->boundaries = forks_about(run.forks)->nr_boundaries;
            cost->children = forks_about(run.forks)->nr_children;
        }
        run_free(&run);
    }
    free(why);
    setup_free(&setup);
    job_folder_remove(folder);
    return seconds;
}

bool interleave_measure(const struct grader *g, const struct test *test,
                        struct interleave_cost *cost)
{
    double with = -1, without = -1;
    struct image image;
    char *why = NULL;

    *cost = (struct interleave_cost){ 0 };
    if (!image_link(g, NULL, 0, test->driver, &image, &why)) {
        free(why);
        return false;
    }
    with = time_run(g, &image, test, false, cost);
    if (with >= 0)
        without = time_run(g, &image, test, true, cost);
    image_free(&image);
    cost->seconds = with - without;
    return without >= 0 && cost->children > 0;
}
