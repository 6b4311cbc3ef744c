/* SPDX-License-Identifier: MIT */
/**
 * @file guest_tables.c
 * Which frames are page tables of the guest: see guest_tables.h.
 *
 * The set is built anew when its structure may have changed: another root or
 * pin, or a write into an L2 or L3 that is in it. That costs a read of all
 * L2s. A write into an L1 changes no structure; that L1 alone is looked at.
 *
 * Invariants:
 *  - TABLES-I1: after guest_tables_update() the set is exactly what the
 *    roots, the base and the pins lead to in memory.
 *  - TABLES-I2: a table that came into the set, or was written to, or whose
 *    frames may have been taken away, has been handed to `each` once.
 */
#include "guest_tables.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/include/layout.h"
#include "owner.h"

#define FRAME_SHIFT 12
#define ENTRIES 512u
#define L3_ENTRIES 4u
#define RESERVED_SLOT 0x1ACu /* the hypervisor's part of a slot-3 L2 */
#define ENTRY_PRESENT 1u
#define ENTRY_LARGE 0x80u

/** Bits of what is known of a frame. */
enum table_fact {
    TABLE_LEVEL = 3,    /* 0: no table */
    TABLE_RESERVED = 4, /* an L2 that fills slot 3 of an L3 */
    TABLE_DIRTY = 8,    /* in the queue for `each` */
    TABLE_OLD = 16,     /* was in the set before this rebuild */
};

/** A growing list of frames. */
struct frames {
    uint32_t *frame;
    size_t nr, room;
};

static uint8_t facts[MAX_FRAMES];
static struct frames set, dirty;
static bool rebuild_wanted;
static unsigned seen_changes, seen_losses;

static void append(struct frames *list, uint32_t frame)
{
    if (list->nr == list->room) {
        list->room = list->room ? 2 * list->room : 256;
        list->frame = realloc(list->frame,
                              list->room * sizeof *list->frame);
        if (!list->frame)
            abort(); /* the host is out of memory: no verdict */
    }
    list->frame[list->nr++] = frame;
}

void guest_tables_start(void)
{
    memset(facts, 0, sizeof facts);
    set.nr = dirty.nr = 0;
    rebuild_wanted = true;
    seen_changes = seen_losses = 0;
}

unsigned guest_table_level(uint64_t frame)
{
    return frame < MAX_FRAMES ? facts[frame] & TABLE_LEVEL : 0;
}

static void make_dirty(uint32_t frame)
{
    if (!(facts[frame] & TABLE_DIRTY))
        append(&dirty, frame);
    facts[frame] |= TABLE_DIRTY;
}

void guest_tables_note_write(uint64_t frame)
{
    unsigned level = guest_table_level(frame);

    if (level == 0)
        return;
    make_dirty((uint32_t)frame);
    if (level > 1)
        rebuild_wanted = true;
}

void guest_tables_note_root(void)
{
    rebuild_wanted = true;
}

static uint64_t frame_of(uint64_t entry)
{
    return (entry & UINT64_C(0x000FFFFFFFFFF000)) >> FRAME_SHIFT;
}

/** Put a frame into the set. @return false when it already is. */
static bool add(uint64_t frame, unsigned level, bool reserved)
{
    if (frame >= MAX_FRAMES)
        return false;
    if (reserved)
        facts[frame] |= TABLE_RESERVED;
    if (facts[frame] & TABLE_LEVEL)
        return false;
    facts[frame] |= (uint8_t)level;
    append(&set, (uint32_t)frame);
    if (!(facts[frame] & TABLE_OLD))
        make_dirty((uint32_t)frame);
    return true;
}

static void add_l2(const struct machine *m, uint64_t frame, bool reserved)
{
    uint64_t entry[ENTRIES];
    unsigned nr = reserved ? RESERVED_SLOT : ENTRIES;

    if (!add(frame, 2, reserved) ||
        machine_read_physical(m, frame << FRAME_SHIFT, entry, sizeof entry) !=
            sizeof entry)
        return;
    for (unsigned i = 0; i < nr; i++)
        if ((entry[i] & ENTRY_PRESENT) && !(entry[i] & ENTRY_LARGE))
            add(frame_of(entry[i]), 1, false);
}

/** The four entries of an L3, or of what CR3 points to. */
static void add_roots(const struct machine *m, uint64_t at)
{
    uint64_t entry[L3_ENTRIES];

    if (machine_read_physical(m, at, entry, sizeof entry) != sizeof entry)
        return;
    for (unsigned i = 0; i < L3_ENTRIES; i++)
        if (entry[i] & ENTRY_PRESENT)
            add_l2(m, frame_of(entry[i]), i == L3_ENTRIES - 1);
}

static void add_l3(const struct machine *m, uint64_t frame)
{
    if (add(frame, 3, false))
        add_roots(m, frame << FRAME_SHIFT);
}

static void add_everything(const struct machine *m)
{
    const struct owner_pin *pins;
    unsigned nr = owner_pins(&pins);
    struct event_registers now;

    machine_registers(m, &now);
    add_roots(m, now.cr3 & ~UINT32_C(31));
    if (owner_base() != 0)
        add_l3(m, owner_base());
    for (unsigned i = 0; i < nr; i++) {
        if (pins[i].level == 3)
            add_l3(m, pins[i].frame);
        else if (pins[i].level == 2)
            add_l2(m, pins[i].frame, false);
        else
            add(pins[i].frame, 1, false);
    }
}

static void rebuild(const struct machine *m)
{
    struct frames old = set;

    set = (struct frames){ 0 };
    for (size_t i = 0; i < old.nr; i++)
        facts[old.frame[i]] = (facts[old.frame[i]] & TABLE_DIRTY) | TABLE_OLD;
    add_everything(m);
    for (size_t i = 0; i < old.nr; i++)
        facts[old.frame[i]] &= (uint8_t)~TABLE_OLD;
    free(old.frame);
    rebuild_wanted = false;
}

/** TABLES-I2. */
static void show_dirty(const struct machine *m,
                       void (*each)(const struct machine *, uint32_t,
                                    unsigned, bool, const uint64_t *))
{
    uint64_t entry[ENTRIES];

    for (size_t i = 0; i < dirty.nr; i++) {
        uint32_t frame = dirty.frame[i];
        unsigned level = facts[frame] & TABLE_LEVEL;

        facts[frame] &= (uint8_t)~TABLE_DIRTY;
        if (level == 0 || level == 3)
            continue;
        if (machine_read_physical(m, (uint64_t)frame << FRAME_SHIFT, entry,
                                  sizeof entry) == sizeof entry)
            each(m, frame, level, facts[frame] & TABLE_RESERVED, entry);
    }
    dirty.nr = 0;
}

void guest_tables_update(const struct machine *m,
                         void (*each)(const struct machine *m, uint32_t frame,
                                      unsigned level, bool reserved,
                                      const uint64_t entry[512]))
{
    if (!owner_is_known())
        return;
    if (rebuild_wanted || owner_table_changes() != seen_changes)
        rebuild(m);
    seen_changes = owner_table_changes();
    if (!each)
        return;
    if (owner_losses() != seen_losses)
        for (size_t i = 0; i < set.nr; i++)
            make_dirty(set.frame[i]);
    seen_losses = owner_losses();
    show_dirty(m, each);
}
