/* SPDX-License-Identifier: MIT */
/**
 * @file paging.c
 * Graded tests of exercise 1.3: what the event log says of the control
 * registers, and what the processor does with low addresses afterwards.
 */
#include "labs/grader/driver_marks.h"
#include "labs/01-boot/tests/probe_model.h"
#include "labs/01-boot/tests/tests.h"

#include <string.h>

#define SECTION "exercise-13-turning-paging-on"

#define HYPERVISOR_START 0xF6800000u
#define M2P_START 0xF5800000u

#define CR0_MP 0x00000002u
#define CR0_NE 0x00000020u
#define CR0_WP 0x00010000u
#define CR0_AM 0x00040000u
#define CR0_PG 0x80000000u
#define CR4_TSD 0x00000004u
#define CR4_DE 0x00000008u
#define CR4_PSE 0x00000010u
#define CR4_PAE 0x00000020u
#define MSR_EFER 0xC0000080u
#define EFER_NXE 0x00000800u
#define PAGE_FAULT 14u

/** Boots to boot_main(), then to the end. */
static void boot_marks(struct setup *s)
{
    setup_mark(s, "turn-on", "paging_turn_on", 0);
    setup_snap(s, "turn-on", "esp", 0, 16); /* return address, arguments */
    setup_mark(s, "high", "boot_main", 0);
    setup_snap(s, "high", "esp", 0, 8);
    setup_mark(s, "complete", "boot_complete", 0);
    setup_end(s, "complete");
}

static uint32_t snap_word(const struct snap *snap, unsigned index)
{
    uint32_t word = 0;

    if (4 * index + 4 <= snap->valid)
        memcpy(&word, snap->bytes + 4 * index, 4);
    return word;
}

static const char *cr_name(uint32_t number)
{
    return number == 0 ? "CR0" : number == 3 ? "CR3" : "CR4";
}

/* --- 1.3/order ------------------------------------------------------------ */

/** What has been written so far. */
struct modes {
    bool pae, base, nxe, wp, pg;
};

static void prepare_boot(struct setup *s, struct rng *rng)
{
    static const unsigned megabytes[] = { 16, 32, 64, 128 };

    setup_ram(s, megabytes[rng_below(rng, 4)]);
    boot_marks(s);
}

/** The write that turns paging on: is everything else in place? */
static void check_ready(struct verdict *v, const struct event *e,
                        const struct modes *m)
{
    if (!m->pae)
        verdict_fail(v, e, "CR0.PG is set while CR4.PAE is clear: the "
                     "processor reads the L3 as a page directory of the old "
                     "format");
    else if (!m->base)
        verdict_fail(v, e, "CR0.PG is set before CR3 holds the L3's address");
    else if (!m->nxe)
        verdict_fail(v, e, "CR0.PG is set while EFER.NXE is clear: bit 63 "
                     "of an entry is reserved, and every NX page faults");
    else if (!m->wp)
        verdict_fail(v, e, "CR0.PG is set without CR0.WP: ring 0 writes to "
                     "read-only pages");
    if (verdict_failed(v))
        verdict_state(v, "CR0: old 0x%08x, new 0x%08x", e->a[2], e->a[1]);
}

static void see_cr_write(struct verdict *v, const struct event *e,
                         struct modes *m, uint32_t l3)
{
    if (e->a[0] == 4) {
        m->pae = e->a[1] & CR4_PAE;
        if (m->pg && !m->pae)
            verdict_fail(v, e, "CR4.PAE is cleared while paging is on");
    } else if (e->a[0] == 3 && !m->pg) {
        m->base = (e->a[1] & ~0x1Fu) == (l3 & ~0x1Fu);
        if (!m->base)
            verdict_fail(v, e, "CR3 is loaded with 0x%x, and the L3 given to "
                         "paging_turn_on() is at 0x%x",
                         e->a[1], l3);
    } else if (e->a[0] == 0) {
        m->wp = e->a[1] & CR0_WP;
        if (!m->pg && e->a[1] & CR0_PG)
            check_ready(v, e, m);
        else if (m->pg && !m->wp)
            verdict_fail(v, e, "CR0.WP is cleared again: ring 0 writes to "
                         "read-only pages");
        else if (m->pg && !(e->a[1] & CR0_PG))
            verdict_fail(v, e, "paging is turned off again");
        m->pg = e->a[1] & CR0_PG;
    }
}

