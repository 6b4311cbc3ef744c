/* SPDX-License-Identifier: MIT */
/**
 * @file limits.c
 * Graded tests of exercises 2.1 and 2.2 with a guest: its first state, the
 * byte after the limit and the last one before it through every segment
 * register, and every INT n, from both rings.
 */
#include <string.h>

#include "labs/02-segmentation/tests/descriptor_model.h"
#include "labs/02-segmentation/tests/tests.h"

/* The reference needs a third; a loop of faults ends soon. */
#define BUDGET 12000000ull

#define SECTION_1 "exercise-21-the-tables"
#define SECTION_2 "exercise-22-the-first-entry-to-ring-1"

#define M2P 0xF5800000u /* pages that ring 1 may read, below the limit */
#define MAX_PROBES 120u
#define EXECUTE 1u /* with store: segment 1 is CS, jump there */
#define SS 2u
#define NR_SEGMENTS 6u

struct probe {
    uint32_t segment, ring, address, store;
};

struct probes {
    uint32_t all_vectors, nr;
    struct probe probe[MAX_PROBES];
};

static void prepare(struct setup *s, const struct probes *p)
{
    setup_command_line(s, "console=none loglvl=error fast=0 dom0_mem=4M");
    setup_input(s, p, 8 + p->nr * sizeof p->probe[0]);
    setup_mark(s, "start", "guest:start", 1);
    setup_snap(s, "start", "esi", 0, 32);
    setup_mark(s, "probed", "guest:mark_probed", 1);
    setup_mark(s, "done", "guest:mark_done", 1);
    setup_end(s, "done");
}

static void add(struct probes *p, uint32_t segment, uint32_t ring,
                uint32_t address, uint32_t store)
{
    if (p->nr < MAX_PROBES)
        p->probe[p->nr++] = (struct probe){ segment, ring, address, store };
}

static void check_probes(struct verdict *v, const struct run *run)
{
    static const char *const names[] = { "ES", "CS", "SS", "DS", "FS", "GS" };
    const struct probes *p = run_kept(run);
    struct mark mark;

    if (!verdict_reached(v, run, "done", NULL))
        return;
    for (uint32_t i = 0; i < p->nr && !verdict_failed(v); i++) {
        const struct probe *probe = &p->probe[i];
        bool beyond = probe->address >= HYPERVISOR;
        uint32_t fault = probe->segment == SS ? 12 : 13;
        bool got;

        if (!run_mark(run, "probed", i, &mark) || mark.r.eax != i) {
            verdict_fail(v, run_end(run), "the guest's probe %u is missing",
                         i);
            return;
        }
        got = mark.r.edx == 1 + fault;
        if (got != beyond)
            verdict_fail(v, mark.event, "ring %u %s 0x%08x through %s, and "
                         "there came %s%u; the limit should %s",
                         probe->ring,
                         !probe->store ? "loaded from"
                         : probe->segment == EXECUTE ? "jumped to"
                                                     : "stored to",
                         probe->address, names[probe->segment],
                         mark.r.edx ? "vector " : "no fault, ",
                         mark.r.edx ? mark.r.edx - 1 : 0,
                         beyond ? "have stopped it" : "not have mattered");
    }
}

/* --- 2.2/start ------------------------------------------------------------ */

static void prepare_start(struct setup *s, struct rng *rng)
{
    struct probes *p = setup_keep(s, sizeof *p);

    (void)rng;
    prepare(s, p);
}

static void check_start(struct verdict *v, const struct run *run)
{
    struct mark mark;
    const struct event_registers *r = &mark.r;

    verdict_blame(v, "vcpu_init_traps");
    if (!verdict_reached(v, run, "start", &mark))
        return;
    if (r->cs != 0xE019 || r->ss != 0xE021 || r->ds != 0xE021 ||
        r->es != 0xE021 || r->fs != 0xE021 || r->gs != 0xE021)
        verdict_fail(v, mark.event, "the guest's first CS is 0x%x, SS 0x%x, "
                     "DS 0x%x, ES 0x%x, FS 0x%x and GS 0x%x; CS should be "
                     "0xe019 and the others 0xe021", r->cs, r->ss, r->ds,
                     r->es, r->fs, r->gs);
    else if (!(r->eflags & 0x200) || (r->eflags & 0x3000))
        verdict_fail(v, mark.event, "the guest begins with eflags 0x%x: IF "
                     "must be set, and IOPL 0", r->eflags);
    else if (r->eflags & 0x54500)
        verdict_fail(v, mark.event, "the guest begins with eflags 0x%x: of "
                     "TF, DF, NT, RF and AC none should be set", r->eflags);
    else if (memcmp(mark.snap[0].bytes, "xen-3.0-x86_32p", 15) != 0)
        verdict_fail(v, mark.event, "esi, 0x%08x, does not point to "
                     "start_info", r->esi);
    else if (r->esp & 0xFFF)
        verdict_fail(v, mark.event, "esp, 0x%08x, is not the end of the "
                     "first stack's page", r->esp);
    else if (r->eax || r->ebx || r->ecx || r->edx || r->edi || r->ebp)
        verdict_fail(v, mark.event, "another register than esi and esp is "
                     "not 0: the guest would learn something of ours");
    verdict_registers(v, r);
}

