/* SPDX-License-Identifier: MIT */
/**
 * @file page_tables.c
 * The oracle *page tables*: a guest reaches its own memory only, and never
 * writes to a page table itself.
 *
 *  - No write by an instruction at CPL > 0 reaches a frame that is part of a
 *    loaded or pinned table. The accessed and dirty bits, which the processor
 *    sets, are no instruction's.
 *  - Below HYPERVISOR_START no present entry of such a table maps a frame
 *    that the owner model (owner.h) denies to the guest. In the range of the
 *    machine-to-physical table the entries are the hypervisor's own:
 *    read-only, for rings 0 to 2.
 *
 * Entries are looked at before the guest's next instruction, when a table
 * came into use, was written to, or frames were taken from the guest.
 *
 * Invariants:
 *  - PT-I1: a frame is reported once for each of the checks.
 *
 * Sources: design page "The oracles"; [Xen2003] 3.3.3 "Virtual Address
 * Translation".
 */
#include "oracle.h"

#include <string.h>

#include "../../src/include/layout.h"
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

static void page_tables_start(const struct machine *m)
{
    (void)m;
    nr_reported = 0;
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
                         uint32_t table, unsigned index, uint64_t entry,
                         const char *what)
{
    uint64_t frame = (entry & UINT64_C(0x000FFFFFFFFFF000)) >> FRAME_SHIFT;
    const uint32_t a[6] = { table, index, (uint32_t)entry,
                            (uint32_t)(entry >> 32) };

    if (is_new(code, frame))
        machine_broken(m, code, a,
                       "a guest's page tables map its own frames and what "
                       "was shared with it, but entry %u of the table in "
                       "frame 0x%x, 0x%016llx, %s", index, table,
                       (unsigned long long)entry, what);
}

static void check_l1(const struct machine *m, uint32_t table,
                     const uint64_t entry[ENTRIES])
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint64_t frame = (entry[i] & UINT64_C(0x000FFFFFFFFFF000)) >>
                         FRAME_SHIFT;

        if ((entry[i] & ENTRY_PRESENT) && !owner_allows(m, frame))
            report_entry(m, PAGE_TABLES_FOREIGN, table, i, entry[i],
                         "maps a frame that is not the guest's");
    }
}

/** A 2 MB page: all of it must be the guest's. */
static void check_large(const struct machine *m, uint32_t table,
                        unsigned index, uint64_t entry)
{
    uint64_t frame = (entry & UINT64_C(0x000FFFFFFFE00000)) >> FRAME_SHIFT;

    for (unsigned n = 0; n < LARGE_FRAMES; n++) {
        if (owner_allows(m, frame + n))
            continue;
        report_entry(m, PAGE_TABLES_LARGE, table, index, entry,
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

static void check_l2(const struct machine *m, uint32_t table, bool reserved,
                     const uint64_t entry[ENTRIES])
{
    unsigned end = reserved ? M2P_SLOT : ENTRIES;

    for (unsigned i = 0; i < end; i++)
        if ((entry[i] & ENTRY_PRESENT) && (entry[i] & ENTRY_LARGE))
            check_large(m, table, i, entry[i]);
    for (unsigned i = M2P_SLOT; reserved && i < M2P_SLOT_END; i++)
        if ((entry[i] & ENTRY_PRESENT) &&
            (m2p_rights(m, entry[i]) & (ENTRY_WRITABLE | ENTRY_USER)))
            report_entry(m, PAGE_TABLES_M2P, table, i, entry[i],
                         "opens the machine-to-physical table for writing, "
                         "or to applications");
}

static void check_table(const struct machine *m, uint32_t frame,
                        unsigned level, bool reserved,
                        const uint64_t entry[ENTRIES])
{
    if (level == 1)
        check_l1(m, frame, entry);
    else
        check_l2(m, frame, reserved, entry);
}

static void page_tables_ring_change(const struct machine *m,
                                    const struct ring_change *change)
{
    owner_ring_change(m, change);
    if (change->to != 0)
        guest_tables_update(m, check_table);
}

static void page_tables_control(const struct machine *m, unsigned reg,
                                uint32_t new_value, uint32_t old_value)
{
    (void)m;
    (void)new_value;
    (void)old_value;
    if (reg == 3)
        guest_tables_note_root();
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
               "guest's",
    .access_filter = ACCESS_AT(0, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(1, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(2, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(3, ACCESS_WRITE | ACCESS_MODIFY),
    .sleeps = oracle_sleeps,
    .start = page_tables_start,
    .ring_change = page_tables_ring_change,
    .control = page_tables_control,
    .access = page_tables_access,
};
