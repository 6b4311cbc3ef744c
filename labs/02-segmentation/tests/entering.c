/* SPDX-License-Identifier: MIT */
/**
 * @file entering.c
 * Graded tests of exercise 2.2 with a driver: what is in a vCPU at its start
 * of day, whatever was there before, and what the processor has when it is
 * entered, whoever ran before.
 */
#include <string.h>

#include "labs/02-segmentation/guests/entering.h"
#include "labs/02-segmentation/tests/tests.h"
#include "labs/grader/driver_marks.h"
#include "layout.h"

#define SECTION "exercise-22-the-first-entry-to-ring-1"

#define CODE SEL_RING1_CS
#define DATA SEL_RING1_DS
#define EFLAGS_AT_START 0x202u
#define NO_FRAME 0xFFFFFFFFu
#define DR6_AT_START 0xFFFF0FF0u
#define DR7_AT_START 0x400u
#define DIRECT_TRAP 0x80u

/* Offsets in struct processor: of `current`, of `info`, and of the task
 * state's ring-1 stack. */
#define CURRENT 0u
#define INFO 8u
#define ESP1 (12u + 12u)
#define SS1 (12u + 16u)
#define STACK_BYTES 16384u

#define CR0_TS 0x8u
#define CR4_TSD 0x4u

/** @param end  Of the run: a symbol of the image. */
static void prepare(struct setup *s, struct rng *rng, const char *end)
{
    struct entering_input *in = setup_keep(s, sizeof *in);

    *in = (struct entering_input){
        .garbage = rng_between(rng, 1, 254),
        .eip = rng_between(rng, 0x10000, 0xF0000000),
        .esp = rng_between(rng, 0x10000, 0xF0000000) & ~3u,
        .esi = rng_between(rng, 0x10000, 0xF0000000) & ~3u,
        .kernel_ss = DATA,
        .kernel_esp = rng_between(rng, 0x10000, 0xF0000000) & ~3u,
        .trap_cs = CODE,
        .trap_address = rng_between(rng, 0x10000, 0xF0000000),
        .trap_dpl = rng_between(rng, 1, 3),
    };
    setup_input(s, in, sizeof *in);
    setup_mark(s, "state", "mark_state", 0);
    setup_snap(s, "state", "driver_report", 0,
               sizeof(struct entering_report));
    setup_mark(s, "done", end, 0);
    setup_end(s, "done");
}

/* --- 2.2/state ------------------------------------------------------------ */

/** The words of struct cpu_user_regs, in order. */
static const char *const words[ENTERING_FRAME_WORDS] = {
    "ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "the vector's word",
    "eip", "cs", "eflags", "esp", "ss", "es", "ds", "fs", "gs",
};

/** Something of the vCPU's is not what it should be. What comes behind the
 *  first of them is told as well. */
static void expect(struct verdict *v, const struct mark *mark,
                   const char *what, uint32_t got, uint32_t expected)
{
    if (got == expected)
        return;
    if (verdict_failed(v))
        verdict_state(v, "and %s is 0x%x, and should be 0x%x", what, got,
                      expected);
    else
        verdict_fail(v, mark->event, "after vcpu_init_traps() %s is 0x%x, and "
                     "should be 0x%x", what, got, expected);
}

static void expect_frames(struct verdict *v, const struct mark *mark,
                          const char *what, const uint32_t *frame,
                          unsigned nr)
{
    unsigned i = 0;

    while (i < nr && frame[i] == NO_FRAME)
        i++;
    if (i == nr)
        return;
    if (verdict_failed(v))
        verdict_state(v, "and frame %u of the %s is 0x%x, and should be "
                      "INVALID_MFN", i, what, frame[i]);
    else
        verdict_fail(v, mark->event, "after vcpu_init_traps() frame %u "
                     "of the %s is 0x%x, and should be INVALID_MFN", i, what,
                     frame[i]);
}