static void see_msr_write(struct verdict *v, const struct event *e,
                          struct modes *m)
{
    if (e->a[0] != MSR_EFER)
        return;
    if (m->pg && m->nxe && !(e->a[1] & EFER_NXE))
        verdict_fail(v, e, "EFER.NXE is cleared again");
    m->nxe = e->a[1] & EFER_NXE;
}

static void check_order(struct verdict *v, const struct run *run)
{
    struct modes modes = { 0 };
    const struct event *e;
    struct mark start;
    uint32_t l3;

    if (!verdict_reached(v, run, "turn-on", &start))
        return;
    l3 = snap_word(&start.snap[0], 1);
    verdict_blame(v, "paging_turn_on");
    for (size_t i = 0; (e = run_event(run, i)) && !verdict_failed(v); i++) {
        if (e->icount < start.event->icount)
            continue;
        if (e->kind == EVENT_CR_WRITE)
            see_cr_write(v, e, &modes, l3);
        else if (e->kind == EVENT_MSR_WRITE)
            see_msr_write(v, e, &modes);
    }
    if (!verdict_failed(v) && !modes.pg)
        verdict_fail(v, NULL, "CR0.PG is never set");
    if (!verdict_failed(v))
        verdict_reached(v, run, "complete", NULL);
}

const struct test test_paging_order = {
    .id = "1.3/order",
    .exercise = "1.3",
    .title = "When CR0.PG is set, CR4.PAE, CR3, EFER.NXE and CR0.WP are in "
             "place, and none of them is ever taken back.",
    .section = SECTION,
    .prepare = prepare_boot,
    .check = check_order,
};

/* --- 1.3/keeps ------------------------------------------------------------ */

/** Bits that the driver sets before paging_turn_on(). */
struct extra {
    uint32_t cr0, cr4;
};

static void prepare_keeps(struct setup *s, struct rng *rng)
{
    struct extra *extra = setup_keep(s, sizeof *extra);
    static const uint32_t cr0[] = { CR0_MP, CR0_NE, CR0_AM };
    static const uint32_t cr4[] = { CR4_TSD, CR4_DE, CR4_PSE };

    /* At least one of each, and any of the others. */
    extra->cr0 = cr0[rng_below(rng, 3)] | cr0[rng_below(rng, 3)];
    extra->cr4 = cr4[rng_below(rng, 3)] | cr4[rng_below(rng, 3)];
    setup_input(s, extra, sizeof *extra);
    boot_marks(s);
}

/** The bits of a register that paging_turn_on() may change. */
static uint32_t own_bits(uint32_t number)
{
    return number == 0 ? CR0_WP | CR0_PG : CR4_PAE;
}

static void check_keeps(struct verdict *v, const struct run *run)
{
    const struct event *e;
    struct mark start, high;

    if (!verdict_reached(v, run, "turn-on", &start) ||
        !verdict_reached(v, run, "high", &high))
        return;
    verdict_blame(v, "paging_turn_on");
    for (e = run_next(run, start.event, EVENT_CR_WRITE);
         e && e->icount < high.event->icount && !verdict_failed(v);
         e = run_next(run, e, EVENT_CR_WRITE)) {
        uint32_t changed = e->a[1] ^ e->a[2];

        if (e->a[0] == 3 || !(changed & ~own_bits(e->a[0])))
            continue;
        verdict_fail(v, e,
                     "the write to %s changes bits 0x%08x, which are none of "
                     "its business: read the register, add yours, write it",
                     cr_name(e->a[0]), changed & ~own_bits(e->a[0]));
        verdict_state(v, "%s: old 0x%08x, new 0x%08x", cr_name(e->a[0]),
                      e->a[2], e->a[1]);
    }
    if (!verdict_failed(v))
        verdict_reached(v, run, "complete", NULL);
}

