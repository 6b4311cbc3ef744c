/* SPDX-License-Identifier: MIT */
/**
 * @file segments.c
 * The oracle *segments*: no segment lets a guest reach the hypervisor.
 *
 * Ring 1 is supervisor to the page tables, so truncated segments are all that
 * keeps a guest kernel out of the hypervisor's memory. While a guest runs,
 * the six loaded descriptors and every present descriptor that it could load
 * (GDT below entry 7168, the whole LDT) have DPL >= 1 and reach no address
 * from HYPERVISOR_START on, expand-down and wrap computed. In the
 * hypervisor's own page of the GDT the same is asked of what a guest may
 * load: DPL >= 1, or conforming code.
 *
 * "While a guest runs" is every instruction; what is looked at is what may
 * have changed. The loaded descriptors are told by the machine's segments()
 * callback. The tables are cut into pages (struct table_page). A page is read
 * again when its frame was written, by anybody, through any address, or when
 * it is another frame than before, which can only be after a load of GDTR or
 * LDTR, a flush, or a write to a page table.
 *
 * Invariants:
 *  - SEGMENTS-I1: before the first instruction at CPL > 0 after such a
 *    change, every page concerned has been read again.
 *  - SEGMENTS-I2: a descriptor is reported once for each value it has.
 *
 * Sources: [Xen2003] 2.1.2 "CPU"; [SDM3A] "Limit Checking"; the ABI's rules for
 * descriptors are in the page "Segmentation and rings".
 */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "../../src/include/layout.h"
#include "codes.h"
#include "descriptor.h"

#define FRAME_SHIFT 12
#define PAGE_BYTES 4096u

/* 64 KB of table, starting anywhere in a page. */
#define TABLE_PAGES 17

/** One page that a table lies in. */
struct table_page {
    bool mapped;
    bool changed;   /**< to be read before a guest's next instruction */
    uint64_t frame;
};

/** The GDT or the LDT. */
struct table {
    const char *name;
    bool is_ldt;
    uint32_t base;
    uint32_t bytes; /**< 0: there is none */
    unsigned nr_pages;
    struct table_page page[TABLE_PAGES];
};

/** What was reported: SEGMENTS-I2. */
struct reported {
    uint32_t place; /**< code << 24 | table << 16 | index, or register */
    uint64_t what;
};

#define MAX_REPORTED ORACLE_MAX_REPORTS

static struct table gdt, ldt;
static bool moved;      /* a table or its mapping may be another one */
static bool any_change; /* some page is `changed`, or `moved` */
static uint64_t watched[64]; /* frames of the tables, by their low 12 bits */
static struct reported reported[MAX_REPORTED];
static unsigned nr_reported;

static void segments_start(const struct machine *m)
{
    (void)m;
    memset(&gdt, 0, sizeof gdt);
    memset(&ldt, 0, sizeof ldt);
    gdt.name = "GDT";
    ldt.name = "LDT";
    ldt.is_ldt = true;
    memset(watched, 0, sizeof watched);
    nr_reported = 0;
    moved = any_change = true;
}

/** @return true the first time it is called with this pair. */
static bool is_new(uint32_t place, uint64_t what)
{
    for (unsigned i = 0; i < nr_reported; i++)
        if (reported[i].place == place && reported[i].what == what)
            return false;
    if (nr_reported < MAX_REPORTED)
        reported[nr_reported++] = (struct reported){ place, what };
    return true;
}

static void report_table(const struct machine *m, enum segments_code code,
                         const struct table *t, unsigned index, uint64_t raw,
                         const char *what)
{
    const uint32_t a[6] = { index, (uint32_t)raw, (uint32_t)(raw >> 32),
                            t->is_ldt };
    uint32_t place = (uint32_t)code << 24 | (uint32_t)t->is_ldt << 16 | index;

    if (!is_new(place, raw))
        return;
    machine_broken(m, code, a,
                   "while a guest runs, no descriptor that it can "
                   "load has DPL 0 or reaches 0x%08x, but %s entry %u, "
                   "%08x:%08x, %s", HYPERVISOR_START, t->name, index,
                   (uint32_t)(raw >> 32), (uint32_t)raw, what);
}

