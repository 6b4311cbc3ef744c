/* SPDX-License-Identifier: MIT */
/**
 * @file page_tables.c
 * The oracle *page tables*: a domain reaches its own memory and what others
 * let it, and never writes to a page table itself.
 *
 *  - No write by an instruction at CPL > 0 reaches a frame that is part of a
 *    loaded or pinned table of any domain. The accessed and dirty bits, which
 *    the processor sets, are no instruction's.
 *  - Below HYPERVISOR_START no present entry of a domain's tables maps a frame
 *    that the owner model (owner.h) denies to it, nor to be written what it
 *    may only read. Its tables are in its own memory. In the range of the
 *    machine-to-physical table the entries are the hypervisor's own:
 *    read-only, for rings 0 to 2.
 *  - A frame is one domain's, is mapped by others as its grants say, and
 *    begins its next life empty: what the owner model itself finds.
 *
 * Entries are looked at before the domain's next instruction, when a table
 * came into use, was written to, or frames or rights were taken from it.
 *
 * Invariants:
 *  - PT-I1: a frame is reported once for each of the checks.
 *
 * Sources: doc/pages/simulator.md, "The oracles"; [Xen2003] 3.3.3 "Virtual
 * Address Translation".
 */
#include "oracle.h"

#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/machine.h"
#include "codes.h"
#include "guest_tables.h"
#include "owner.h"

#define FRAME_SHIFT 12
#define ENTRIES 512u
#define ENTRY_PRESENT 1u
#define ENTRY_WRITABLE 2u
#define ENTRY_USER 4u
#define ENTRY_LARGE 0x80u
#define LARGE_FRAMES 512u

/* Slots of a slot-3 L2 that map the machine-to-physical table. */
#define M2P_SLOT ((M2P_START >> 21) & 511u)
#define M2P_SLOT_END ((HYPERVISOR_START >> 21) & 511u)

#define MAX_REPORTED ORACLE_MAX_REPORTS

static struct {
    unsigned code;
    uint64_t frame;
} reported[MAX_REPORTED];
static unsigned nr_reported;
static uint32_t last_out; /* written to a port: how the machine ends */

static void page_tables_start(const struct machine *m)
{
    (void)m;
    nr_reported = 0;
    last_out = UINT32_MAX;
    owner_start();
    guest_tables_start();
}

/** PT-I1. */
static bool is_new(unsigned code, uint64_t frame)
{
    for (unsigned i = 0; i < nr_reported; i++)
        if (reported[i].code == code && reported[i].frame == frame)
            return false;
    if (nr_reported < MAX_REPORTED) {
        reported[nr_reported].code = code;
        reported[nr_reported++].frame = frame;
    }
    return true;
}

static void report_entry(const struct machine *m, enum page_tables_code code,
                         const struct guest_table *t, unsigned index,
                         const char *what)
{
    uint64_t entry = t->entry[index];
    uint64_t frame = (entry & UINT64_C(0x000FFFFFFFFFF000)) >> FRAME_SHIFT;
    const uint32_t a[6] = { t->frame, index, (uint32_t)entry,
                            (uint32_t)(entry >> 32), t->domain };

    if (is_new(code, frame))
        machine_broken(m, code, a,
                       "a guest's page tables map its own frames and what "
                       "was shared with it, but entry %u of the table in "
                       "frame 0x%x, 0x%016llx, %s", index, t->frame,
                       (unsigned long long)entry, what);
}

static void check_l1(const struct machine *m, const struct guest_table *t)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint64_t frame = (t->entry[i] & UINT64_C(0x000FFFFFFFFFF000)) >>
                         FRAME_SHIFT;
        enum owner_right right;

        if (!(t->entry[i] & ENTRY_PRESENT))
            continue;
        right = owner_right(m, t->domain, frame);
        if (right == OWNER_NOTHING)
            report_entry(m, PAGE_TABLES_FOREIGN, t, i,
                         "maps a frame that is not the guest's");
        else if (right == OWNER_READS && (t->entry[i] & ENTRY_WRITABLE))
            report_entry(m, PAGE_TABLES_READ_ONLY, t, i,
                         "maps to be written what it may only read");
        else
            owner_still_mapped(frame);
    }
}

/** A 2 MB page: all of it must be the guest's. */
static void check_large(const struct machine *m, const struct guest_table *t,
                        unsigned index)
{
    uint64_t frame = (t->entry[index] & UINT64_C(0x000FFFFFFFE00000)) >>
                     FRAME_SHIFT;

    for (unsigned n = 0; n < LARGE_FRAMES; n++) {
        if (owner_right(m, t->domain, frame + n) == OWNER_WRITES)
            continue;
        report_entry(m, PAGE_TABLES_LARGE, t, index,
                     "maps 2 MB of which not all is the guest's");
        return;
    }
}

/** Rights that an L2 entry of the machine-to-physical table gives: those that
 *  no level takes away. */
