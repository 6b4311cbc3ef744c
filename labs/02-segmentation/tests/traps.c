/* SPDX-License-Identifier: MIT */
/**
 * @file traps.c
 * Graded tests of exercises 2.3 and 2.5: exceptions and system calls of a
 * guest's, from both rings.
 */
#include "labs/02-segmentation/tests/traps.h"
#include "labs/02-segmentation/tests/tests.h"

/* The reference needs a third; a loop of faults ends soon. */
#define BUDGET 12000000ull

#define SECTION_3 "exercise-23-into-the-guests-handler"
#define SECTION_5 "exercise-25-the-direct-trap"

/** Every vector but the call's, some often, from one ring. */
static void draw_exceptions(struct traps *t, struct rng *rng, uint32_t ring)
{
    for (unsigned round = 0; round < 5; round++)
        for (const int *vector = traps_vectors; *vector != CALL; vector++)
            traps_add(t, traps_draw(rng, (uint32_t)*vector, ring));
    rng_shuffle(rng, t->step, t->nr, sizeof t->step[0]);
}

/* --- 2.3/ring1 ------------------------------------------------------------ */

static void prepare_ring1(struct setup *s, struct rng *rng)
{
    struct traps *t = setup_keep(s, sizeof *t);

    draw_exceptions(t, rng, 1);
    traps_prepare(s, t);
}

const struct test test_bounce_ring1 = {
    .id = "2.3/ring1",
    .exercise = "2.3",
    .title = "A kernel's exception comes to its handler on its own stack, "
             "with the frame that the hardware would have pushed.",
    .section = SECTION_3,
    .guest = "traps",
    .budget = BUDGET,
    .oracles = guest_oracles,
    .prepare = prepare_ring1,
    .check = traps_check,
};

/* --- 2.3/ring3 ------------------------------------------------------------ */

static void prepare_ring3(struct setup *s, struct rng *rng)
{
    struct traps *t = setup_keep(s, sizeof *t);

    draw_exceptions(t, rng, 3);
    traps_prepare(s, t);
}

const struct test test_bounce_ring3 = {
    .id = "2.3/ring3",
    .exercise = "2.3",
    .title = "An application's exception comes to the kernel's handler on the "
             "kernel's stack, and the frame says where the application was.",
    .section = SECTION_3,
    .guest = "traps",
    .budget = BUDGET,
    .oracles = guest_oracles,
    .prepare = prepare_ring3,
    .check = traps_check,
};

/* --- 2.3/failsafe --------------------------------------------------------- */

static void prepare_failsafe(struct setup *s, struct rng *rng)
{
    struct traps *t = setup_keep(s, sizeof *t);

    for (unsigned i = 0; i < 6; i++) {
        if (rng_below(rng, 2))
            traps_add(t, traps_draw(rng, 6, rng_below(rng, 2) ? 1 : 3));
        traps_add(t, (struct trap_step){ .vector = STEP_FAILSAFE,
                                         .mask = rng_below(rng, 2) });
    }
    traps_prepare(s, t);
}

const struct test test_bounce_failsafe = {
    .id = "2.3/failsafe",
    .exercise = "2.3",
    .title = "A selector that cannot be loaded any more brings the guest to "
             "its failsafe callback, and not the hypervisor down.",
    .section = SECTION_3,
    .guest = "traps",
    .budget = BUDGET,
    .hostile = true,
    .oracles = guest_oracles,
    .prepare = prepare_failsafe,
    .check = traps_check,
};

/* --- 2.3/stack, 2.3/no-handler -------------------------------------------- */

/** The last step ends the domain, and nothing of the guest's runs after. */
static void check_crash(struct verdict *v, const struct run *run)
{
    const struct traps *t = run_kept(run);
    const struct trap_step *last = &t->step[t->nr - 1];
    struct mark mark;

    verdict_blame(v, "bounce_frame");
    if (run_nr_marks(run, "done") > 0)
        verdict_fail(v, run_end(run), "vector %u from ring %u cannot be "
                     "delivered, and the guest went on", last->vector,
                     last->ring);
    verdict_reached(v, run, "crash", &mark);
}

static void prepare_stack(struct setup *s, struct rng *rng)
{
    static const uint32_t bad[] = { 0x10000000, 0xF6900000, 0xF6FF0000,
                                    0xFE000100, 4, 0xF6800004 };
    struct traps *t = setup_keep(s, sizeof *t);

    traps_add(t, traps_draw(rng, 6, 3));
    traps_add(t, (struct trap_step){ .vector = STEP_STACK,
                                     .value = bad[rng_below(rng, 6)] });
    traps_add(t, traps_draw(rng, rng_below(rng, 2) ? 6 : 14, 3));
    traps_prepare(s, t);
    setup_end(s, "crash");
}

const struct test test_bounce_stack = {
    .id = "2.3/stack",
    .exercise = "2.3",
    .title = "A kernel whose stack is no memory of its own is ended, and no "
             "word of the frame lands anywhere.",
    .section = SECTION_3,
    .guest = "traps",
    .budget = BUDGET,
    .hostile = true,
    .oracles = guest_oracles,
    .prepare = prepare_stack,
    .check = check_crash,
};

