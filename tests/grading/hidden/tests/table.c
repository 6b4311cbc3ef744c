/* SPDX-License-Identifier: MIT */
/**
 * @file
 * An instructor's own tests of lab 1, as small as they can be: an example,
 * and what the tests of the graders grade with.
 */
#include "labs/grader/test.h"

static void prepare(struct setup *s, struct rng *rng)
{
    setup_ram(s, 32u << rng_below(rng, 2));
    setup_mark(s, "secret", "mark_secret", 0);
    setup_end(s, "secret");
}

static void check(struct verdict *v, const struct run *run)
{
    struct mark mark;

    if (!verdict_reached(v, run, "secret", &mark))
        return;
    if (mark.r.eax == mark.r.edx || mark.r.ecx == mark.r.edx)
        verdict_fail(v, mark.event, "frame 0x%x was handed out while it "
                     "was taken", mark.r.edx);
}

static const struct test secret = {
    .id = "1.4/secret",
    .exercise = "1.4",
    .title = "A frame that is taken is not handed out when another one "
             "comes back.",
    .section = "exercise-14-the-frame-allocator",
    .driver = "secret",
    .prepare = prepare,
    .check = check,
};

static const struct test *const tests[] = { &secret, NULL };

const struct lab_tests hidden_tests = { .lab = 1, .tests = tests };