static void expect_frame(struct verdict *v, const struct mark *mark,
                         const struct entering_input *in,
                         const uint32_t *frame)
{
    const uint32_t expected[ENTERING_FRAME_WORDS] = {
        [3] = in->esi, [8] = in->eip, [9] = CODE, [10] = EFLAGS_AT_START,
        [11] = in->esp, [12] = DATA, [13] = DATA, [14] = DATA, [15] = DATA,
        [16] = DATA,
    };

    for (unsigned i = 0; i < ENTERING_FRAME_WORDS; i++)
        expect(v, mark, words[i], frame[i], expected[i]);
}

static void prepare_state(struct setup *s, struct rng *rng)
{
    prepare(s, rng, "mark_enter");
}

static void check_state(struct verdict *v, const struct run *run)
{
    const struct entering_input *in = run_kept(run);
    struct entering_report r;
    struct mark mark;

    verdict_blame(v, "vcpu_init_traps");
    if (!driver_mark(v, run, "state", 0, &mark))
        return;
    memcpy(&r, mark.snap[0].bytes, sizeof r);
    expect_frame(v, &mark, in, r.frame);
    expect(v, &mark, "traps.kernel_ss", r.kernel_ss, DATA);
    expect(v, &mark, "traps.kernel_esp", r.kernel_esp, in->esp);
    if (r.nr_trap_bytes != 0)
        verdict_fail(v, mark.event, "after vcpu_init_traps() %u bytes of "
                     "traps are still something of before: there is no "
                     "handler for anything at the start of day",
                     r.nr_trap_bytes);
    expect_frames(v, &mark, "GDT", r.gdt, ENTERING_GDT_FRAMES);
    expect_frames(v, &mark, "LDT", r.ldt, ENTERING_LDT_FRAMES);
    expect(v, &mark, "descriptors.gdt_entries", r.gdt_entries, 0);
    expect(v, &mark, "descriptors.ldt_base", r.ldt_base, 0);
    expect(v, &mark, "descriptors.ldt_entries", r.ldt_entries, 0);
    expect(v, &mark, "descriptors.nr_held", r.nr_held, 0);
    for (unsigned i = 0; i < 8; i++) {
        static const char *const names[] = {
            "debug_register[0]", "debug_register[1]", "debug_register[2]",
            "debug_register[3]", "debug_register[4]", "debug_register[5]",
            "debug_register[6]", "debug_register[7]",
        };

        expect(v, &mark, names[i], r.debug_register[i],
               i == 6 ? DR6_AT_START : i == 7 ? DR7_AT_START : 0);
    }
    if (r.nr_others != 0)
        verdict_fail(v, mark.event, "vcpu_init_traps() changed %u bytes of "
                     "the vCPU that are not its business", r.nr_others);
    driver_done(v, run, "state", 1);
}

const struct test test_enter_state = {
    .id = "2.2/state",
    .exercise = "2.2",
    .title = "A vCPU's registers, traps, tables and watchpoints are those of "
             "the start of day, whatever was there before, and the rest of "
             "it is as it was.",
    .section = SECTION,
    .driver = "entering",
    .prepare = prepare_state,
    .check = check_state,
};

/* --- 2.2/processor -------------------------------------------------------- */

static uint32_t word_at(const struct run *run, uint32_t address)
{
    uint32_t word = 0;

    run_read_virtual(run, address, &word, sizeof word);
    return word;
}

/** Where the IDT is: its last load says it. */
static uint32_t idt_base(const struct run *run)
{
    const struct event *event = NULL;
    uint32_t base = 0;

    while ((event = run_next(run, event, EVENT_TABLE_LOAD)))
        if (event->a[0] == TABLE_IDT)
            base = event->a[1];
    return base;
}

static void check_gate(struct verdict *v, const struct run *run,
                       const struct entering_input *in)
{
    uint32_t at = idt_base(run) + 8 * DIRECT_TRAP;
    uint32_t lo = word_at(run, at), hi = word_at(run, at + 4);

    if (lo >> 16 != in->trap_cs ||
        ((lo & 0xFFFF) | (hi & 0xFFFF0000u)) != in->trap_address)
        verdict_fail(v, run_end(run), "the gate of vector 0x80 is %08x %08x: "
                     "the direct trap of the vCPU that is entered was not "
                     "loaded", lo, hi);
}