const struct test test_paging_keeps = {
    .id = "1.3/keeps",
    .exercise = "1.3",
    .title = "Turning paging on changes no other bit of CR0 and CR4, whatever "
             "the boot loader left there.",
    .section = SECTION,
    .driver = "modes",
    .hostile = true,
    .prepare = prepare_keeps,
    .check = check_keeps,
};

/* --- 1.3/high ------------------------------------------------------------- */

static void check_arrival(struct verdict *v, const struct run *run,
                          const struct mark *start, const struct mark *high)
{
    const struct event_registers *r = &high->r;
    uint32_t info = snap_word(&start->snap[0], 3);
    uint32_t stack = run_symbol(run, "image_stack_start");
    uint32_t stack_end = run_symbol(run, "image_stack_end");

    if (!(r->cr0 & CR0_PG))
        verdict_fail(v, high->event,
                     "boot_main() is reached with paging off");
    else if (r->esp < stack || r->esp >= stack_end)
        verdict_fail(v, high->event,
                     "boot_main() starts with esp 0x%08x; the stack is seen "
                     "high at [0x%08x, 0x%08x)",
                     r->esp, stack, stack_end);
    else if (snap_word(&high->snap[0], 1) != info)
        verdict_fail(v, high->event,
                     "boot_main() gets 0x%08x as its argument, and "
                     "paging_turn_on() was given 0x%08x",
                     snap_word(&high->snap[0], 1), info);
    if (verdict_failed(v))
        verdict_registers(v, r);
}

/** From the arrival on every moment that the log shows is high. */
static void check_never_low(struct verdict *v, const struct run *run,
                            const struct mark *high)
{
    const struct event *e;

    for (size_t i = 0; (e = run_event(run, i)) && !verdict_failed(v); i++)
        if (e->icount >= high->event->icount && e->ring == 0 &&
            (e->eip < HYPERVISOR_START || e->esp < HYPERVISOR_START))
            verdict_fail(v, e,
                         "after boot_main() was reached, ring 0 is at eip "
                         "0x%08x with esp 0x%08x: not both are high",
                         e->eip, e->esp);
}

static void check_high(struct verdict *v, const struct run *run)
{
    struct mark start, high;

    if (!verdict_reached(v, run, "turn-on", &start) ||
        !verdict_reached(v, run, "high", &high))
        return;
    verdict_blame(v, "paging_turn_on");
    check_arrival(v, run, &start, &high);
    if (!verdict_failed(v))
        check_never_low(v, run, &high);
    if (!verdict_failed(v))
        verdict_reached(v, run, "complete", NULL);
}

const struct test test_paging_high = {
    .id = "1.3/high",
    .exercise = "1.3",
    .title = "boot_main() is reached at its high address, on the high stack, "
             "with the argument that was given, and nothing runs low again.",
    .section = SECTION,
    .prepare = prepare_boot,
    .check = check_high,
};

/* --- 1.3/identity --------------------------------------------------------- */

static void prepare_identity(struct setup *s, struct rng *rng)
{
    struct probes *probes = setup_keep(s, sizeof *probes);

    for (unsigned i = 0; i < 6; i++) {
        probe_add(probes, rng, PROBE_LOAD, PLACE_LOW, 0);
        probe_add(probes, rng, PROBE_STORE, PLACE_LOW, 0);
        /* The low code itself, which has just run there. */
        probe_add(probes, rng, PROBE_LOAD, PLACE_ADDRESS,
                  0x100000 + 4 * rng_below(rng, 0x400));
        probe_add(probes, rng, PROBE_LOAD, PLACE_ADDRESS,
                  4 * rng_below(rng, M2P_START / 4));
    }
    probe_add(probes, rng, PROBE_LOAD, PLACE_ADDRESS, 0);
    probe_add(probes, rng, PROBE_LOAD, PLACE_ADDRESS, M2P_START - 4);
    probe_prepare(s, probes, rng);
}