static void prepare_no_handler(struct setup *s, struct rng *rng)
{
    struct traps *t = setup_keep(s, sizeof *t);
    struct trap_step last = traps_draw(rng, rng_below(rng, 2) ? 5 : 6,
                                       rng_below(rng, 2) ? 1 : 3);

    traps_add(t, traps_draw(rng, 0, 3));
    traps_add(t, traps_draw(rng, 14, 1));
    last.entry = TRAP_STAYS;
    traps_add(t, last);
    traps_prepare(s, t);
    setup_end(s, "crash");
}

const struct test test_bounce_no_handler = {
    .id = "2.3/no-handler",
    .exercise = "2.3",
    .title = "A kernel that has no handler for its exception is ended.",
    .section = SECTION_3,
    .guest = "traps",
    .budget = BUDGET,
    .hostile = true,
    .oracles = guest_oracles,
    .prepare = prepare_no_handler,
    .check = check_crash,
};

/* --- 2.5/call ------------------------------------------------------------- */

static void prepare_call(struct setup *s, struct rng *rng)
{
    struct traps *t = setup_keep(s, sizeof *t);

    for (unsigned i = 0; i < 40; i++) {
        struct trap_step step = traps_draw(rng, CALL, i % 4 ? 3 : 1);

        step.entry &= ~TRAP_MASKS;
        traps_add(t, step);
    }
    traps_prepare(s, t);
}

const struct test test_direct_call = {
    .id = "2.5/call",
    .exercise = "2.5",
    .title = "A system call goes from ring 3 to ring 1 without one "
             "instruction of ring 0.",
    .section = SECTION_5,
    .guest = "traps",
    .budget = BUDGET,
    .oracles = guest_oracles,
    .prepare = prepare_call,
    .check = traps_check,
};

/* --- 2.5/changes ---------------------------------------------------------- */

static void prepare_changes(struct setup *s, struct rng *rng)
{
    struct traps *t = setup_keep(s, sizeof *t);

    for (unsigned i = 0; i < 40; i++) {
        traps_add(t, traps_draw(rng, CALL, 3));
        if (i % 5 == 0)
            traps_add(t, traps_draw(rng, 6, 3));
    }
    traps_prepare(s, t);
}

const struct test test_direct_registers = {
    .id = "2.5/changes",
    .exercise = "2.5",
    .title = "A handler that wants events masked gets them masked, by the "
             "slow way; one that does not want it any more has the direct "
             "way again.",
    .section = SECTION_5,
    .guest = "traps",
    .budget = BUDGET,
    .oracles = guest_oracles,
    .prepare = prepare_changes,
    .check = traps_check,
};

/* --- 2.5/hostile ---------------------------------------------------------- */

static void prepare_hostile(struct setup *s, struct rng *rng)
{
    /* Of code: a gate to any other segment faults by itself, and what it would
       have been is asked by 2.5/gate. */
    static const uint32_t selectors[] = { 0xE008, 0xE009, 0xE00B };
    struct traps *t = setup_keep(s, sizeof *t);
    struct trap_step step = traps_draw(rng, CALL, 3);

    step.entry &= ~TRAP_MASKS;
    traps_add(t, step);
    step.entry |= selectors[rng_below(rng, 3)] << 16;
    traps_add(t, step);
    traps_prepare(s, t);
    setup_end(s, "crash");
    setup_mark(s, "ring0", "guest:entry_128", 0);
    setup_end(s, "ring0");
    setup_end(s, "failsafe");
}

/** The handler's segment is one of ours: it must not be entered there. */
static void check_hostile(struct verdict *v, const struct run *run)
{
    struct mark from, to;

    verdict_blame(v, "direct_trap_gate");
    if (!run_mark(run, "raise3.128", 0, &from) ||
        !run_mark(run, "handler.128", 0, &to)) {
        verdict_fail(v, run_end(run), "a call with a good handler never came "
                     "there");
        return;
    }
    traps_direct(v, run, &from, &to);
    if (run_nr_marks(run, "ring0") > 0)
        verdict_fail(v, run_end(run), "the guest's own handler runs in ring "
                     "0: its gate leads to a segment of the hypervisor's");
    if (run_nr_marks(run, "handler.128") != 1)
        verdict_fail(v, run_end(run), "a handler in a segment of the "
                     "hypervisor's was entered %zu times",
                     run_nr_marks(run, "handler.128") - 1);
    if (run_nr_marks(run, "done") > 0)
        verdict_fail(v, run_end(run), "the call went nowhere, and the guest "
                     "went on");
}

const struct test test_direct_hostile = {
    .id = "2.5/hostile",
    .exercise = "2.5",
    .title = "No gate that a guest asks for leads into a segment of the "
             "hypervisor's.",
    .section = SECTION_5,
    .guest = "traps",
    .budget = BUDGET,
    .hostile = true,
    .oracles = guest_oracles,
    .prepare = prepare_hostile,
    .check = check_hostile,
};
