/* SPDX-License-Identifier: MIT */
/**
 * @file bounce.c
 * Graded test of exercise 2.3 with a driver: what bounce_frame() says when it
 * cannot do what it is asked for, and that nothing has changed then; and what
 * no guest can see of a frame that it got: flags that the way there changes
 * anyhow, a mask of any value, and how often that was read.
 */
#include <string.h>

#include "labs/02-segmentation/tests/tests.h"
#include "labs/grader/driver_marks.h"
#include "layout.h"

#define NR_CASES 48u
#define EINVAL_RESULT (-22)
#define EFAULT_RESULT (-14)

/* struct cpu_user_regs: eflags is word 10, esp 11; es, ds, fs and gs are the
   last four. */
#define FRAME_WORDS 17u
#define EFLAGS 10u
#define ESP 11u
#define FLAGS_BEFORE 0x33337333u /* the driver's */
#define CLEARED 0x34100u         /* TF, NT, RF and VM */
#define FLAGS_IN_FRAME (FLAGS_BEFORE & ~0x3200u) /* IOPL 0; events masked */
#define VECTOR_WATCH 1u
#define CALLBACK_EIP 0xC0002000u
#define WORDS_FROM_OUTSIDE 5u /* ss esp eflags cs eip */
#define WORDS_OF_FAILSAFE 7u  /* eflags cs eip gs fs es ds */
#define FIRST_SELECTOR 13u

/** What a failed call may have changed: the words of struct cpu_user_regs, and
 *  behind them the mask. */
static const char *const changeable[FRAME_WORDS + 1] = {
    "ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "the vector's word",
    "eip", "cs", "eflags", "esp", "ss", "es", "ds", "fs", "gs",
    "evtchn_upcall_mask",
};

/** As the driver reads them. */
struct cases {
    uint32_t nr;
    struct {
        uint32_t cs, ring, ss, esp, mask;
    } one[NR_CASES];
    uint32_t stack; /**< of the failsafe callback */
    uint32_t mask;  /**< with that stack: any byte */
};

