/* SPDX-License-Identifier: MIT */
/**
 * @file content.c
 * What is in the frames at a run's end; see script.h.
 */
#include "labs/03-memory/tests/script.h"

/** The tables hold what was put there, and nothing else. */
static void check_tables(struct verdict *v, const struct run *run,
                         const struct model *m)
{
    static uint64_t page[ENTRIES];

    for (unsigned i = 0; i < NR_A + NR_B && !verdict_failed(v); i++) {
        uint32_t mfn = i < NR_A ? m->first_a + i : m->first_b + i - NR_A;
        unsigned nr = m->reserved[i] ? ENTRIES_XEN_L2 : ENTRIES;

        if (!run_read_machine(run, (uint64_t)mfn << 12, page, sizeof page))
            continue;
        for (unsigned e = 0; e < nr && !verdict_failed(v); e++)
            if ((page[e] & ~(uint64_t)A_D) !=
                (m->content[i][e] & ~(uint64_t)A_D))
                verdict_fail(v, NULL, "at the end, entry %u of %s is "
                             "0x%016llx, and should be 0x%016llx", e,
                             frame_name((int)i), (unsigned long long)page[e],
                             (unsigned long long)m->content[i][e]);
    }
}

/** A slot-3 L2 in use leads to the hypervisor as every other does. */
static void check_reserved(struct verdict *v, const struct run *run,
                           const struct model *m, const struct report *r)
{
    static uint64_t page[ENTRIES], own[ENTRIES];

    for (unsigned i = 0; i < NR_A; i++) {
        if (m->frame[i].type != T_XEN_L2 || m->frame[i].type_count == 0 ||
            !run_read_machine(run, (uint64_t)(m->first_a + i) << 12,
                              page, sizeof page) ||
            !run_read_machine(run, r->own_l2, own, sizeof own))
            continue;
        for (unsigned e = ENTRIES_XEN_L2; e < ENTRIES; e++)
            if ((page[e] ^ own[e]) & ~(uint64_t)A_D)
                verdict_fail(v, NULL, "at the end, slot %u of %s, which "
                             "is in use for slot 3 of an L3, is 0x%llx; the "
                             "hypervisor's own is 0x%llx", e,
                             frame_name((int)i), (unsigned long long)page[e],
                             (unsigned long long)own[e]);
    }
}

void script_content(struct verdict *v, const struct run *run,
                    const struct model *m, const struct report *r)
{
    check_tables(v, run, m);
    check_reserved(v, run, m, r);
}
