/* SPDX-License-Identifier: MIT */
/**
 * @file poison.c
 * Memory that nobody wrote, and what a guest sees: see poison.h.
 *
 * Invariants:
 *  - POISON-I1: only bytes that hold nothing are poisoned: pages that are zero
 *    at reset, and the stack below ESP. A machine that uses none of them goes
 *    the same way with any word.
 *  - POISON-I2: what is noted is a function of what the guest could read; no
 *    byte of the hypervisor's own memory is in it.
 */
#include "sim/bochs/poison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bochs/cpu.h"
#include "sim/bochs/memory.h"
#include "src/include/layout.h"

#define PAGE_BYTES 4096u
#define STACK_BYTES 16384u /* of ring 0, at most; a page is not mapped below */
#define MAX_STORES 4096u
/* Between two looks at all of the guest's memory. */
#define SWEEP_INSTRUCTIONS 250000u

bool poison_active;

static uint32_t word;
static FILE *notes;
static struct {
    uint64_t maddr;
    unsigned bytes;
} store[MAX_STORES];
static unsigned nr_stores;
static uint64_t next_sweep;

static void fill(uint8_t *memory, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        memory[i] = (uint8_t)(word >> i % 4 * 8);
}

static bool is_zero(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE_BYTES - 1) == 0;
}

void poison_start(const struct run_file *file)
{
    poison_active = false;
    for (size_t i = 0; i < file->nr_args; i++) {
        if (strcmp(file->args[i].name, "poison") != 0)
            continue;
        word = (uint32_t)strtoul(file->args[i].value, NULL, 0);
        poison_active = true;
    }
    if (!poison_active)
        return;
    for (uint64_t at = 0; at < cpu_ram_bytes(); at += PAGE_BYTES) {
        uint8_t *page = cpu_ram(at);

        if (page && is_zero(page))
            fill(page, 0, PAGE_BYTES);
    }
    nr_stores = 0;
    next_sweep = 0;
    notes = fopen(VISIBLE_FILE, "wb");
}

void poison_store(const struct access *a)
{
    if (a->ring != 0 || a->kind == ACCESS_READ || a->vaddr >= M2P_START ||
        nr_stores == MAX_STORES)
        return;
    store[nr_stores].maddr = a->maddr;
    store[nr_stores++].bytes = a->bytes;
}

void poison_enter(void)
{
    struct event_registers now;
    uint32_t left = STACK_BYTES;
    struct translation to;

    nr_stores = 0;
    cpu_registers(&now);
    while (left > 0 && memory_translate(now.esp - 1, &to)) {
        uint32_t end = (now.esp - 1) % PAGE_BYTES + 1;
        uint32_t bytes = end < left ? end : left;
        uint8_t *page = cpu_ram(to.maddr & ~(uint64_t)(PAGE_BYTES - 1));

        if (!page)
            return;
        fill(page, end - bytes, end);
        now.esp -= bytes;
        left -= bytes;
    }
}

/** FNV-1a, a word at a time: differences, not enemies, are to be found. */
static uint64_t digest(uint64_t sum, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint64_t piece;

    for (; n >= sizeof(piece); n -= sizeof(piece), p += sizeof(piece)) {
        memcpy(&piece, p, sizeof(piece));
        sum = (sum ^ piece) * 0x100000001B3ull;
        sum ^= sum >> 29;
    }
    for (; n > 0; n--, p++)
        sum = (sum ^ *p) * 0x100000001B3ull;
    return sum;
}

static void note(const struct event_registers *now, enum visible_kind kind,
                 uint64_t sum)
{
    struct cpu_place place;
    struct visible v = { .digest = sum, .eip = now->eip, .kind = kind };

    cpu_place(&place);
    v.icount = place.icount;
    if (notes)
        fwrite(&v, sizeof(v), 1, notes);
}

/** The registers that a guest can read; CR3 is where we keep its tables. */
static uint64_t digest_registers(struct event_registers now)
{
    now.cr0 = now.cr2 = now.cr3 = now.cr4 = now.efer = 0;
    return digest(1, &now, sizeof(now));
}

static uint64_t digest_stores(void)
{
    uint64_t sum = 1;

    for (unsigned i = 0; i < nr_stores; i++) {
        const uint8_t *page = cpu_memory(store[i].maddr);
        unsigned room = PAGE_BYTES - (unsigned)(store[i].maddr % PAGE_BYTES);

        if (page)
            sum = digest(sum, page, store[i].bytes < room ? store[i].bytes
                                                          : room);
    }
    return sum;
}

/** The page that an L1 entry maps, with where. */
static uint64_t digest_page(uint64_t sum, uint32_t vaddr, uint64_t entry)
{
    const uint8_t *page = cpu_memory(entry & 0xFFFFFFFFFF000ull);

    if (!(entry & 1) || !page)
        return sum;
    return digest(digest(sum, &vaddr, sizeof(vaddr)), page, PAGE_BYTES);
}

/** All that is mapped below the hypervisor's part. */
static uint64_t digest_memory(void)
{
    uint64_t pdpt[4], sum = 1;

    cpu_pdpt(pdpt);
    for (uint32_t at = 0; at < M2P_START; at += 512 * PAGE_BYTES) {
        uint64_t l3 = pdpt[at >> 30], l2;

        l2 = l3 & 1 ? memory_entry((l3 & 0xFFFFFFFFFF000ull) +
                                   (at >> 21 & 511) * 8) : 0;
        for (uint32_t i = 0; (l2 & 0x81) == 1 && i < 512; i++)
            sum = digest_page(sum, at + i * PAGE_BYTES,
                              memory_entry((l2 & 0xFFFFFFFFFF000ull) +
                                           i * 8));
    }
    return sum;
}

void poison_leave(void)
{
    struct event_registers now;
    struct cpu_place place;

    cpu_registers(&now);
    cpu_place(&place);
    note(&now, VISIBLE_REGISTERS, digest_registers(now));
    if (nr_stores > 0)
        note(&now, VISIBLE_STORES, digest_stores());
    if (place.icount < next_sweep)
        return;
    next_sweep = place.icount + SWEEP_INSTRUCTIONS;
    note(&now, VISIBLE_MEMORY, digest_memory());
}

bool poison_end(void)
{
    return !poison_active || (notes && fclose(notes) == 0);
}
