/* SPDX-License-Identifier: MIT */
/**
 * @file guest_tables.c
 * Which frames are page tables of which domain: see guest_tables.h.
 *
 * Each domain has a set. It is built anew when its structure may have changed
 * and the domain is about to run: another root or pin, or a write into an L2
 * or L3 that is in it. That costs a read of all its L2s. A write into an L1
 * changes no structure; that L1 alone is looked at. Sets of domains that do not
 * run stay as they are: nothing can be said of the roots of one that ended.
 *
 * Invariants:
 *  - TABLES-I1: after guest_tables_update() the running domain's set is
 *    exactly what its roots, bases and pins lead to in memory.
 *  - TABLES-I2: a table that came into the set, or was written to, or whose
 *    frames may have been taken away, has been handed to `each` once.
 *  - TABLES-I3: a frame that came to another domain is no table of the former
 *    one's, and a domain that is over has none.
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
#define MAX_ROOTS 64u /* of one domain: virtual processors */

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

/** One domain's tables. */
struct tables {
    struct frames set, dirty;
    bool rebuild_wanted;
    unsigned seen_changes, seen_losses;
    /* The entries that the processor was given, to see when they change. */
    uint64_t roots[MAX_ROOTS][L3_ENTRIES];
};

static uint8_t facts[MAX_FRAMES];
static uint16_t of[MAX_FRAMES]; /* whose table it is */
static bool used;
static struct tables **domains;
static unsigned nr_domains, seen_over;

static struct tables *now; /* those of the domain that is looked at ... */
static unsigned domain;    /* ... which is this one */

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
    if (used)
        memset(facts, 0, sizeof facts);
    used = false;
    for (unsigned i = 0; i < nr_domains; i++) {
        free(domains[i]->set.frame);
        free(domains[i]->dirty.frame);
        free(domains[i]);
    }
    nr_domains = seen_over = 0;
}

/** Of a domain that has none yet, too. */
static void use_tables_of(unsigned which)
{
    while (nr_domains <= which) {
        struct tables **grown = realloc(domains,
                                        (nr_domains + 1) * sizeof *grown);
        struct tables *one = calloc(1, sizeof *one);

        if (!grown || !one)
            abort(); /* the host is out of memory: no verdict */
        one->rebuild_wanted = true;
        domains = grown;
        domains[nr_domains++] = one;
    }
    used = true;
    domain = which;
    now = domains[which];
}

/** TABLES-I3. */
static bool is_table(uint64_t frame)
{
    unsigned owner;

    if (frame >= MAX_FRAMES || !(facts[frame] & TABLE_LEVEL))
        return false;
    owner = owner_of(frame);
    return owner == OWNER_NOBODY || owner == of[frame];
}

unsigned guest_table_level(uint64_t frame)
{
    return is_table(frame) ? facts[frame] & TABLE_LEVEL : 0;
}

static void make_dirty(struct tables *t, uint32_t frame)
{
    if (!(facts[frame] & TABLE_DIRTY))
        append(&t->dirty, frame);
    facts[frame] |= TABLE_DIRTY;
}