static void prepare(struct setup *s, struct rng *rng)
{
    static const uint32_t segments[] = { SEL_RING1_DS, 0, 3, 0x11,
                                         SEL_HYPERVISOR_DS };
    struct cases *c = setup_keep(s, sizeof *c);

    c->nr = NR_CASES;
    for (unsigned i = 0; i < NR_CASES; i++) {
        /* Each null selector, as often as good ones. */
        c->one[i].cs = i & 4 ? i & 3 : SEL_RING1_CS;
        c->one[i].ring = rng_below(rng, 2) ? 1 : 3;
        c->one[i].ss = segments[rng_below(rng, 5)];
        c->one[i].esp = rng_below(rng, 4)
                            ? rng_between(rng, 0x1000, 0xF0000000) & ~3u
                            : 4 * rng_below(rng, 16);
        c->one[i].mask = rng_below(rng, 2);
    }
    /* Inside a page, and not in slot 3 of the L3; a stack need not be aligned,
       and no processor aligns one. */
    c->stack = rng_between(rng, 0x100, 0xBFFFF) << 12 |
               rng_between(rng, 0x100, 0xFEF) | 1;
    c->mask = rng_between(rng, 1, 127) << 1;
    rng_shuffle(rng, c->one, NR_CASES, sizeof c->one[0]);
    setup_input(s, c, sizeof *c);
    setup_mark(s, "called", "mark_called", 0);
    setup_mark(s, "watched", "mark_watched", 0);
    setup_mark(s, "failsafe", "mark_failsafe", 0);
    setup_snap(s, "failsafe", "driver_frame", 0, 4 * FRAME_WORDS);
    setup_snap(s, "failsafe", "ecx", 0, 8);
    setup_mark(s, "null", "mark_null", 0);
    setup_mark(s, "callback", "mark_callback", 0);
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

/** The flags that the handler is entered with: TF and RF would be seen by
 *  nobody who looks at the handler's first instruction. */
static void check_flags(struct verdict *v, const struct mark *mark,
                        uint32_t flags)
{
    if (flags != (FLAGS_BEFORE & ~CLEARED))
        verdict_fail(v, mark->event, "after bounce_frame() eflags is 0x%x, "
                     "and should be 0x%x: it was 0x%x, and TF, RF, NT and VM "
                     "are cleared", flags, FLAGS_BEFORE & ~CLEARED,
                     FLAGS_BEFORE);
}

/** The saved mask is the byte that was there; and it is read by one
 *  instruction, because another processor may change it before a second. */
static void check_mask(struct verdict *v, const struct run *run,
                       const struct mark *to, unsigned number, uint32_t mask)
{
    const struct event *event;
    struct mark from;
    uint32_t word[2]; /* with cs, and eflags */
    unsigned nr = 0;

    memcpy(word, to->snap[1].bytes, sizeof word);
    if (word[0] >> 16 != mask)
        verdict_fail(v, to->event, "the word with cs in the frame is 0x%x: "
                     "evtchn_upcall_mask was 0x%02x, and the whole byte "
                     "belongs in bits 16 to 23", word[0], mask);
    if (word[1] != FLAGS_IN_FRAME)
        verdict_fail(v, to->event, "eflags in the frame is 0x%x, and should be "
                     "0x%x: what the guest had, with the IF and IOPL that it "
                     "believes in (guest_flags())", word[1], FLAGS_IN_FRAME);
    if (!driver_mark(v, run, "watched", number, &from))
        return;
    for (event = from.event; (event = run_next(run, event, EVENT_EXCEPTION)) &&
                             event->icount < to->event->icount;)
        if (event->a[0] == VECTOR_WATCH && ++nr == 2)
            verdict_fail(v, event, "bounce_frame() looked at "
                         "evtchn_upcall_mask a second time, by the instruction "
                         "before this one: a guest with another processor can "
                         "change it between the two, and the frame then says "
                         "two things");
}

/** The exit path loads null selectors into the registers by itself; those of
 *  the frame are loaded when it had anything else to do first. */
static void check_failsafe(struct verdict *v, const struct run *run,
                           uint32_t stack, uint32_t mask)
{
    uint32_t word[FRAME_WORDS], expected = stack - 4 * WORDS_OF_FAILSAFE;
    struct mark mark;

    if (verdict_failed(v) || !driver_mark(v, run, "failsafe", 0, &mark))
        return;
    memcpy(word, mark.snap[0].bytes, sizeof word);
    if (mark.r.eax != 0)
        verdict_fail(v, mark.event, "bounce_frame() returned %d for a good "
                     "stack, and should have returned 0",
                     (int32_t)mark.r.eax);
    for (unsigned i = FIRST_SELECTOR; i < FRAME_WORDS; i++)
        if (word[i] & 0xFFFF)
            verdict_fail(v, mark.event, "after bounce_frame() for the "
                         "failsafe callback es, ds, fs and gs are %x, %x, %x "
                         "and %x, and should be null: the exit path may have "
                         "to load them", word[13], word[14], word[15],
                         word[16]);
    if (word[ESP] != expected)
        verdict_fail(v, mark.event, "after bounce_frame() for the failsafe "
                     "callback esp is 0x%x, and should be 0x%x: seven words "
                     "below the guest's stack, 0x%x", word[ESP], expected,
                     stack);
    check_flags(v, &mark, word[EFLAGS]);
    check_mask(v, run, &mark, 0, mask);
}

/** Only ring 1 is at home on its stack: from ring 2 it is changed. */
static void check_ring_2(struct verdict *v, const struct run *run,
                         uint32_t stack, uint32_t mask)
{
    uint32_t word[FRAME_WORDS], expected = stack - 4 * WORDS_FROM_OUTSIDE;
    struct mark mark;

    if (verdict_failed(v) || !driver_mark(v, run, "failsafe", 1, &mark))
        return;
    memcpy(word, mark.snap[0].bytes, sizeof word);
    if (mark.r.eax != 0)
        verdict_fail(v, mark.event, "bounce_frame() returned %d for a guest "
                     "in ring 2 with a good kernel stack, and should have "
                     "returned 0: the frame goes there, like ring 3's",
                     (int32_t)mark.r.eax);
    else if (word[ESP] != expected)
        verdict_fail(v, mark.event, "after bounce_frame() from ring 2 esp is "
                     "0x%x, and should be 0x%x: five words below the "
                     "kernel's stack, 0x%x", word[ESP], expected, stack);
    check_mask(v, run, &mark, 1, mask);
}

/** A limit is the segment's: who writes through another one asks nobody. */
static void check_null(struct verdict *v, const struct run *run)
{
    struct mark mark;

    for (unsigned i = 0; i < 2 && !verdict_failed(v); i++)
        if (driver_mark(v, run, "null", i, &mark) &&
            (int32_t)mark.r.eax != EFAULT_RESULT)
            verdict_fail(v, mark.event, "bounce_frame() returned %d, and "
                         "should have returned -EFAULT (-14): from ring %u, "
                         "with a null selector in %s", (int32_t)mark.r.eax,
                         mark.r.edx, i == 0 ? "the guest's own ss"
                                            : "traps.kernel_ss");
}

/** The callback says itself whether it wants events masked. */
static void check_callback(struct verdict *v, const struct run *run)
{
    struct mark mark;

    for (uint32_t masks = 0; masks < 2 && !verdict_failed(v); masks++) {
        if (!driver_mark(v, run, "callback", masks, &mark))
            return;
        verdict_blame(v, "bounce_failsafe");
        if (mark.r.edx != CALLBACK_EIP)
            verdict_fail(v, mark.event, "after bounce_failsafe() eip is 0x%x, "
                         "and the callback is at 0x%x", mark.r.edx,
                         CALLBACK_EIP);
        else if ((mark.r.ecx & 0xFF) != masks)
            verdict_fail(v, mark.event, "after bounce_failsafe() "
                         "evtchn_upcall_mask is %u: it was 0, and "
                         "traps.failsafe.mask_events is %s", mark.r.ecx & 0xFF,
                         masks ? "true" : "false");
    }
}

static void check(struct verdict *v, const struct run *run)
{
    const struct cases *c = run_kept(run);
    struct mark mark;

    verdict_blame(v, "bounce_frame");
    for (unsigned i = 0; i < NR_CASES && !verdict_failed(v); i++) {
        bool null = (c->one[i].cs & ~3u) == 0;
        int32_t expected = null ? EINVAL_RESULT : EFAULT_RESULT;

        if (!driver_mark(v, run, "called", i, &mark))
            return;
        if ((int32_t)mark.r.eax != expected)
            verdict_fail(v, mark.event, "bounce_frame() returned %d, and "
                         "should have returned %s: %s", (int32_t)mark.r.eax,
                         null ? "-EINVAL (-22)" : "-EFAULT (-14)",
                         null ? "the handler's code segment is null"
                              : "the stack cannot be written");
        else if (mark.r.ecx != 0)
            verdict_fail(v, mark.event, "bounce_frame() returned %d and had "
                         "changed something of the guest's: %s", expected,
                         mark.r.ecx > 4 * FRAME_WORDS + 1
                             ? "what the driver cannot name"
                             : changeable[(mark.r.ecx - 1) / 4]);
        verdict_state(v, "handler's cs 0x%04x; the guest is in ring %u, its "
                      "stack is 0x%04x:0x%08x, its mask %u", c->one[i].cs,
                      c->one[i].ring, c->one[i].ss, c->one[i].esp,
                      c->one[i].mask);
    }
    check_failsafe(v, run, c->stack, c->mask);
    check_ring_2(v, run, c->stack, c->mask);
    check_null(v, run);
    check_callback(v, run);
    driver_done(v, run, "called", NR_CASES);
}

const struct test test_bounce_refused = {
    .id = "2.3/refused",
    .exercise = "2.3",
    .title = "A handler that is none, or a stack that cannot be written: the "
             "right error, and nothing is changed. Else the flags and the "
             "mask, and that was read once.",
    .section = "exercise-23-into-the-guests-handler",
    .driver = "bounce",
    .hostile = true,
    .prepare = prepare,
    .check = check,
};
