/* SPDX-License-Identifier: MIT */
/**
 * @file image.c
 * Graded tests of exercise 1.2 with the real image: its tables as they lie
 * in memory at the end of boot, and what the processor makes of them.
 */
#include "labs/01-boot/tests/probe_model.h"
#include "labs/01-boot/tests/tests.h"

#define SECTION "exercise-12-page-tables"

#define PAGE 0x1000u
#define M2P_START 0xF5800000u
#define HYPERVISOR_START 0xF6800000u
#define WINDOWS_START 0xF6C00000u
#define IMAGE_OFFSET 0xF6800000u

/* --- 1.2/image ------------------------------------------------------------ */

static void prepare_image(struct setup *s, struct rng *rng)
{
    static const unsigned megabytes[] = { 16, 32, 64 };

    setup_ram(s, megabytes[rng_below(rng, 3)]);
    setup_mark(s, "complete", "boot_complete", 0);
    setup_end(s, "complete");
}

static void state_mapping(struct verdict *v, uint32_t at,
                          const struct walk *w)
{
    verdict_state(v, "0x%08x: L3 entry 0x%016llx, L2 0x%016llx, L1 0x%016llx",
                  at, (unsigned long long)w->l3e, (unsigned long long)w->l2e,
                  (unsigned long long)w->l1e);
}

/** What every mapping of the hypervisor must be (BOOT-I2, BOOT-I4). Before
 *  boot is complete the identity mapping is there, and in order. */
static const char *complaint(const struct mapping *m, bool complete)
{
    const struct walk *w = &m->walk;

    if (w->reserved)
        return "has a reserved bit set";
    if (m->start < M2P_START)
        return complete ? "is in the guests' part of the address space"
                        : NULL;
    if (w->user)
        return "is open to ring 3";
    if (w->writable && w->executable)
        return "is writable and executable";
    if (w->executable &&
        (m->start < HYPERVISOR_START || m->start >= WINDOWS_START))
        return "is executable, and no text is there";
    return NULL;
}

static void check_all(struct verdict *v, const struct run *run)
{
    bool complete = run_mark(run, "complete", 0, &(struct mark){ 0 });
    struct mapping m;
    uint64_t from = 0;

    while (from <= UINT32_MAX && run_next_mapping(run, (uint32_t)from, &m)) {
        const char *wrong = complaint(&m, complete);

        if (wrong) {
            verdict_fail(v, NULL, "the mapping [0x%08x, 0x%llx) %s", m.start,
                         (unsigned long long)(m.start + m.bytes), wrong);
            state_mapping(v, m.start, &m.walk);
            return;
        }
        from = m.start + m.bytes;
    }
}

static const char *rights(bool writable, bool executable)
{
    return writable ? executable ? "RWX" : "RW-" : executable ? "R-X" : "R--";
}

/** Every page between two symbols: its own frame, and these rights. */
static void check_part(struct verdict *v, const struct run *run,
                       const char *from, const char *to, bool writable,
                       bool executable)
{
    uint32_t end = run_symbol(run, to);
    struct walk w;

    for (uint32_t at = run_symbol(run, from) & ~(PAGE - 1);
         at < end && !verdict_failed(v); at += PAGE) {
        if (!run_walk(run, at, &w))
            verdict_fail(v, NULL, "0x%08x, between %s and %s, is not mapped",
                         at, from, to);
        else if (w.maddr != at - IMAGE_OFFSET)
            verdict_fail(v, NULL, "0x%08x is mapped to machine address "
                         "0x%llx, and that page of the image is at 0x%x",
                         at, (unsigned long long)w.maddr, at - IMAGE_OFFSET);
        else if (w.writable != writable || w.executable != executable)
            verdict_fail(v, NULL, "0x%08x, between %s and %s, is mapped %s "
                         "and must be %s",
                         at, from, to, rights(w.writable, w.executable),
                         rights(writable, executable));
        if (verdict_failed(v))
            state_mapping(v, at, &w);
    }
}

/** The page below the stack catches its overflow. */
static void check_guard(struct verdict *v, const struct run *run)
{
    uint32_t end = run_symbol(run, "image_stack_start");
    struct walk w;

    if (verdict_failed(v) || !run_walk(run, end - PAGE, &w))
        return;
    verdict_fail(v, NULL, "0x%08x, the page below the stack, is mapped",
                 end - PAGE);
    state_mapping(v, end - PAGE, &w);
}

static void check_image(struct verdict *v, const struct run *run)
{
    verdict_blame(v, "page_tables_build");
    /* A bad mapping says more than the panic that it led to. */
    if (run_registers(run)->cr0 >> 31)
        check_all(v, run);
    if (verdict_failed(v) || !verdict_reached(v, run, "complete", NULL))
        return;
    check_part(v, run, "image_text_start", "image_text_end", false, true);
    check_part(v, run, "image_rodata_start", "image_data_start", false,
               false);
    check_part(v, run, "image_data_start", "image_data_end", true, false);
    check_part(v, run, "image_stack_start", "image_stack_end", true, false);
    check_part(v, run, "image_symbols_start", "image_end", false, false);
    check_guard(v, run);
}

const struct test test_tables_image = {
    .id = "1.2/image",
    .exercise = "1.2",
    .title = "At the end of boot every page of the image is mapped high with "
             "its section's rights, and no mapping is both writable and "
             "executable, low, or open to ring 3.",
    .section = SECTION,
    .prepare = prepare_image,
    .check = check_image,
};

/* --- 1.2/probes ----------------------------------------------------------- */

static void prepare_probes(struct setup *s, struct rng *rng)
{
    struct probes *probes = setup_keep(s, sizeof *probes);

    for (unsigned i = 0; i < 5; i++) {
        probe_add(probes, rng, PROBE_LOAD, PLACE_TEXT, 0);
        probe_add(probes, rng, PROBE_STORE, PLACE_TEXT, 0);
        probe_add(probes, rng, PROBE_LOAD, PLACE_CONSTANTS, 0);
        probe_add(probes, rng, PROBE_STORE, PLACE_CONSTANTS, 0);
        probe_add(probes, rng, PROBE_LOAD, PLACE_GUARD, 0);
        probe_add(probes, rng, PROBE_STORE, PLACE_GUARD, 0);
    }
    probe_add(probes, rng, PROBE_LOAD, PLACE_DATA, 0);
    probe_add(probes, rng, PROBE_STORE, PLACE_DATA, 0);
    probe_add(probes, rng, PROBE_EXECUTE, PLACE_DATA, 0);
    probe_add(probes, rng, PROBE_EXECUTE, PLACE_CONSTANTS, 0);
    probe_prepare(s, probes, rng);
}

static void check_probes(struct verdict *v, const struct run *run)
{
    verdict_blame(v, "page_tables_build");
    probe_check(v, run);
}

const struct test test_tables_probes = {
    .id = "1.2/probes",
    .exercise = "1.2",
    .title = "In ring 0 a store to text or constants faults, executing "
             "constants or data faults, and so does any access to the page "
             "below the stack.",
    .section = SECTION,
    .driver = "probes",
    .hostile = true,
    .prepare = prepare_probes,
    .check = check_probes,
};
