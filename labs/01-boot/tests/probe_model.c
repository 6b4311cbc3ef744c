/* SPDX-License-Identifier: MIT */
/**
 * @file probe_model.c
 * What the processor does at each probe; see probe_model.h.
 */
#include "labs/01-boot/tests/probe_model.h"
#include "labs/grader/driver_marks.h"

#include <string.h>

/* Error codes of a page fault in ring 0, [SDM3A] "Page-Fault Exception". */
#define NO_FAULT 0xFFFFFFFFu
#define NOT_PRESENT 0x0u
#define PROTECTION 0x1u
#define BY_STORE 0x2u
#define BY_FETCH 0x10u

#define PAGE_FAULT 14u

void probe_add(struct probes *probes, struct rng *rng, enum probe_kind kind,
               enum probe_place place, uint32_t drawn)
{
    struct probe p = { kind, place, drawn };

    if (place != PLACE_ADDRESS)
        p.drawn = (uint32_t)rng_u64(rng);
    if (probes->nr < PROBES_MAX)
        probes->probe[probes->nr++] = p;
}

void probe_prepare(struct setup *s, struct probes *probes, struct rng *rng)
{
    rng_shuffle(rng, probes->probe, probes->nr, sizeof probes->probe[0]);
    setup_input(s, probes, 4 + probes->nr * sizeof probes->probe[0]);
    setup_mark(s, "probe", "mark_probe", 0);
    setup_mark(s, "probed", "mark_probed", 0);
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

/** The error code that must come, or NO_FAULT. */
static uint32_t expected(const struct probe *p)
{
    uint32_t by = p->kind == PROBE_LOAD ? 0
                  : p->kind == PROBE_STORE ? BY_STORE : BY_FETCH;

    switch (p->place) {
    case PLACE_TEXT:
        return p->kind == PROBE_STORE ? PROTECTION | by : NO_FAULT;
    case PLACE_CONSTANTS:
        return p->kind != PROBE_LOAD ? PROTECTION | by : NO_FAULT;
    case PLACE_DATA:
        return p->kind == PROBE_EXECUTE ? PROTECTION | by : NO_FAULT;
    default:
        return NOT_PRESENT | by;
    }
}

static const char *kind_text(const struct probe *p)
{
    static const char *const text[] = { "a load", "a store", "a fetch" };

    return text[p->kind];
}

static const char *place_text(const struct probe *p)
{
    static const char *const text[] = {
        "an address that is not the hypervisor's",
        "the text",
        "the constants",
        "the data",
        "the page below the stack",
        "the image's machine address, where nothing is any more",
    };

    return text[p->place];
}

/** The last page fault between two moments for an address, or NULL: before
 *  the driver stores a word it loads it, which may fault as well. */
static const struct event *fault_between(const struct run *run,
                                         const struct event *from,
                                         const struct event *to,
                                         uint32_t address)
{
    const struct event *e = run_next(run, from, EVENT_EXCEPTION);
    const struct event *last = NULL;

    for (; e && e->icount < to->icount;
         e = run_next(run, e, EVENT_EXCEPTION))
        if (e->a[0] == PAGE_FAULT && e->a[2] == address)
            last = e;
    return last;
}

/** The mapping of a probed page when the run ended. */
static void state_walk(struct verdict *v, const struct run *run,
                       uint32_t address)
{
    struct walk w;

    if (!run_walk(run, address, &w))
        verdict_state(v, "0x%08x is not mapped at the end of the run",
                      address);
    else
        verdict_state(v, "0x%08x is mapped at the end of the run: L3 entry "
                      "0x%016llx, L2 0x%016llx, L1 0x%016llx",
                      address, (unsigned long long)w.l3e,
                      (unsigned long long)w.l2e, (unsigned long long)w.l1e);
}

static void check_probe(struct verdict *v, const struct run *run,
                        const struct probe *p, const struct mark *before,
                        const struct mark *after)
{
    uint32_t right = expected(p), address = before->r.eax;
    const struct event *fault =
        fault_between(run, before->event, after->event, address);

    if (fault && right == NO_FAULT)
        verdict_fail(v, fault,
                     "%s at 0x%08x, in %s, faulted with error code 0x%x, and "
                     "must not",
                     kind_text(p), address, place_text(p), fault->a[1]);
    else if (!fault && right != NO_FAULT)
        verdict_fail(v, before->event,
                     "%s at 0x%08x, in %s, was allowed; it must fault with "
                     "error code 0x%x",
                     kind_text(p), address, place_text(p), right);
    else if (fault && fault->a[1] != right)
        verdict_fail(v, fault,
                     "%s at 0x%08x, in %s, faulted with error code 0x%x "
                     "instead of 0x%x",
                     kind_text(p), address, place_text(p), fault->a[1],
                     right);
    if (verdict_failed(v))
        state_walk(v, run, address);
}

void probe_check(struct verdict *v, const struct run *run)
{
    const struct probes *probes = run_kept(run);

    for (unsigned i = 0; i < probes->nr && !verdict_failed(v); i++) {
        struct mark before, after;

        if (!driver_mark(v, run, "probe", i, &before) ||
            !driver_mark(v, run, "probed", i, &after))
            break;
        if (before.r.ecx != i || after.r.ecx != i ||
            before.r.edx != probes->probe[i].kind)
            verdict_fail(v, before.event,
                         "the driver's probe %u came out of turn", i);
        else
            check_probe(v, run, &probes->probe[i], &before, &after);
    }
    driver_done(v, run, "probed", probes->nr);
}
