/* SPDX-License-Identifier: MIT */
/**
 * @file disturb.c
 * A guest's second processor: see disturb.h.
 *
 * Invariants:
 *  - DISTURB-I1: while a guest runs, every byte is what the guest and ring 0
 *    made of it: no value of ours is left.
 *  - DISTURB-I2: bytes are told apart by machine address, so that the
 *    hypervisor's own mapping of a page is disturbed too.
 */
#include "sim/bochs/disturb.h"

#include <stdlib.h>
#include <string.h>

#include "sim/bochs/cpu.h"
#include "sim/bochs/memory.h"

#define PAGE_BYTES 4096u
#define MAX_RANGES 8
#define MAX_PAGES 32

/** A byte that has a value of ours. */
struct byte {
    bool changed;
    uint8_t old, ours;
};

/** A page that is disturbed, found anew whenever a guest goes on. */
struct page {
    uint64_t frame;
    uint32_t from, to; /**< of its bytes */
    struct byte byte[PAGE_BYTES];
};

bool disturb_active;

static struct {
    uint32_t start, end;
} range[MAX_RANGES];
static unsigned nr_ranges;
static struct page page[MAX_PAGES];
static unsigned nr_pages;
static uint64_t state; /* of the generator */

/** "START-END". */
static void take_range(const char *text)
{
    char *after;
    uint32_t start = (uint32_t)strtoul(text, &after, 0);

    if (*after != '-' || nr_ranges == MAX_RANGES)
        return;
    range[nr_ranges].start = start;
    range[nr_ranges++].end = (uint32_t)strtoul(after + 1, NULL, 0);
}

void disturb_start(const struct run_file *file)
{
    state = file->seed;
    nr_ranges = nr_pages = 0;
    for (size_t i = 0; i < file->nr_args; i++)
        if (strcmp(file->args[i].name, "disturb") == 0)
            take_range(file->args[i].value);
    disturb_active = nr_ranges > 0;
}

/** SplitMix64: any bits will do, but the same ones in each run. */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15ull;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

static struct page *page_of(uint64_t frame)
{
    for (unsigned i = 0; i < nr_pages; i++)
        if (page[i].frame == frame)
            return &page[i];
    return NULL;
}

/** Ring 0 has loaded a byte: it changes now. */
static void change(struct byte *b, uint8_t *memory)
{
    if (!b->changed)
        b->old = *memory;
    else
        b->old ^= *memory ^ b->ours; /* what ring 0 stored in between */
    b->changed = true;
    /* Never the same again, as bits that stay hide a second read. */
    b->ours = *memory ^ (uint8_t)(draw() % 255 + 1);
    *memory = b->ours;
}

void disturb_access(const struct access *a)
{
    struct page *p = a->ring == 0 && !a->delivering
                         ? page_of(a->maddr / PAGE_BYTES) : NULL;
    uint8_t *memory = p ? cpu_ram(a->maddr) : NULL;

    if (!memory || a->kind == ACCESS_MODIFY)
        return; /* one instruction: nobody comes between its two halves */
    for (uint32_t i = 0; i < a->bytes; i++) {
        uint32_t offset = (uint32_t)(a->maddr % PAGE_BYTES) + i;
        struct byte *b = &p->byte[offset];

        if (offset < p->from || offset >= p->to)
            continue;
        if (a->kind == ACCESS_READ)
            change(b, memory + i);
        else
            b->changed = false; /* a plain store: what was there is gone */
    }
}

/** DISTURB-I1. */
static void restore(struct page *p)
{
    uint8_t *memory = cpu_ram(p->frame * PAGE_BYTES);

    for (unsigned i = 0; memory && i < PAGE_BYTES; i++) {
        struct byte *b = &p->byte[i];

        if (b->changed)
            memory[i] = b->old ^ (memory[i] ^ b->ours);
        b->changed = false;
    }
}

/** Find the pages of a range, as far as they are mapped. */
static void locate(uint32_t start, uint32_t end)
{
    for (uint32_t va = start; va < end && nr_pages < MAX_PAGES; ) {
        uint32_t from = va % PAGE_BYTES;
        uint32_t bytes = end - va < PAGE_BYTES - from ? end - va
                                                      : PAGE_BYTES - from;
        struct translation to;

        if (memory_translate(va, &to) && !page_of(to.maddr / PAGE_BYTES)) {
            page[nr_pages].frame = to.maddr / PAGE_BYTES;
            page[nr_pages].from = from;
            page[nr_pages++].to = from + bytes;
        }
        va += bytes;
    }
}

void disturb_end(void)
{
    for (unsigned i = 0; i < nr_pages; i++)
        restore(&page[i]);
    nr_pages = 0;
    for (unsigned i = 0; i < nr_ranges; i++)
        locate(range[i].start, range[i].end);
}