static uint64_t m2p_rights(const struct machine *m, uint64_t entry)
{
    uint64_t l1[ENTRIES], rights = 0;

    if (entry & ENTRY_LARGE)
        return entry;
    if (machine_read_physical(m, entry & UINT64_C(0x000FFFFFFFFFF000), l1,
                              sizeof l1) != sizeof l1)
        return 0;
    for (unsigned i = 0; i < ENTRIES; i++)
        if (l1[i] & ENTRY_PRESENT)
            rights |= l1[i];
    return entry & rights;
}

static void check_l2(const struct machine *m, const struct guest_table *t)
{
    unsigned end = t->reserved ? M2P_SLOT : ENTRIES;

    for (unsigned i = 0; i < end; i++)
        if ((t->entry[i] & ENTRY_PRESENT) && (t->entry[i] & ENTRY_LARGE))
            check_large(m, t, i);
    for (unsigned i = M2P_SLOT; t->reserved && i < M2P_SLOT_END; i++)
        if ((t->entry[i] & ENTRY_PRESENT) &&
            (m2p_rights(m, t->entry[i]) & (ENTRY_WRITABLE | ENTRY_USER)))
            report_entry(m, PAGE_TABLES_M2P, t, i,
                         "opens the machine-to-physical table for writing, "
                         "or to applications");
}

static void check_table(const struct machine *m, const struct guest_table *t)
{
    const uint32_t a[6] = { t->frame, t->level, 0, 0, t->domain };

    if (owner_of(t->frame) != t->domain &&
        is_new(PAGE_TABLES_TABLE, t->frame))
        machine_broken(m, PAGE_TABLES_TABLE, a,
                       "a domain's page tables are in its own memory, but an "
                       "L%u of domain %u's is in frame 0x%x, which is not "
                       "its own", t->level, t->domain, t->frame);
    owner_still_mapped(t->frame);
    if (t->level == 1)
        check_l1(m, t);
    else if (t->level == 2)
        check_l2(m, t);
}

/** What the owner model found. */
static void report_complaints(const struct machine *m)
{
    struct owner_complaint c;

    while (owner_complaint(&c)) {
        const uint32_t a[6] = { c.frame, c.domain };

        if (is_new(c.code, c.frame))
            machine_broken(m, c.code, a,
                           "a frame is one domain's, which others map as it "
                           "granted, and empty when it is given to the next, "
                           "but %s (frame 0x%x, domain %u by its start)",
                           c.sentence, c.frame, c.domain);
    }
}

static void page_tables_ring_change(const struct machine *m,
                                    const struct ring_change *change)
{
    owner_ring_change(m, change);
    if (change->to == 0)
        return;
    guest_tables_update(m, check_table);
    report_complaints(m);
}

static void page_tables_port_out(const struct machine *m, unsigned port,
                                 unsigned bytes, uint32_t value)
{
    (void)m;
    (void)port;
    (void)bytes;
    last_out = value;
}

/** With these the machine ends when its last domain is gone, unless it had a
 *  control domain. */
static void page_tables_end(const struct machine *m, enum end_reason reason)
{
    if (reason != END_EXIT_PORT ||
        (last_out != MACHINE_POWEROFF && last_out != MACHINE_REBOOT &&
         last_out != MACHINE_SUSPEND && last_out != MACHINE_GUEST_CRASHED))
        return;
    owner_end(m);
    report_complaints(m);
}

static void page_tables_access(const struct machine *m,
                               const struct access *a)
{
    uint64_t frame = a->maddr >> FRAME_SHIFT;
    unsigned level = guest_table_level(frame);
    const uint32_t report[6] = { a->vaddr, (uint32_t)a->maddr, level };

    if (level == 0)
        return;
    guest_tables_note_write(frame);
    if (a->ring == 0 || !is_new(PAGE_TABLES_WRITE, frame))
        return;
    machine_broken(m, PAGE_TABLES_WRITE, report,
                   "a guest never writes to a page table that is loaded or "
                   "pinned, but ring %u writes to 0x%08x, machine address "
                   "0x%llx, which is in an L%u table", a->ring, a->vaddr,
                   (unsigned long long)a->maddr, level);
}

const struct oracle oracle_page_tables = {
    .name = "page-tables",
    .demands = "no instruction at CPL > 0 writes to a loaded or pinned page "
               "table, and none of them maps a frame that is not the "
               "domain's or was shared with it; a frame's next owner finds "
               "nothing of the former one's",
    .access_filter = ACCESS_AT(0, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(1, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(2, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(3, ACCESS_WRITE | ACCESS_MODIFY),
    .sleeps = oracle_sleeps,
    .start = page_tables_start,
    .ring_change = page_tables_ring_change,
    .port_out = page_tables_port_out,
    .end = page_tables_end,
    .access = page_tables_access,
};
