/* SPDX-License-Identifier: MIT */
/**
 * @file gate.c
 * Graded test of exercise 2.5 with a driver: the gate that is made of an entry
 * of the guest's trap table, bit by bit.
 */
#include "labs/02-segmentation/tests/tests.h"
#include "labs/grader/driver_marks.h"
#include "layout.h"

#define NR_ENTRIES 64u
#define FIRST_RESERVED (FIRST_RESERVED_GDT_ENTRY * 8u)

/** As the driver reads them. */
struct entries {
    uint32_t nr;
    struct entry {
        uint32_t address, cs, dpl, masks;
    } one[NR_ENTRIES];
};

static void prepare(struct setup *s, struct rng *rng)
{
    static const uint32_t addresses[] = { 0, 1, 0xFFFF, 0x10000, 0xFFFFFFFF };
    static const uint32_t selectors[] = {
        SEL_RING1_CS, 9, 0xC, 0x1F, 0, 3, SEL_HYPERVISOR_CS, SEL_RING1_DS,
        SEL_RING3_CS, SEL_TSS, FIRST_RESERVED - 7, FIRST_RESERVED + 1,
    };
    struct entries *e = setup_keep(s, sizeof *e);

    e->nr = NR_ENTRIES;
    for (unsigned i = 0; i < NR_ENTRIES; i++)
        e->one[i] = (struct entry){
            .address = i < 10 ? addresses[i / 2]
                              : rng_between(rng, 0x10000, 0xF0000000),
            .cs = i < 12 || i & 1 ? SEL_RING1_CS
                                  : selectors[rng_below(rng, 12)],
            .dpl = rng_below(rng, 4),
            .masks = i > 12 && rng_below(rng, 6) == 0,
        };
    e->one[12].address |= 1; /* its lowest bit is one like the others */
    rng_shuffle(rng, e->one, NR_ENTRIES, sizeof e->one[0]);
    setup_input(s, e, sizeof *e);
    setup_mark(s, "gate", "mark_gate", 0);
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

/** May a gate lead there? Exercise 2.4's rule. */
static bool is_target(uint32_t selector)
{
    return (selector & ~3u) != 0 &&
           ((selector & 4) || selector == SEL_RING1_CS ||
            selector < FIRST_RESERVED);
}

static void check(struct verdict *v, const struct run *run)
{
    const struct entries *entries = run_kept(run);
    struct mark mark;

    verdict_blame(v, "direct_trap_gate");
    for (unsigned i = 0; i < NR_ENTRIES && !verdict_failed(v); i++) {
        const struct entry *e = &entries->one[i];
        uint32_t lo = 0, hi = 0;

        if (!driver_mark(v, run, "gate", i, &mark))
            return;
        if (e->address != 0 && !e->masks && is_target(e->cs)) {
            lo = e->cs << 16 | (e->address & 0xFFFF);
            hi = (e->address & 0xFFFF0000u) | 0x8F00u | e->dpl << 13;
        }
        if (mark.r.eax != lo || mark.r.edx != hi)
            verdict_fail(v, mark.event, "the gate to 0x%04x:0x%08x, DPL %u, "
                         "%s, is %08x %08x, and should be %08x %08x%s",
                         e->cs, e->address, e->dpl,
                         e->masks ? "which masks events" : "no mask",
                         mark.r.eax, mark.r.edx, lo, hi,
                         hi ? "" : ": there is no direct way to it");
    }
    driver_done(v, run, "gate", NR_ENTRIES);
}

const struct test test_direct_gate = {
    .id = "2.5/gate",
    .exercise = "2.5",
    .title = "A handler that may be reached directly has a trap gate with its "
             "address, its selector and its DPL; every other one has none.",
    .section = "exercise-25-the-direct-trap",
    .driver = "gate",
    .prepare = prepare,
    .check = check,
};