/** A system descriptor in a guest's table: only gates to a guest's code. */
static void check_system(const struct machine *m, const struct table *t,
                         unsigned index, uint64_t raw, struct descriptor d)
{
    uint16_t target = (uint16_t)(raw >> 16);
    bool to_guest = (target & 4) || target >> 3 < FIRST_RESERVED_GDT_ENTRY ||
                    target == SEL_RING1_CS;

    if (d.type == SYSTEM_RESERVED)
        return;
    if (d.type != SYSTEM_CALL_GATE_32)
        report_table(m, SEGMENTS_TABLE_SYSTEM, t, index, raw,
                     "is a system descriptor other than a call gate");
    else if (!to_guest)
        report_table(m, SEGMENTS_TABLE_SYSTEM, t, index, raw,
                     "is a call gate into the hypervisor's code");
}

static bool reaches(const struct descriptor *d)
{
    return descriptor_reaches(d->base, d->limit, d->type, d->big,
                              HYPERVISOR_START);
}

/** A descriptor in the guest's part of a table. */
static void check_guest_entry(const struct machine *m, const struct table *t,
                              unsigned index, uint64_t raw)
{
    struct descriptor d = descriptor_decode(raw);
    char text[96];

    if (!d.present)
        return;
    if (d.dpl == 0)
        report_table(m, SEGMENTS_TABLE_DPL, t, index, raw, "has DPL 0");
    if (d.system) {
        check_system(m, t, index, raw, d);
    } else if (reaches(&d)) {
        snprintf(text, sizeof text, "reaches it (base 0x%08x, limit 0x%08x%s)",
                 d.base, d.limit,
                 (d.type & (TYPE_CODE | TYPE_EXPAND_DOWN)) == TYPE_EXPAND_DOWN
                     ? ", expand-down" : "");
        report_table(m, SEGMENTS_TABLE_RANGE, t, index, raw, text);
    }
}

/** A descriptor in the hypervisor's page: what a guest may load of it. */
static void check_reserved_entry(const struct machine *m,
                                 const struct table *t, unsigned index,
                                 uint64_t raw)
{
    const unsigned conforming = TYPE_CODE | TYPE_CONFORMING;
    struct descriptor d = descriptor_decode(raw);

    if (!d.present || d.system)
        return;
    if (d.dpl == 0 && (d.type & conforming) != conforming)
        return;
    if (reaches(&d))
        report_table(m, SEGMENTS_RESERVED, t, index, raw,
                     "of the hypervisor's own, reaches it");
}

/** Read the descriptors that begin in one page, and check each. */
static void check_page(const struct machine *m, const struct table *t,
                       unsigned page)
{
    static uint8_t bytes[PAGE_BYTES + 8];
    uint32_t page_start = (t->base & ~(PAGE_BYTES - 1)) + page * PAGE_BYTES;
    uint32_t skipped = page == 0 ? 0 : page_start - t->base;
    unsigned index = (skipped + 7) / 8;
    size_t got, want;

    if (index * 8 >= t->bytes)
        return;
    want = PAGE_BYTES - (t->base + index * 8 - page_start) + 7;
    if (want > t->bytes - index * 8)
        want = t->bytes - index * 8;
    got = machine_read_virtual(m, t->base + index * 8, bytes, want);
    for (size_t at = 0; at + 8 <= got; at += 8, index++) {
        uint64_t raw;

        memcpy(&raw, bytes + at, sizeof raw);
        if (raw == 0)
            continue;
        if (t->is_ldt || index < FIRST_RESERVED_GDT_ENTRY)
            check_guest_entry(m, t, index, raw);
        else
            check_reserved_entry(m, t, index, raw);
    }
}

static void watch(uint64_t frame)
{
    watched[frame >> 6 & 63] |= UINT64_C(1) << (frame & 63);
}

