/* SPDX-License-Identifier: MIT */
/**
 * @file traps_judge.c
 * From the instruction that raises to the first one of the handler; see
 * traps.h. What must be in the frame is told by the registers at the first of
 * the two, which the simulator recorded.
 */
#include <stdio.h>
#include <string.h>

#include "labs/02-segmentation/tests/traps.h"

#define IF 0x200u
#define RF 0x10000u
#define IOPL 0x3000u
#define CLEARED 0x34100u /* TF, NT, RF, VM */
#define KERNEL_CS 0xE019u
#define STACK_BYTES 8192u /* of user_kernel_stack */

const int traps_vectors[] = { 0, 3, 4, 5, 6, 13, 14, CALL, -1 };

/** What came with each mark. */
enum { SNAP_STACK, SNAP_SHARED };

void traps_add(struct traps *t, struct trap_step step)
{
    if (t->nr < TRAPS_MAX)
        t->step[t->nr++] = step;
}

struct trap_step traps_draw(struct rng *rng, uint32_t vector, uint32_t ring)
{
    static const uint32_t flags[] = { 0, 0x400, 0x40000, 0x200000, 0x4000,
                                      0x8D5 };
    struct trap_step step = {
        .vector = vector, .ring = ring, .mask = rng_below(rng, 2),
        .entry = 3 | (rng_below(rng, 2) ? TRAP_MASKS : 0),
        .eflags = flags[rng_below(rng, 6)],
    };

    if (vector == 14)
        step.value = rng_between(rng, 0x10000000, 0x80000000) & ~3u;
    else if (vector == 13)
        step.value = rng_below(rng, 3) ? rng_between(rng, 200, 7000) << 3 | ring
                                       : 0xE010u;
    return step;
}

void traps_prepare(struct setup *s, const struct traps *t)
{
    setup_command_line(s, "console=none loglvl=error fast=0 dom0_mem=4M");
    setup_input(s, t, 4 + t->nr * sizeof t->step[0]);
    for (const int *vector = traps_vectors; *vector >= 0; vector++)
        for (unsigned ring = 0; ring <= 3; ring++) {
            char name[24], symbol[40];

            if (ring == 0 || ring == 2)
                continue;
            snprintf(name, sizeof name, "raise%u.%d", ring, *vector);
            snprintf(symbol, sizeof symbol, "guest:raise%u_%d", ring,
                     *vector);
            setup_mark(s, name, symbol, ring);
        }
    for (const int *vector = traps_vectors; *vector >= 0; vector++) {
        char name[24], symbol[40];

        snprintf(name, sizeof name, "handler.%d", *vector);
        snprintf(symbol, sizeof symbol, "guest:entry_%d", *vector);
        setup_mark(s, name, symbol, 1);
        setup_snap(s, name, "esp", 0, 24);
        setup_snap(s, name, "guest:shared_page", 0, 64);
    }
    setup_mark(s, "lost", "guest:fs_loaded", 1);
    setup_mark(s, "failsafe", "guest:failsafe_handler", 1);
    setup_snap(s, "failsafe", "esp", 0, 32);
    setup_mark(s, "done", "guest:mark_done", 1);
    setup_end(s, "done");
    setup_mark(s, "crash", "domain_crash", 0);
}

/** Both ends of one step. */
struct trip {
    const struct trap_step *step;
    unsigned number;
    struct mark from, to;
    bool direct; /**< by the processor alone */
};

static void fail(struct verdict *v, const struct trip *t, const char *what,
                 uint32_t got, uint32_t expected)
{
    if (verdict_failed(v))
        return;
    verdict_fail(v, t->to.event, "step %u, vector %u from ring %u: %s is "
                 "0x%x at the handler's first instruction, and should be "
                 "0x%x", t->number, t->step->vector, t->step->ring, what, got,
                 expected);
    verdict_state(v, "it was raised with:");
    verdict_registers(v, &t->from.r);
    verdict_state(v, "the handler was entered with:");
    verdict_registers(v, &t->to.r);
}

static void expect(struct verdict *v, const struct trip *t, const char *what,
                   uint32_t got, uint32_t expected)
{
    if (got != expected)
        fail(v, t, what, got, expected);
}

