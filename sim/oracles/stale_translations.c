/* SPDX-License-Identifier: MIT */
/**
 * @file stale_translations.c
 * The oracle *stale translations*: the processor remembers translations, and
 * a hypervisor that takes a frame away, or makes it a page table, has to make
 * it forget them first.
 *
 * No access uses a translation that a fresh walk of the page tables denies
 * (another frame or none, not writable, not for applications), and whose
 * frame, by the owner model, changed hands, is another domain's (a grant that
 * ended), or is a page table. Other stale translations are the guest's own
 * affair: the ABI lets it flush when it likes.
 *
 * A guest's instructions are fetched through a translation too. Nothing that
 * is asked here can change while the guest runs, so a page of code is looked
 * at when the guest comes to it, not at each instruction.
 *
 * Invariants:
 *  - STALE-I1: a frame is reported once.
 *  - STALE-I2: between two visits of ring 0 each page that a guest comes to
 *    is looked at (fetch_before()).
 *
 * Sources: doc/pages/simulator.md, "The oracles"; [SDM3A] "Caching Translation
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
static uint64_t fetched_page; /* looked at since ring 0; 0: none */

static void stale_start(const struct machine *m)
{
    (void)m;
    nr_reported = 0;
    fetched_page = 0;
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

/** How something in memory is used. */
struct use {
    uint32_t vaddr;
    uint64_t maddr;
    bool write, fetch;
    bool by_user; /**< with the rights of ring 3 */
};

/** What a fresh walk says against a use, or NULL. */
static const char *denial(const struct machine *m, const struct use *u)
{
    struct translation to;

    if (!machine_translate(m, u->vaddr, &to))
        return "is not mapped any more";
    if (to.maddr != u->maddr)
        return "leads elsewhere now";
    if (u->write && !to.writable)
        return "is read-only now";
    if (u->by_user && !to.user)
        return "is not for applications any more";
    if (u->fetch && !to.execute)
        return "is not to be executed any more";
    return NULL;
}

/** Whether a guest uses a frame to which it has no right, or none any more: a
 *  grant that it ended. */
static bool is_anothers(const struct machine *m, unsigned ring,
                        uint64_t frame)
{
    return ring != 0 && owner_is_known() &&
           owner_right(m, owner_domain(), frame) == OWNER_NOTHING;
}

static void look_at(const struct machine *m, const struct use *u,
                    unsigned ring)
{
    uint64_t frame = u->maddr >> FRAME_SHIFT;
    unsigned level = guest_table_level(frame);
    const uint32_t report[6] = { u->vaddr, (uint32_t)u->maddr, level };
    const char *what;

    if (level == 0 && !owner_changed(frame) && !is_anothers(m, ring, frame))
        return;
    what = denial(m, u);
    if (!what || !is_new(frame))
        return;
    machine_broken(m, u->fetch ? STALE_FETCH
                               : level ? STALE_TABLE : STALE_CHANGED, report,
                   "no translation is used after its frame changed hands or "
                   "became a page table, but ring %u %s 0x%08x for machine "
                   "address 0x%llx (%s), and a fresh walk says that it %s",
                   ring, u->fetch ? "executes" : "uses", u->vaddr,
                   (unsigned long long)u->maddr,
                   level ? "a page table" : "which changed hands", what);
}

static void stale_access(const struct machine *m, const struct access *a)
{
    const struct use use = {
        .vaddr = a->vaddr,
        .maddr = a->maddr,
        .write = a->kind != ACCESS_READ,
        /* Above, the processor reads descriptors for an application. */
        .by_user = a->ring == 3 && !a->delivering &&
                   a->vaddr < HYPERVISOR_START,
    };

    if (use.write)
        guest_tables_note_write(a->maddr >> FRAME_SHIFT);
    look_at(m, &use, a->ring);
}

/** STALE-I2: a guest is about to execute an instruction. */
static void fetch_before(const struct machine *m)
{
    struct use use = { .fetch = true, .by_user = m->ring == 3 };

    if (!machine_fetch(m, &use.vaddr, &use.maddr) ||
        use.vaddr >> FRAME_SHIFT == fetched_page)
        return;
    fetched_page = use.vaddr >> FRAME_SHIFT;
    look_at(m, &use, m->ring);
}

static void stale_ring_change(const struct machine *m,
                              const struct ring_change *change)
{
    owner_ring_change(m, change);
    fetched_page = 0;
    if (change->to != 0)
        guest_tables_update(m, NULL);
}

const struct oracle oracle_stale_translations = {
    .name = "stale-translations",
    .demands = "no access uses a translation that a fresh walk denies and "
               "whose frame changed hands or is a page table",
    .before_rings = 0xE,
    .access_filter = 0x7777,
    .sleeps = oracle_sleeps,
    .start = stale_start,
    .ring_change = stale_ring_change,
    .access = stale_access,
    .before = fetch_before,
};