static void check_identity(struct verdict *v, const struct run *run)
{
    struct mapping low;

    verdict_blame(v, "paging_drop_identity");
    probe_check(v, run);
    if (verdict_failed(v) || !run_next_mapping(run, 0, &low) ||
        low.start >= M2P_START)
        return;
    verdict_fail(v, NULL,
                 "at the end of the run 0x%08x is mapped, to machine address "
                 "0x%llx: nothing below 0x%08x may be",
                 low.start, (unsigned long long)low.walk.maddr, M2P_START);
}

const struct test test_paging_identity = {
    .id = "1.3/identity",
    .exercise = "1.3",
    .title = "When the hypervisor runs high, no low address is mapped, and "
             "every access to one faults.",
    .section = SECTION,
    .driver = "probes",
    .prepare = prepare_identity,
    .check = check_identity,
};

/* --- 1.3/stale ------------------------------------------------------------ */

static void prepare_stale(struct setup *s, struct rng *rng)
{
    uint32_t *address = setup_keep(s, 3 * sizeof *address);

    for (unsigned slot = 0; slot < 3; slot++)
        address[slot] = slot << 30 | 4 * rng_below(rng, 1u << 28);
    setup_input(s, address, 3 * sizeof *address);
    setup_mark(s, "look", "mark_look", 0);
    setup_mark(s, "done", "mark_done", 0);
    setup_snap(s, "done", "edx", 0, 32); /* the L3 */
    setup_end(s, "done");
}

/** Did the load before this mark, and after the one before, fault? The
 *  processor says so, whatever the driver's registers say. */
static bool look_faulted(const struct run *run, unsigned number,
                         const struct mark *look)
{
    const struct event *e = NULL;
    struct mark before;

    if (number > 0 && run_mark(run, "look", number - 1, &before))
        e = before.event;
    while ((e = run_next(run, e, EVENT_EXCEPTION)) &&
           e->icount < look->event->icount)
        if (e->a[0] == PAGE_FAULT && e->a[2] == look->r.eax)
            return true;
    return false;
}

/** One load by the driver: must it have faulted? */
static void check_look(struct verdict *v, const struct run *run,
                       unsigned number, uint32_t address)
{
    bool gone = number >= 3;
    struct mark look;

    if (!driver_mark(v, run, "look", number, &look))
        return;
    if (look.r.ecx != number || look.r.eax != address)
        verdict_fail(v, look.event, "the driver's load %u came out of turn",
                     number);
    else if (gone && !look_faulted(run, number, &look))
        verdict_fail(v, look.event,
                     "after paging_drop_identity() a load at 0x%08x, under "
                     "L3 entry %u, does not fault: the processor still uses "
                     "the mapping",
                     address, number - 3);
    else if (!gone && look_faulted(run, number, &look))
        verdict_fail(v, look.event,
                     "a page that the driver mapped at 0x%08x cannot be read",
                     address);
}

static void check_stale(struct verdict *v, const struct run *run)
{
    const uint32_t *address = run_kept(run);
    struct mark done;

    verdict_blame(v, "paging_drop_identity");
    for (unsigned i = 0; i < 6 && !verdict_failed(v); i++)
        check_look(v, run, i, address[i % 3]);
    if (!driver_done(v, run, "look", 6))
        return;
    run_mark(run, DRIVER_DONE, 0, &done);
    for (unsigned i = 0; i < 6; i++)
        if (snap_word(&done.snap[0], i)) {
            verdict_fail(v, done.event,
                         "L3 entry %u is 0x%08x%08x after "
                         "paging_drop_identity() and must be 0",
                         i / 2, snap_word(&done.snap[0], i | 1),
                         snap_word(&done.snap[0], i & ~1u));
            return;
        }
}

const struct test test_paging_stale = {
    .id = "1.3/stale",
    .exercise = "1.3",
    .title = "Mappings under each of the L3 entries 0 to 2 that the processor "
             "has used are gone when paging_drop_identity() returns.",
    .section = SECTION,
    .driver = "identity",
    .hostile = true,
    .prepare = prepare_stale,
    .check = check_stale,
};