/** The same of flags: which of them it is says more than the number. */
static void expect_flags(struct verdict *v, const struct trip *t,
                         const char *what, uint32_t got, uint32_t expected)
{
    static const struct {
        uint32_t bits;
        const char *name;
    } flags[] = { { 0x8D5, "CF, PF, AF, ZF, SF or OF" }, { 0x100, "TF" },
                  { IF, "IF" }, { 0x400, "DF" }, { IOPL, "IOPL" },
                  { 0x4000, "NT" }, { 0x20000, "VM" }, { 0x40000, "AC" },
                  { 0x200000, "ID" } };
    bool first = !verdict_failed(v);

    expect(v, t, what, got, expected);
    for (unsigned i = 0; first && i < sizeof flags / sizeof flags[0]; i++)
        if ((got ^ expected) & flags[i].bits)
            verdict_state(v, "the difference: %s is %s", flags[i].name,
                          got & ~expected & flags[i].bits ? "set" : "clear");
}

static bool has_error(uint32_t vector)
{
    return vector < 32 && (0x00027D00u >> vector & 1);
}

static uint32_t error_of(const struct trap_step *step)
{
    if (step->vector == 13)
        return step->value & 0xFFF8;
    return 2 | (step->ring == 3 ? 4 : 0); /* a store, not present */
}

/** How long the instruction is, when the frame must name the next one. */
static uint32_t behind(uint32_t vector)
{
    return vector == 3 || vector == 4 ? 1 : vector == CALL ? 2 : 0;
}

static void check_frame(struct verdict *v, const struct run *run,
                        const struct trip *t)
{
    const struct event_registers *from = &t->from.r;
    const struct trap_step *step = t->step;
    uint32_t word[6], flags = from->eflags & ~(IOPL | RF), *w = word;
    unsigned nr = 3 + has_error(step->vector) + (step->ring == 3 ? 2 : 0);
    uint32_t top = step->ring == 3
                       ? run_symbol(run, "guest:user_kernel_stack") +
                             STACK_BYTES
                       : from->esp;

    memcpy(word, t->to.snap[SNAP_STACK].bytes, sizeof word);
    if (!t->direct)
        flags = (flags & ~IF) | (step->mask ? 0 : IF);
    if (t->direct)
        verdict_blame(v, "direct_stack_load");
    expect(v, t, "esp", t->to.r.esp, top - 4 * nr);
    if (t->direct)
        verdict_blame(v, "direct_trap_gate");
    if (has_error(step->vector))
        expect(v, t, "the frame's error code", *w++, error_of(step));
    expect(v, t, "the frame's eip", *w++, from->eip + behind(step->vector));
    expect(v, t, "the frame's cs, with the mask in bits 16 to 23,", *w++,
           from->cs | (t->direct ? 0 : step->mask << 16));
    expect_flags(v, t, "the frame's eflags", *w++ & ~RF, flags);
    if (step->ring == 3) {
        expect(v, t, "the frame's esp", *w++, from->esp);
        if (w < word + 6) /* ss is the seventh when there is an error code */
            expect(v, t, "the frame's ss", *w & 0xFFFF, from->ss);
    }
}

static void check_registers(struct verdict *v, const struct trip *t)
{
    const struct event_registers *from = &t->from.r, *to = &t->to.r;

    expect(v, t, "eax", to->eax, from->eax);
    expect(v, t, "ebx", to->ebx, from->ebx);
    expect(v, t, "ecx", to->ecx, from->ecx);
    expect(v, t, "edx", to->edx, from->edx);
    expect(v, t, "esi", to->esi, from->esi);
    expect(v, t, "edi", to->edi, from->edi);
    expect(v, t, "ebp", to->ebp, from->ebp);
    expect(v, t, "cs", to->cs, KERNEL_CS);
    expect(v, t, "ss", to->ss, 0xE021);
    expect(v, t, "ds", to->ds, from->ds);
    expect(v, t, "es", to->es, from->es);
    expect(v, t, "fs", to->fs, from->fs);
    expect(v, t, "gs", to->gs, from->gs);
    expect_flags(v, t, "eflags", to->eflags & ~RF, from->eflags & ~CLEARED);
}

/** The shared page: the mask, and where the page fault was. */
static void check_shared(struct verdict *v, const struct trip *t)
{
    const uint8_t *shared = t->to.snap[SNAP_SHARED].bytes;
    uint32_t cr2;

    expect(v, t, "evtchn_upcall_mask", shared[1],
           t->step->entry & TRAP_MASKS ? 1 : t->step->mask);
    memcpy(&cr2, shared + 8, sizeof cr2);
    if (t->step->vector == 14)
        expect(v, t, "the fault's address in vcpu_info", cr2,
               t->step->value);
}

/** Why the processor did not take the gate: the exception's error code is the
 *  vector's of the gate, or the selector of a segment on the way. */