static void check_registers(struct verdict *v, const struct run *run,
                            const struct entering_given *given)
{
    uint32_t stack = run_symbol(run, "processor_stack") + STACK_BYTES;
    uint32_t frame = stack - sizeof given->frame;

    for (unsigned i = 0; i < ENTERING_FRAME_WORDS; i++) {
        uint32_t got = word_at(run, frame + 4 * i);

        if (got != given->frame[i])
            verdict_fail(v, run_end(run), "%s of guest_frame() is 0x%x, and "
                         "0x%x in the vCPU's own frame", words[i], got,
                         given->frame[i]);
    }
}

/** What vcpu_load_state() loads, as far as it is seen at the end. */
static void check_loaded_state(struct verdict *v, const struct run *run,
                               const struct entering_given *given)
{
    uint32_t info = word_at(run, run_symbol(run, "processor") + INFO);
    const struct event_registers *r = run_registers(run);

    if (info != given->info)
        verdict_fail(v, run_end(run), "processor.info is 0x%08x, and should be "
                     "0x%08x: the state of the vCPU that is entered was not "
                     "loaded, and the exit path reads its events there", info,
                     given->info);
    if (!(r->cr0 & CR0_TS) || !(r->cr4 & CR4_TSD))
        verdict_fail(v, run_end(run), "CR0 is 0x%x and CR4 0x%x: the vCPU that "
                     "is entered wants TS and TSD set, and its state was not "
                     "loaded", r->cr0, r->cr4);
}

static void prepare_processor(struct setup *s, struct rng *rng)
{
    prepare(s, rng, "arch_exit_to_guest");
    setup_mark(s, "enter", "mark_enter", 0);
    setup_snap(s, "enter", "driver_given", 0, sizeof(struct entering_given));
}

static void check_processor(struct verdict *v, const struct run *run)
{
    const struct entering_input *in = run_kept(run);
    uint32_t processor = run_symbol(run, "processor");
    struct entering_given given;
    struct walk window;
    struct mark mark;

    verdict_blame(v, "vcpu_enter");
    if (!driver_mark(v, run, "enter", 0, &mark) ||
        !verdict_reached(v, run, "done", NULL))
        return;
    memcpy(&given, mark.snap[0].bytes, sizeof given);
    if (word_at(run, processor + CURRENT) != given.vcpu)
        verdict_fail(v, run_end(run), "processor.current is not the vCPU "
                     "that is entered");
    if ((word_at(run, given.running) & 0xFF) != 1)
        verdict_fail(v, run_end(run), "the vCPU is not marked as running");
    if (run_registers(run)->cr3 != given.pdpt)
        verdict_fail(v, run_end(run), "CR3 is 0x%x: the page tables of the "
                     "vCPU that is entered were not loaded",
                     run_registers(run)->cr3);
    if (!run_walk(run, GDT_WINDOW, &window) ||
        window.maddr >> 12 != given.gdt_frame)
        verdict_fail(v, run_end(run), "the GDT of the vCPU that is entered "
                     "was not loaded");
    check_loaded_state(v, run, &given);
    check_gate(v, run, in);
    if (word_at(run, processor + ESP1) != in->kernel_esp ||
        (word_at(run, processor + SS1) & 0xFFFF) != in->kernel_ss)
        verdict_fail(v, run_end(run), "the task state's stack for ring 1 is "
                     "0x%04x:0x%08x, and the vCPU's is 0x%04x:0x%08x",
                     word_at(run, processor + SS1),
                     word_at(run, processor + ESP1), in->kernel_ss,
                     in->kernel_esp);
    check_registers(v, run, &given);
    driver_done(v, run, "enter", 1);
}

const struct test test_enter_processor = {
    .id = "2.2/processor",
    .exercise = "2.2",
    .title = "When a vCPU is entered, all that the processor has of a guest is "
             "this one's: page tables, descriptors, modes, events, direct "
             "trap, stack, registers.",
    .section = SECTION,
    .driver = "entering",
    .prepare = prepare_processor,
    .check = check_processor,
};
