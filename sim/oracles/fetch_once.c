/* SPDX-License-Identifier: MIT */
/**
 * @file fetch_once.c
 * The oracle *fetch once*: an argument is read once, and the copy is what
 * counts.
 *
 * A guest with another processor can change its memory between two reads, so
 * a hypervisor that checks a value and then reads it again has checked
 * nothing. Bytes that a trusted guest declares as arguments (in the run file,
 * `arg arguments START-END[,START-END...]`, virtual addresses, END excluded)
 * are read by ring 0 at most once in a hypercall; in a multicall, once in
 * each of its entries.
 *
 * Reads are loads by instructions: not read-modify-writes, not the
 * processor's own reads of descriptors, page tables or during a delivery.
 * Bytes are told apart by machine address, so that a second mapping does not
 * hide a second read.
 *
 * Invariants:
 *  - FETCH-I1: a stamp belongs to one entry of one hypercall; the next entry
 *    begins when its first word, the number, is read.
 *  - FETCH-I2: a byte is reported once in a run.
 *
 * Sources: doc/pages/simulator.md, "The oracles"; the method is that of
 * bochspwn, Google 2013.
 */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"
#include "calls.h"
#include "codes.h"

#define FRAME_SHIFT 12
#define PAGE_BYTES 4096u
#define MAX_RANGES 8
#define MAX_PAGES 64 /* of arguments that are declared */
#define ENTRY_BYTES 32u /* of a multicall */

/** A page with declared bytes. */
struct page {
    uint64_t frame;
    bool declared[PAGE_BYTES];
    uint32_t epoch[PAGE_BYTES]; /**< of the read, 0: none */
    uint32_t eip[PAGE_BYTES];   /**< by which instruction */
};

static struct {
    uint32_t start, end;
} range[MAX_RANGES];
static unsigned nr_ranges;
static struct page page[MAX_PAGES];
static unsigned nr_pages;
static bool located;      /* the pages' frames are known */
static bool in_hypercall;
static uint32_t epoch;
static uint32_t list, list_entries; /* of a multicall */
static uint32_t current;            /* its entry that is being made */

/** Somebody declared arguments. */
static bool fetch_wanted(const struct machine *m)
{
    return machine_arg(m, "arguments") != NULL;
}

static void fetch_start(const struct machine *m)
{
    const char *text = machine_arg(m, "arguments");

    nr_ranges = nr_pages = 0;
    located = in_hypercall = false;
    epoch = list = list_entries = 0;
    while (text && *text && nr_ranges < MAX_RANGES) {
        char *after;

        range[nr_ranges].start = (uint32_t)strtoul(text, &after, 0);
        if (*after != '-')
            return;
        range[nr_ranges++].end = (uint32_t)strtoul(after + 1, &after, 0);
        text = *after == ',' ? after + 1 : after;
    }
}

static struct page *page_of(uint64_t frame)
{
    for (unsigned i = 0; i < nr_pages; i++)
        if (page[i].frame == frame)
            return &page[i];
    return NULL;
}

static void declare(uint64_t maddr)
{
    struct page *p = page_of(maddr >> FRAME_SHIFT);

    if (!p) {
        if (nr_pages == MAX_PAGES)
            return;
        p = &page[nr_pages++];
        memset(p, 0, sizeof *p);
        p->frame = maddr >> FRAME_SHIFT;
    }
    p->declared[maddr % PAGE_BYTES] = true;
}

/** When the guest starts: its memory is mapped then. */
static void locate(const struct machine *m)
{
    located = true;
    for (unsigned i = 0; i < nr_ranges; i++) {
        for (uint32_t va = range[i].start; va < range[i].end; va++) {
            struct translation to;

            if (machine_translate(m, va, &to))
                declare(to.maddr);
        }
    }
}

static void fetch_ring_change(const struct machine *m,
                              const struct ring_change *change)
{
    if (change->to != 0) {
        if (!located)
            locate(m);
        in_hypercall = false;
        return;
    }
    in_hypercall = nr_pages > 0 && is_hypercall(change);
    epoch++;
    current = UINT32_MAX;
    list = change->left.ebx;
    list_entries = change->left.eax == __HYPERVISOR_multicall
                       ? change->left.ecx : 0;
}

/** FETCH-I1. */
static void note_entry(const struct access *a)
{
    uint32_t offset = a->vaddr - list, index = offset / ENTRY_BYTES;

    if (a->vaddr < list || index >= list_entries ||
        offset % ENTRY_BYTES >= 4 || index == current)
        return;
    current = index;
    epoch++;
}

/** The processor itself reads descriptors with its own loads. */
static bool is_descriptor(const struct machine *m, const struct access *a)
{
    struct table_register gdt = machine_table(m, TABLE_GDT);
    struct segment_cache ldt = machine_segment(m, SEGMENT_LDTR);

    return a->vaddr - gdt.base <= gdt.limit ||
           (ldt.valid && a->vaddr - ldt.base <= ldt.limit);
}

/** Stamp a byte. @return false when it already has this epoch's stamp. */
static bool stamp(struct page *p, uint32_t offset, uint32_t eip)
{
    if (!p->declared[offset])
        return true;
    if (p->epoch[offset] == epoch)
        return false;
    p->epoch[offset] = epoch;
    p->eip[offset] = eip;
    return true;
}

static void report_twice(const struct machine *m, const struct access *a,
                         struct page *p, uint32_t offset)
{
    const uint32_t report[6] = { a->vaddr, p->eip[offset], m->eip, current };

    machine_broken(m, FETCH_TWICE, report,
                   "ring 0 reads an argument once in a hypercall, but the "
                   "byte at machine address 0x%llx (virtual 0x%08x), read by "
                   "the instruction at 0x%08x, is read again at 0x%08x",
                   (unsigned long long)(a->maddr & ~UINT64_C(0xFFF)) + offset,
                   a->vaddr, p->eip[offset], m->eip);
    for (uint32_t i = 0; i < a->bytes; i++)
        p->declared[a->maddr % PAGE_BYTES + i] = false; /* told once */
}

static void fetch_access(const struct machine *m, const struct access *a)
{
    uint32_t offset = (uint32_t)(a->maddr % PAGE_BYTES);
    struct page *p;

    if (!in_hypercall || a->delivering)
        return;
    note_entry(a);
    p = page_of(a->maddr >> FRAME_SHIFT);
    if (!p || is_descriptor(m, a))
        return;
    for (uint32_t i = 0; i < a->bytes; i++) {
        if (!stamp(p, offset + i, m->eip)) {
            report_twice(m, a, p, offset + i);
            return;
        }
    }
}

const struct oracle oracle_fetch_once = {
    .name = "fetch-once",
    .demands = "ring 0 reads each byte of a declared argument at most once "
               "in a hypercall or in an entry of a multicall",
    .access_filter = ACCESS_AT(0, ACCESS_READ),
    .wanted = fetch_wanted,
    .sleeps = oracle_sleeps,
    .start = fetch_start,
    .ring_change = fetch_ring_change,
    .access = fetch_access,
};
