/* SPDX-License-Identifier: MIT */
/**
 * @file stale_translations.c
 * The oracle *stale translations*: the processor remembers translations, and
 * a hypervisor that takes a frame away, or makes it a page table, has to make
 * it forget them first.
 *
 * No access uses a translation that a fresh walk of the page tables denies
 * (another frame or none, not writable, not for applications), and whose
 * frame, by the owner model, changed hands or is a page table. Other stale
 * translations are the guest's own affair: the ABI lets it flush when it
 * likes.
 *
 * Limit: instructions' fetches are not told by the simulator with their
 * physical address, so only reads and writes are looked at.
 *
 * Invariants:
 *  - STALE-I1: a frame is reported once.
 *
 * Sources: design page "The oracles"; [SDM3A] "Caching Translation
 * Information".
 */
#include "oracle.h"

#include "../../src/include/layout.h"
#include "codes.h"
#include "guest_tables.h"
#include "owner.h"

#define FRAME_SHIFT 12

static uint64_t reported[ORACLE_MAX_REPORTS];
static unsigned nr_reported;

static void stale_start(const struct machine *m)
{
    (void)m;
    nr_reported = 0;
    owner_start();
    guest_tables_start();
}

static bool is_new(uint64_t frame)
{
    for (unsigned i = 0; i < nr_reported; i++)
        if (reported[i] == frame)
            return false;
    if (nr_reported < ORACLE_MAX_REPORTS)
        reported[nr_reported++] = frame;
    return true;
}

/** What a fresh walk says against an access, or NULL. */
static const char *denial(const struct machine *m, const struct access *a)
{
    struct translation to;

    if (!machine_translate(m, a->vaddr, &to))
        return "is not mapped any more";
    if (to.maddr != a->maddr)
        return "leads elsewhere now";
    if (a->kind != ACCESS_READ && !to.writable)
        return "is read-only now";
    /* Above, the processor reads descriptors for an application. */
    if (a->ring == 3 && !a->delivering && a->vaddr < HYPERVISOR_START &&
        !to.user)
        return "is not for applications any more";
    return NULL;
}

static void stale_access(const struct machine *m, const struct access *a)
{
    uint64_t frame = a->maddr >> FRAME_SHIFT;
    unsigned level = guest_table_level(frame);
    const uint32_t report[6] = { a->vaddr, (uint32_t)a->maddr, level };
    const char *what;

    if (a->kind != ACCESS_READ)
        guest_tables_note_write(frame);
    if (level == 0 && !owner_changed(frame))
        return;
    what = denial(m, a);
    if (!what || !is_new(frame))
        return;
    machine_broken(m, level ? STALE_TABLE : STALE_CHANGED, report,
                   "no translation is used after its frame changed hands or "
                   "became a page table, but ring %u uses 0x%08x for machine "
                   "address 0x%llx (%s), and a fresh walk says that it %s",
                   a->ring, a->vaddr, (unsigned long long)a->maddr,
                   level ? "a page table" : "which changed hands", what);
}

static void stale_ring_change(const struct machine *m,
                              const struct ring_change *change)
{
    owner_ring_change(m, change);
    if (change->to != 0)
        guest_tables_update(m, NULL);
}

static void stale_control(const struct machine *m, unsigned reg,
                          uint32_t new_value, uint32_t old_value)
{
    (void)m;
    (void)new_value;
    (void)old_value;
    if (reg == 3)
        guest_tables_note_root();
}

const struct oracle oracle_stale_translations = {
    .name = "stale-translations",
    .demands = "no access uses a translation that a fresh walk denies and "
               "whose frame changed hands or is a page table",
    .access_filter = 0x7777,
    .sleeps = oracle_sleeps,
    .start = stale_start,
    .ring_change = stale_ring_change,
    .control = stale_control,
    .access = stale_access,
};