static void describe_refusal(struct verdict *v, const struct run *run,
                             const struct mark *from,
                             const struct event *until)
{
    const struct event *event = run_next(run, from->event, EVENT_EXCEPTION);

    if (!event || event->icount > until->icount)
        verdict_state(v, "the gate leads to ring 0");
    else if ((event->a[1] & ~5u) == (8 * CALL | 2))
        verdict_state(v, "the processor raised exception %u, error code 0x%x: "
                      "it would not take the gate of vector 0x80; look at its "
                      "P and DPL", event->a[0], event->a[1]);
    else
        verdict_state(v, "the processor raised exception %u, error code 0x%x: "
                      "a segment that the gate or the task state names",
                      event->a[0], event->a[1]);
}

void traps_direct(struct verdict *v, const struct run *run,
                  const struct mark *from, const struct mark *to)
{
    const struct event *event = from->event;

    while (!verdict_failed(v) && (event = run_next(run, event, EVENT_RING)) &&
           event->icount <= to->event->icount)
        if (event->a[1] == 0) {
            verdict_fail(v, event, "INT 0x80 from ring %u came to ring 0 on "
                         "its way to the handler", from->event->ring);
            describe_refusal(v, run, from, event);
        }
}

static void check_trip(struct verdict *v, const struct run *run,
                       const struct trip *t)
{
    verdict_blame(v, t->step->vector == CALL ? "direct_trap_gate"
                                             : "bounce_frame");
    if (t->direct)
        traps_direct(v, run, &t->from, &t->to);
    check_frame(v, run, t);
    check_registers(v, t);
    check_shared(v, t);
}

/** The failsafe callback: the lost selector, and null ones in registers. */
static void check_failsafe(struct verdict *v, const struct run *run,
                           unsigned number, unsigned nr)
{
    static const char *const names[4] = { "ds", "es", "fs", "gs" };
    uint32_t word[7], selectors[4];
    struct mark mark, lost;

    verdict_blame(v, "bounce_failsafe");
    if (!run_mark(run, "lost", nr, &lost) ||
        !run_mark(run, "failsafe", nr, &mark)) {
        verdict_fail(v, NULL, "step %u: a selector was lost, and the failsafe "
                     "callback was not entered", number);
        return;
    }
    memcpy(word, mark.snap[0].bytes, sizeof word);
    selectors[0] = lost.r.ds;
    selectors[1] = lost.r.es;
    selectors[2] = lost.r.fs;
    selectors[3] = lost.r.gs;
    for (unsigned i = 0; i < 4 && !verdict_failed(v); i++)
        if ((word[i] & 0xFFFF) != selectors[i])
            verdict_fail(v, mark.event, "step %u: %s in the failsafe frame "
                         "(word %u) is 0x%x, and should be 0x%x", number,
                         names[i], i, word[i], selectors[i]);
    if (!verdict_failed(v) && (word[5] & 0xFFFF) != KERNEL_CS)
        verdict_fail(v, mark.event, "step %u: cs in the failsafe frame (word "
                     "5) is 0x%x, and should be 0x%x", number, word[5],
                     KERNEL_CS);
    if (!verdict_failed(v) && (mark.r.ds | mark.r.es | mark.r.fs | mark.r.gs))
        verdict_fail(v, mark.event, "step %u: the failsafe callback was "
                     "entered with ds, es, fs, gs = %x, %x, %x, %x, and "
                     "should be with null selectors", number, mark.r.ds,
                     mark.r.es, mark.r.fs, mark.r.gs);
}

void traps_check(struct verdict *v, const struct run *run)
{
    const struct traps *traps = run_kept(run);
    unsigned raised[4][256] = { { 0 } }, handled[256] = { 0 }, failsafes = 0;

    for (unsigned i = 0; i < traps->nr && !verdict_failed(v); i++) {
        const struct trap_step *step = &traps->step[i];
        struct trip t = { .step = step, .number = i };
        char from[24], to[24];

        if (step->vector == STEP_FAILSAFE)
            check_failsafe(v, run, i, failsafes++);
        if (step->vector >= STEP_FAILSAFE)
            continue;
        t.direct = step->vector == CALL && !(step->entry & TRAP_MASKS);
        snprintf(from, sizeof from, "raise%u.%u", step->ring, step->vector);
        snprintf(to, sizeof to, "handler.%u", step->vector);
        if (!run_mark(run, from, raised[step->ring][step->vector]++, &t.from) ||
            !run_mark(run, to, handled[step->vector]++, &t.to)) {
            if (verdict_reached(v, run, "done", NULL))
                verdict_fail(v, NULL, "step %u: vector %u from ring %u never "
                             "came to the guest's handler", i, step->vector,
                             step->ring);
            return;
        }
        check_trip(v, run, &t);
    }
    verdict_reached(v, run, "done", NULL);
}
