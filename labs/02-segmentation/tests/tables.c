/* SPDX-License-Identifier: MIT */
/**
 * @file tables.c
 * Graded tests of exercise 2.1 and of the segments of 2.2: tables that a
 * driver has built, field by field.
 */
#include <string.h>

#include "labs/02-segmentation/tests/descriptor_model.h"
#include "labs/02-segmentation/tests/tests.h"
#include "labs/grader/driver_marks.h"

#define SECTION "exercise-21-the-tables"
#define SECTION_2 "exercise-22-the-first-entry-to-ring-1"

/* layout.h's selectors, and the index of each in the hypervisor's page. */
#define SEL_DOUBLE_FAULT 0xE000u
#define SEL_CS 0xE008u
#define SEL_DS 0xE010u
#define SEL_TSS 0xE038u
#define INDEX(selector) (((selector) >> 3) - 7168)

#define GDT_ENTRIES 512u
#define IDT_ENTRIES 256u
#define NR_TRAPS 48u /* NR_TRAP_ENTRIES */
#define TSS_BYTES 104u

enum { SNAP_GDT, SNAP_GUEST_GDT, SNAP_IDT, SNAP_TSS };

static void prepare(struct setup *s, struct rng *rng)
{
    uint32_t words[2] = { rng_between(rng, 0xF6900000, 0xF6AFFFFF) & ~127u,
                          rng_between(rng, 0xF6B00000, 0xF6BFFFFF) & ~127u };

    /* Bits 16 to 23 of a base stand by themselves in a descriptor: each of
       them is 1 in one of the two, and 0 in the other. */
    words[1] = (words[1] & 0xFF00FFFFu) | (~words[0] & 0x00FF0000u);

    setup_input(s, words, sizeof words);
    setup_mark(s, "tables", "mark_tables", 0);
    setup_snap(s, "tables", "driver_gdt", 0, 8 * GDT_ENTRIES);
    setup_snap(s, "tables", "driver_guest_gdt", 0, 8 * GDT_ENTRIES);
    setup_snap(s, "tables", "driver_idt", 0, 8 * IDT_ENTRIES);
    setup_snap(s, "tables", "driver_tss", 0, TSS_BYTES);
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

/** The tables' mark, with all snaps mapped. */
static bool tables(struct verdict *v, const struct run *run,
                   struct mark *mark)
{
    return driver_mark(v, run, "tables", 0, mark) && mark->nr_snaps == 4 &&
           driver_done(v, run, "tables", 1);
}

static struct fields entry(const struct mark *mark, unsigned snap,
                           unsigned index)
{
    uint32_t word[2];

    memcpy(word, mark->snap[snap].bytes + 8 * index, sizeof word);
    return fields_of(word[0], word[1]);
}

/** An entry that must be empty is not. */
static void check_empty(struct verdict *v, const struct mark *mark,
                        unsigned snap, unsigned index, const char *what)
{
    static const uint8_t zeros[8];

    if (!verdict_failed(v) &&
        memcmp(mark->snap[snap].bytes + 8 * index, zeros, 8) != 0)
        verdict_fail(v, mark->event, "%s 0x%x is not empty", what, index);
}

/** What a flat segment must be. */
struct flat {
    uint32_t selector;
    bool code;
    unsigned dpl;
    uint32_t pages; /**< the limit field */
};

static void check_flat(struct verdict *v, const struct mark *mark,
                       unsigned snap, const struct flat *flat)
{
    struct fields f = entry(mark, snap, INDEX(flat->selector));
    unsigned type = (flat->code ? 8 : 0) | 2 | 1;
    const char *wrong = NULL;

    if (!f.present || !f.s)
        wrong = "is not a present segment of code or data";
    else if (f.type != type)
        wrong = flat->code
                ? "is not accessed, readable, non-conforming code"
                : "is not accessed, writable data that grows upwards";
    else if (f.dpl != flat->dpl)
        wrong = "has another DPL than its selector's RPL says";
    else if (f.base != 0 || !f.g || f.raw_limit != flat->pages)
        wrong = "does not begin at 0 and end where it must";
    else if (!f.d || f.l)
        wrong = "is not a 32-bit segment";
    if (!wrong || verdict_failed(v))
        return;
    verdict_fail(v, mark->event, "the descriptor of selector 0x%04x %s",
                 flat->selector, wrong);
    verdict_state(v, "type %x, S %u, DPL %u, P %u, D %u, L %u, G %u, base "
                  "0x%08x, limit 0x%05x; the limit should be 0x%05x pages",
                  f.type, f.s, f.dpl, f.present, f.d, f.l, f.g, f.base,
                  f.raw_limit, flat->pages);
}

static void check_tss_descriptor(struct verdict *v, const struct mark *mark,
                                 uint32_t selector, uint32_t base)
{
    struct fields f = entry(mark, SNAP_GDT, INDEX(selector));

    if (verdict_failed(v) ||
        (f.present && !f.s && f.type == 9 && f.dpl == 0 && f.base == base &&
         limit_of(&f) == TSS_BYTES - 1))
        return;
    verdict_fail(v, mark->event, "the descriptor of selector 0x%04x is not a "
                 "present, available 32-bit TSS of DPL 0 at 0x%08x with %u "
                 "bytes: limit 0x%x, the last of them", selector, base,
                 TSS_BYTES, TSS_BYTES - 1);
    verdict_state(v, "type %x, S %u, DPL %u, P %u, base 0x%08x, limit 0x%x",
                  f.type, f.s, f.dpl, f.present, f.base, limit_of(&f));
}

/* --- 2.1/gdt -------------------------------------------------------------- */

static void check_gdt(struct verdict *v, const struct run *run)
{
    struct mark mark;

    verdict_blame(v, "gdt_build");
    if (!tables(v, run, &mark))
        return;
    check_flat(v, &mark, SNAP_GDT, &(struct flat){ SEL_CS, true, 0,
                                                   0xFFFFF });
    check_flat(v, &mark, SNAP_GDT, &(struct flat){ SEL_DS, false, 0,
                                                   0xFFFFF });
    check_tss_descriptor(v, &mark, SEL_TSS, mark.r.eax);
    check_tss_descriptor(v, &mark, SEL_DOUBLE_FAULT, mark.r.edx);
    for (unsigned i = 0; i < GDT_ENTRIES; i++)
        if (i != INDEX(SEL_CS) && i != INDEX(SEL_DS) &&
            i != INDEX(SEL_TSS) && i != INDEX(SEL_DOUBLE_FAULT))
            check_empty(v, &mark, SNAP_GDT, i, "gdt_build(): entry");
}

const struct test test_tables_gdt = {
    .id = "2.1/gdt",
    .exercise = "2.1",
    .title = "The hypervisor's page of the GDT has its code, its data and two "
             "task states, and nothing else.",
    .section = SECTION,
    .driver = "tables",
    .prepare = prepare,
    .check = check_gdt,
};

/* --- 2.1/idt -------------------------------------------------------------- */

/** A gate that turns interrupts off and leads to `target`. */
static void check_gate(struct verdict *v, const struct mark *mark,
                       unsigned vector, uint32_t target, unsigned dpl)
{
    uint32_t word[2], offset;

    memcpy(word, mark->snap[SNAP_IDT].bytes + 8 * vector, sizeof word);
    offset = (word[0] & 0xFFFF) | (word[1] & 0xFFFF0000u);
    if (verdict_failed(v) ||
        (offset == target && word[0] >> 16 == SEL_CS &&
         (word[1] & 0xFFFF) == (0x8E00u | dpl << 13)))
        return;
    verdict_fail(v, mark->event, "the gate of vector %u is not a present "
                 "32-bit interrupt gate of DPL %u to 0x%04x:0x%08x", vector,
                 dpl, SEL_CS, target);
    verdict_state(v, "got: %08x %08x: type %x, DPL %u, P %u, to 0x%04x:"
                  "0x%08x", word[0], word[1], word[1] >> 8 & 31,
                  word[1] >> 13 & 3, word[1] >> 15 & 1, word[0] >> 16,
                  offset);
}

static void check_idt(struct verdict *v, const struct run *run)
{
    uint32_t target[NR_TRAPS];
    struct mark mark;

    verdict_blame(v, "idt_build");
    if (!tables(v, run, &mark))
        return;
    if (!run_read_virtual(run, run_symbol(run, "trap_entry_address"), target,
                          sizeof target)) {
        verdict_fail(v, mark.event, "trap_entry_address is not mapped");
        return;
    }
    for (unsigned i = 0; i < NR_TRAPS; i++)
        if (i != 8)
            check_gate(v, &mark, i, target[i], i == 3 || i == 4 ? 3 : 0);
    check_gate(v, &mark, 0x82, run_symbol(run, "hypercall_entry"), 1);
    if (!verdict_failed(v)) {
        uint32_t word[2];

        memcpy(word, mark.snap[SNAP_IDT].bytes + 8 * 8, sizeof word);
        if (word[0] >> 16 != SEL_DOUBLE_FAULT ||
            (word[1] & 0xFFFF) != 0x8500)
            verdict_fail(v, mark.event, "the gate of vector 8 is %08x %08x, "
                         "not a present task gate of DPL 0 to 0x%04x",
                         word[0], word[1], SEL_DOUBLE_FAULT);
    }
    for (unsigned i = NR_TRAPS; i < IDT_ENTRIES; i++)
        if (i != 0x82)
            check_empty(v, &mark, SNAP_IDT, i, "idt_build(): the gate of "
                                               "vector");
}

const struct test test_tables_idt = {
    .id = "2.1/idt",
    .exercise = "2.1",
    .title = "Every vector of the processor's leads to its entry with "
             "interrupts off, and a guest may raise three of them by INT n.",
    .section = SECTION,
    .driver = "tables",
    .prepare = prepare,
    .check = check_idt,
};

/* --- 2.1/tss -------------------------------------------------------------- */

static void check_tss(struct verdict *v, const struct run *run)
{
    uint32_t word[TSS_BYTES / 4], top;
    struct mark mark;

    verdict_blame(v, "tss_build");
    if (!tables(v, run, &mark))
        return;
    memcpy(word, mark.snap[SNAP_TSS].bytes, sizeof word);
    top = run_symbol(run, "processor_stack") + 16384 - 16;
    if (word[1] != top || word[2] != SEL_DS)
        verdict_fail(v, mark.event, "the stack of ring 0 is 0x%04x:0x%08x, "
                     "and should be 0x%04x:0x%08x, four words below the "
                     "stack's end", word[2], word[1], SEL_DS, top);
    else if (word[25] >> 16 < TSS_BYTES)
        verdict_fail(v, mark.event, "the map of ports begins at byte %u, "
                     "inside the task state: a bit that is 0 there opens a "
                     "port", word[25] >> 16);
    for (unsigned i = 0; i < TSS_BYTES / 4 && !verdict_failed(v); i++)
        if (i != 1 && i != 2 && i != 25 && word[i] != 0)
            verdict_fail(v, mark.event, "word %u of the task state is 0x%x, "
                         "and should be 0", i, word[i]);
}

const struct test test_tables_tss = {
    .id = "2.1/tss",
    .exercise = "2.1",
    .title = "The task state names ring 0's stack, with room for a guest's "
             "data segments, and opens no port.",
    .section = SECTION,
    .driver = "tables",
    .prepare = prepare,
    .check = check_tss,
};

/* --- 2.2/segments --------------------------------------------------------- */

static void check_segments(struct verdict *v, const struct run *run)
{
    static const struct flat flats[] = {
        { 0xE019, true, 1, (HYPERVISOR >> 12) - 1 },
        { 0xE021, false, 1, (HYPERVISOR >> 12) - 1 },
        { 0xE02B, true, 3, (HYPERVISOR >> 12) - 1 },
        { 0xE033, false, 3, (HYPERVISOR >> 12) - 1 },
    };
    struct mark mark;

    verdict_blame(v, "guest_segments_build");
    if (!tables(v, run, &mark))
        return;
    for (unsigned i = 0; i < 4; i++)
        check_flat(v, &mark, SNAP_GUEST_GDT, &flats[i]);
    for (unsigned i = 0; i < GDT_ENTRIES; i++)
        if (i < INDEX(0xE019) || i > INDEX(0xE033))
            check_empty(v, &mark, SNAP_GUEST_GDT, i,
                        "guest_segments_build(): entry");
}

const struct test test_tables_segments = {
    .id = "2.2/segments",
    .exercise = "2.2",
    .title = "The four flat segments of guests have the rings that their "
             "selectors say, and end right below the hypervisor.",
    .section = SECTION_2,
    .driver = "tables",
    .prepare = prepare,
    .check = check_segments,
};