/** Find each page of a table again; those in another frame are `changed`. */
static void locate(const struct machine *m, struct table *t, uint32_t base,
                   uint32_t bytes)
{
    bool same = t->base == base && t->bytes == bytes;

    t->base = base;
    t->bytes = bytes;
    t->nr_pages = bytes == 0 ? 0
        : ((base & (PAGE_BYTES - 1)) + bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    for (unsigned i = 0; i < t->nr_pages; i++) {
        struct table_page *page = &t->page[i];
        struct translation to;
        bool mapped = machine_translate(m, base + i * PAGE_BYTES, &to);
        uint64_t frame = mapped ? to.maddr >> FRAME_SHIFT : 0;

        if (!same || mapped != page->mapped || frame != page->frame)
            page->changed = true;
        page->mapped = mapped;
        page->frame = frame;
        if (mapped)
            watch(frame);
    }
}

static void locate_tables(const struct machine *m)
{
    struct table_register at = machine_table(m, TABLE_GDT);
    struct segment_cache local = machine_segment(m, SEGMENT_LDTR);
    bool has_ldt = local.valid && local.present;
    uint32_t ldt_bytes = !has_ldt ? 0
        : local.limit < 0xFFFF ? local.limit + 1 : 0x10000;

    memset(watched, 0, sizeof watched);
    locate(m, &gdt, at.base, (uint32_t)at.limit + 1);
    locate(m, &ldt, local.base, ldt_bytes);
}

static void check_changed(const struct machine *m, struct table *t)
{
    for (unsigned i = 0; i < t->nr_pages; i++) {
        /* A descriptor may lie in two pages: read from the one before. */
        bool next = i + 1 < t->nr_pages && (t->base & 7) &&
                    t->page[i + 1].changed;

        if (t->page[i].mapped && (t->page[i].changed || next))
            check_page(m, t, i);
    }
    for (unsigned i = 0; i < t->nr_pages; i++)
        t->page[i].changed = false;
}

/** SEGMENTS-I1. */
static void check_tables(const struct machine *m)
{
    if (moved)
        locate_tables(m);
    moved = any_change = false;
    check_changed(m, &gdt);
    check_changed(m, &ldt);
}

static void segments_before(const struct machine *m)
{
    if (any_change)
        check_tables(m);
}

static void report_loaded(const struct machine *m, enum segments_code code,
                          enum machine_segment which,
                          const struct segment_cache *s, const char *what)
{
    static const char names[6][3] = { "ES", "CS", "SS", "DS", "FS", "GS" };
    const uint32_t a[6] = { which, s->selector, s->base, s->limit, s->dpl,
                            s->type };
    uint32_t place = (uint32_t)code << 24 | (uint32_t)s->selector;

    if (!is_new(place, (uint64_t)s->base << 32 | s->limit))
        return;
    machine_broken(m, code, a,
                   "while a guest runs, no loaded descriptor has "
                   "DPL 0 or reaches 0x%08x, but %s (selector 0x%04x, base "
                   "0x%08x, limit 0x%08x, DPL %u, type %u) %s",
                   HYPERVISOR_START, names[which], s->selector, s->base,
                   s->limit, s->dpl, s->type, what);
}

static void segments_loaded(const struct machine *m)
{
    for (enum machine_segment which = SEGMENT_ES; which <= SEGMENT_GS;
         which++) {
        struct segment_cache s = machine_segment(m, which);

        if (!s.valid)
            continue;
        if (s.dpl == 0)
            report_loaded(m, SEGMENTS_LOADED_DPL, which, &s, "has DPL 0");
        if (descriptor_reaches(s.base, s.limit, s.type, s.big,
                               HYPERVISOR_START))
            report_loaded(m, SEGMENTS_LOADED_RANGE, which, &s, "reaches it");
    }
}

static void note_write(struct table *t, uint64_t frame)
{
    for (unsigned i = 0; i < t->nr_pages; i++)
        if (t->page[i].mapped && t->page[i].frame == frame)
            t->page[i].changed = any_change = true;
}

static void segments_access(const struct machine *m, const struct access *a)
{
    uint64_t frame = a->maddr >> FRAME_SHIFT;

    (void)m;
    if (!(watched[frame >> 6 & 63] >> (frame & 63) & 1))
        return;
    note_write(&gdt, frame);
    note_write(&ldt, frame);
}

static void note_move(void)
{
    moved = any_change = true;
}

static void segments_table_load(const struct machine *m,
                                enum event_table which)
{
    (void)m;
    if (which == TABLE_GDT || which == TABLE_LDT)
        note_move();
}

static void segments_flush(const struct machine *m, enum flush_kind kind,
                           uint32_t address)
{
    (void)m;
    (void)kind;
    (void)address;
    note_move();
}

static void segments_table_write(const struct machine *m,
                                 const struct table_write *write)
{
    (void)m;
    (void)write;
    note_move();
}

const struct oracle oracle_segments = {
    .name = "segments",
    .demands = "at CPL > 0, the six loaded descriptors and every present "
               "descriptor of the guest's tables have DPL >= 1 and a range "
               "that ends below the hypervisor",
    .before_rings = 1u << 1 | 1u << 2 | 1u << 3,
    .access_filter = ACCESS_AT(0, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(1, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(2, ACCESS_WRITE | ACCESS_MODIFY) |
                     ACCESS_AT(3, ACCESS_WRITE | ACCESS_MODIFY),
    .sleeps = oracle_sleeps,
    .start = segments_start,
    .before = segments_before,
    .segments = segments_loaded,
    .access = segments_access,
    .table_load = segments_table_load,
    .flush = segments_flush,
    .table_write = segments_table_write,
};