void guest_tables_note_write(uint64_t frame)
{
    if (!is_table(frame))
        return;
    make_dirty(domains[of[frame]], (uint32_t)frame);
    if ((facts[frame] & TABLE_LEVEL) > 1)
        domains[of[frame]]->rebuild_wanted = true;
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
    if (facts[frame] != 0 && of[frame] != domain)
        facts[frame] = 0; /* it was another's */
    of[frame] = (uint16_t)domain;
    if (reserved)
        facts[frame] |= TABLE_RESERVED;
    if (facts[frame] & TABLE_LEVEL)
        return false;
    facts[frame] |= (uint8_t)level;
    append(&now->set, (uint32_t)frame);
    if (!(facts[frame] & TABLE_OLD))
        make_dirty(now, (uint32_t)frame);
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

static unsigned roots_of_domain(struct owner_root root[MAX_ROOTS])
{
    unsigned nr = owner_roots(domain, root, MAX_ROOTS);

    return nr < MAX_ROOTS ? nr : MAX_ROOTS;
}

static void add_everything(const struct machine *m)
{
    struct owner_root root[MAX_ROOTS];
    const struct owner_pin *pins;
    unsigned nr_roots = roots_of_domain(root);
    unsigned nr = owner_pins(domain, &pins);

    for (unsigned i = 0; i < nr_roots; i++) {
        add_roots(m, root[i].cr3 & ~UINT32_C(31));
        if (root[i].base != 0)
            add_l3(m, root[i].base);
    }
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
    struct frames old = now->set;

    now->set = (struct frames){ 0 };
    for (size_t i = 0; i < old.nr; i++)
        if (of[old.frame[i]] == domain)
            facts[old.frame[i]] =
                (facts[old.frame[i]] & TABLE_DIRTY) | TABLE_OLD;
    add_everything(m);
    for (size_t i = 0; i < old.nr; i++)
        if (of[old.frame[i]] == domain)
            facts[old.frame[i]] &= (uint8_t)~TABLE_OLD;
    free(old.frame);
    now->rebuild_wanted = false;
}

/** TABLES-I3. */
static void forget_those_over(void)
{
    if (owner_nr_over() == seen_over)
        return;
    seen_over = owner_nr_over();
    for (unsigned d = 0; d < nr_domains; d++) {
        struct tables *t = domains[d];

        if (!owner_is_over(d))
            continue;
        for (size_t i = 0; i < t->set.nr; i++)
            if (of[t->set.frame[i]] == d)
                facts[t->set.frame[i]] = 0;
        t->set.nr = t->dirty.nr = 0;
        t->rebuild_wanted = true;
    }
}

/** Whether what the processor walks for this domain was changed: the entries
 *  that CR3 points to are the hypervisor's. */
static bool roots_changed(const struct machine *m)
{
    struct owner_root root[MAX_ROOTS];
    unsigned nr = roots_of_domain(root);
    bool changed = false;

    for (unsigned i = 0; i < nr; i++) {
        uint64_t entry[L3_ENTRIES];

        if (machine_read_physical(m, root[i].cr3 & ~UINT32_C(31), entry,
                                  sizeof entry) != sizeof entry ||
            memcmp(entry, now->roots[i], sizeof entry) == 0)
            continue;
        memcpy(now->roots[i], entry, sizeof entry);
        changed = true;
    }
    return changed;
}

/** TABLES-I2. */
static void show_dirty(const struct machine *m,
                       void (*each)(const struct machine *,
                                    const struct guest_table *))
{
    uint64_t entry[ENTRIES];
    struct guest_table table = { .domain = domain, .entry = entry };

    for (size_t i = 0; i < now->dirty.nr; i++) {
        uint32_t frame = now->dirty.frame[i];

        if (of[frame] != domain)
            continue;
        facts[frame] &= (uint8_t)~TABLE_DIRTY;
        table.frame = frame;
        table.level = facts[frame] & TABLE_LEVEL;
        table.reserved = facts[frame] & TABLE_RESERVED;
        if (table.level != 0 &&
            machine_read_physical(m, (uint64_t)frame << FRAME_SHIFT, entry,
                                  sizeof entry) == sizeof entry)
            each(m, &table);
    }
    now->dirty.nr = 0;
}

void guest_tables_update(const struct machine *m,
                         void (*each)(const struct machine *m,
                                      const struct guest_table *table))
{
    if (!owner_is_known())
        return;
    use_tables_of(owner_domain());
    forget_those_over();
    if (roots_changed(m) || now->rebuild_wanted ||
        owner_table_changes(domain) != now->seen_changes)
        rebuild(m);
    now->seen_changes = owner_table_changes(domain);
    if (!each || owner_is_unsettled(domain))
        return;
    if (owner_losses(domain) != now->seen_losses)
        for (size_t i = 0; i < now->set.nr; i++)
            make_dirty(now, now->set.frame[i]);
    now->seen_losses = owner_losses(domain);
    show_dirty(m, each);
}