const struct test test_enter_start = {
    .id = "2.2/start",
    .exercise = "2.2",
    .title = "The guest's first instruction is executed in ring 1, with the "
             "registers of the start of day.",
    .section = SECTION_2,
    .guest = "limits",
    .budget = BUDGET,
    .oracles = guest_oracles,
    .prepare = prepare_start,
    .check = check_start,
};

/* --- 2.2/limits ----------------------------------------------------------- */

/** The last byte inside and the first one outside, by every register. */
static void prepare_limits(struct setup *s, struct rng *rng)
{
    struct probes *p = setup_keep(s, sizeof *p);

    for (uint32_t segment = 0; segment < NR_SEGMENTS; segment++)
        for (uint32_t ring = 1; ring <= 3; ring += 2) {
            add(p, segment, ring, HYPERVISOR - 1, 0);
            add(p, segment, ring, HYPERVISOR, 0);
            add(p, segment, ring, HYPERVISOR - 1, 1);
            add(p, segment, ring, HYPERVISOR, 1);
        }
    rng_shuffle(rng, p->probe, p->nr, sizeof p->probe[0]);
    prepare(s, p);
}

const struct test test_enter_limits = {
    .id = "2.2/limits",
    .exercise = "2.2",
    .title = "Through each segment register, from rings 1 and 3, the first "
             "byte after the limit faults, and the last one before it does "
             "not.",
    .section = SECTION_2,
    .guest = "limits",
    .budget = BUDGET,
    .hostile = true,
    .oracles = guest_oracles,
    .prepare = prepare_limits,
    .check = check_probes,
};

/* --- 2.2/rings ------------------------------------------------------------ */

static void prepare_rings(struct setup *s, struct rng *rng)
{
    struct probes *p = setup_keep(s, sizeof *p);

    for (unsigned i = 0; i < 100; i++) {
        uint32_t address = rng_below(rng, 2)
                               ? rng_between(rng, HYPERVISOR, 0xFFFFFFFF)
                               : rng_between(rng, M2P, HYPERVISOR - 1);

        if (i % 10 == 0)
            address = 0xFFFFFFFF - rng_below(rng, 4);
        add(p, rng_below(rng, NR_SEGMENTS), rng_below(rng, 2) ? 1 : 3,
            address, rng_below(rng, 2));
    }
    prepare(s, p);
}

const struct test test_enter_rings = {
    .id = "2.2/rings",
    .exercise = "2.2",
    .title = "Nothing of the hypervisor's can be read, written or executed "
             "by a guest, anywhere up to the end of the address space.",
    .section = SECTION_2,
    .guest = "limits",
    .budget = BUDGET,
    .hostile = true,
    .oracles = guest_oracles,
    .prepare = prepare_rings,
    .check = check_probes,
};

/* --- 2.1/vectors ---------------------------------------------------------- */

static void prepare_vectors(struct setup *s, struct rng *rng)
{
    struct probes *p = setup_keep(s, sizeof *p);

    (void)rng;
    p->all_vectors = 1;
    prepare(s, p);
}

/** What came of each INT n, from each ring. */
struct raised {
    bool let_in[4][256], refused[4][256];
};

static void collect(const struct run *run, struct raised *raised)
{
    const struct event *event = NULL;

    while ((event = run_next(run, event, EVENT_SOFT_INTERRUPT)))
        raised->let_in[event->ring & 3][event->a[0] & 255] = true;
    event = NULL;
    while ((event = run_next(run, event, EVENT_EXCEPTION)))
        if (event->a[0] == 13 && (event->a[1] & 7) == 2)
            raised->refused[event->ring & 3][event->a[1] >> 3 & 255] = true;
}

static void check_vectors(struct verdict *v, const struct run *run)
{
    static struct raised raised;

    raised = (struct raised){ 0 };
    if (!verdict_reached(v, run, "done", NULL))
        return; /* and any of the three tables may be the reason */
    verdict_blame(v, "idt_build");
    collect(run, &raised);
    for (unsigned ring = 1; ring <= 3; ring += 2)
        for (unsigned n = 0; n < 256 && !verdict_failed(v); n++) {
            bool may = n == 3 || n == 4 || (n == 0x82 && ring == 1);

            if (n == 0x80)
                continue; /* the guest's own direct trap */
            if (may && (raised.refused[ring][n] || !raised.let_in[ring][n]))
                verdict_fail(v, NULL, "INT 0x%x from ring %u was refused by "
                             "the processor", n, ring);
            else if (!may && !raised.refused[ring][n])
                verdict_fail(v, NULL, "INT 0x%x from ring %u did not raise "
                             "#GP(0x%x): the gate lets guests in", n, ring,
                             8 * n + 2);
        }
}

const struct test test_tables_vectors = {
    .id = "2.1/vectors",
    .exercise = "2.1",
    .title = "Of all INT n only 3 and 4, and the hypercall from ring 1, get "
             "past the gates.",
    .section = SECTION_1,
    .guest = "limits",
    .budget = BUDGET,
    .hostile = true,
    .oracles = guest_oracles,
    .prepare = prepare_vectors,
    .check = check_vectors,
};
