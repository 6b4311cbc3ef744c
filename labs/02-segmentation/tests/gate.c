/* SPDX-License-Identifier: MIT */
/**
 * @file gate.c
 * Graded test of exercise 2.5 with a driver: the gate that is made of an entry
 * of the guest's trap table, bit by bit, and what of a vCPU is loaded.
 */
#include "labs/02-segmentation/tests/tests.h"
#include "labs/grader/driver_marks.h"
#include "layout.h"

#define NR_ENTRIES 64u
#define FIRST_RESERVED (FIRST_RESERVED_GDT_ENTRY * 8u)
#define TRAP_GATE 0x8F00u

/** As the driver reads them. */
struct entries {
    uint32_t nr;
    struct entry {
        uint32_t address, cs, dpl, masks;
    } one[NR_ENTRIES];
    struct entry of_vcpu;
    uint32_t ss, esp;
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
    e->of_vcpu = (struct entry){
        .address = rng_between(rng, 0x10000, 0xF0000000),
        .cs = SEL_RING1_CS, .dpl = rng_between(rng, 1, 3),
    };
    e->ss = rng_between(rng, 1, 500) << 3 | 1; /* in a GDT of the guest's */
    e->esp = rng_between(rng, 0x10000, 0xF0000000) & ~3u;
    rng_shuffle(rng, e->one, NR_ENTRIES, sizeof e->one[0]);
    setup_input(s, e, sizeof *e);
    setup_mark(s, "gate", "mark_gate", 0);
    setup_mark(s, "loaded", "mark_loaded", 0);
    setup_mark(s, "stack", "mark_stack", 0);
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

/** Why there is no gate to a handler; NULL when there is one. */
static const char *without_gate(const struct entry *e)
{
    if (e->address == 0)
        return "its address is 0: there is no handler";
    if (e->masks)
        return "it wants events masked, and the processor masks none";
    return is_target(e->cs) ? NULL
                            : "its selector is none that a gate may lead to";
}

static void describe(struct verdict *v, const char *what, uint32_t lo,
                     uint32_t hi)
{
    verdict_state(v, "%s: %08x %08x: type %x, DPL %u, P %u, to 0x%04x:0x%08x",
                  what, lo, hi, hi >> 8 & 31, hi >> 13 & 3, hi >> 15 & 1,
                  lo >> 16, (lo & 0xFFFF) | (hi & 0xFFFF0000u));
}

/** @param made  Whose the gate is, in words. */
static void check_gate(struct verdict *v, const struct mark *mark,
                       const struct entry *e, const char *made)
{
    const char *none = without_gate(e);
    uint32_t lo = none ? 0 : e->cs << 16 | (e->address & 0xFFFF);
    uint32_t hi = none ? 0
                  : (e->address & 0xFFFF0000u) | TRAP_GATE | e->dpl << 13;

    if (mark->r.eax == lo && mark->r.edx == hi)
        return;
    verdict_fail(v, mark->event, "%s for the handler 0x%04x:0x%08x, DPL %u, "
                 "%s, %s%s", made, e->cs, e->address, e->dpl,
                 e->masks ? "which wants events masked"
                          : "which wants none masked",
                 none ? "should be empty: "
                      : "is not a present 32-bit trap gate to it, of its DPL",
                 none ? none : "");
    describe(v, "got", mark->r.eax, mark->r.edx);
    describe(v, "expected", lo, hi);
}

/** Both calls are for a vCPU that need not be the current one. */
static void check_loads(struct verdict *v, const struct run *run,
                        const struct entries *e)
{
    struct mark mark;

    if (verdict_failed(v) || !driver_mark(v, run, "loaded", 0, &mark))
        return;
    verdict_blame(v, "direct_gate_load");
    check_gate(v, &mark, &e->of_vcpu, "the gate in the IDT of a vCPU that is "
               "about to run, not the current one,");
    if (verdict_failed(v) || !driver_mark(v, run, "stack", 0, &mark))
        return;
    verdict_blame(v, "direct_stack_load");
    if ((mark.r.eax & 0xFFFF) != e->ss || mark.r.edx != e->esp)
        verdict_fail(v, mark.event, "ss1:esp1 of the task state is "
                     "0x%04x:0x%08x, and the kernel stack of the vCPU that is "
                     "about to run, not the current one, 0x%04x:0x%08x",
                     mark.r.eax & 0xFFFF, mark.r.edx, e->ss, e->esp);
}

static void check(struct verdict *v, const struct run *run)
{
    const struct entries *entries = run_kept(run);
    struct mark mark;

    verdict_blame(v, "direct_trap_gate");
    for (unsigned i = 0; i < NR_ENTRIES && !verdict_failed(v); i++)
        if (driver_mark(v, run, "gate", i, &mark))
            check_gate(v, &mark, &entries->one[i], "the gate");
    check_loads(v, run, entries);
    driver_done(v, run, "gate", NR_ENTRIES);
}

const struct test test_direct_gate = {
    .id = "2.5/gate",
    .exercise = "2.5",
    .title = "A handler that may be reached directly has a trap gate with its "
             "address, its selector and its DPL; every other one has none. "
             "What is loaded is the given vCPU's.",
    .section = "exercise-25-the-direct-trap",
    .driver = "gate",
    .prepare = prepare,
    .check = check,
};
