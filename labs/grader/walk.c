/* SPDX-License-Identifier: MIT */
/**
 * @file walk.c
 * PAE page tables as the machine left them in RAM; contracts in test.h.
 *
 * The walk is the processor's, written a second time and from the manual, so
 * that a mistake in the hypervisor's tables is not repeated here.
 *
 * @par Source
 * [SDM3A 253668-032] 4.4 "PAE Paging", tables 4-8 to 4-11.
 */
#include <string.h>

#include "labs/grader/execute.h"

#define ENTRY_P 0x1u
#define ENTRY_RW 0x2u
#define ENTRY_US 0x4u
#define ENTRY_PS 0x80u
#define ENTRY_NX (1ull << 63)
#define CR0_PG (1u << 31)
#define CR4_PAE (1u << 5)
#define EFER_NXE (1u << 11)

/* Physical addresses have 36 bits on this processor. */
#define ENTRY_FRAME 0x0000000FFFFFF000ull
#define RESERVED_ABOVE 0x7FFFFFF000000000ull
#define RESERVED_L3 0x1E6ull
#define RESERVED_LARGE 0x1FE000ull

/** One 8-byte entry of a table in RAM; 0, hence absent, outside of it. */
static uint64_t entry_at(const struct run *run, uint64_t table, unsigned index)
{
    uint64_t entry = 0;

    run_read_machine(run, table + 8ull * index, &entry, sizeof entry);
    return entry;
}

/** Take the rights of one level into account. */
static void restrict_to(struct walk *walk, uint64_t entry, bool nx_on)
{
    walk->writable &= !!(entry & ENTRY_RW);
    walk->user &= !!(entry & ENTRY_US);
    if (entry & ENTRY_NX && nx_on)
        walk->executable = false;
    if (entry & RESERVED_ABOVE || (entry & ENTRY_NX && !nx_on))
        walk->reserved = true;
}

static void walk_identity(uint32_t address, struct walk *to)
{
    *to = (struct walk){ .present = true, .writable = true,
                         .executable = true, .user = true,
                         .maddr = address };
}

bool run_walk(const struct run *run, uint32_t virtual_address,
              struct walk *to)
{
    const struct event_registers *r = &run->registers;
    bool nx_on = r->efer & EFER_NXE;

    *to = (struct walk){ .writable = true, .executable = true, .user = true };
    if (!(r->cr0 & CR0_PG)) {
        walk_identity(virtual_address, to);
        return true;
    }
    if (!(r->cr4 & CR4_PAE))
        return false;
    to->l3e = entry_at(run, r->cr3 & ~0x1Fu, virtual_address >> 30);
    if (!(to->l3e & ENTRY_P))
        return false;
    if (to->l3e & (RESERVED_L3 | RESERVED_ABOVE | ENTRY_NX))
        to->reserved = true;
    to->l2e = entry_at(run, to->l3e & ENTRY_FRAME,
                       (virtual_address >> 21) & 511);
    if (!(to->l2e & ENTRY_P))
        return false;
    restrict_to(to, to->l2e, nx_on);
    if (to->l2e & ENTRY_PS) {
        to->large = to->present = true;
        to->reserved |= !!(to->l2e & RESERVED_LARGE);
        to->maddr = (to->l2e & ENTRY_FRAME & ~0x1FFFFFull) |
                    (virtual_address & 0x1FFFFF);
        return true;
    }
    to->l1e = entry_at(run, to->l2e & ENTRY_FRAME,
                       (virtual_address >> 12) & 511);
    if (!(to->l1e & ENTRY_P))
        return false;
    restrict_to(to, to->l1e, nx_on);
    to->present = true;
    to->maddr = (to->l1e & ENTRY_FRAME) | (virtual_address & 0xFFF);
    return true;
}

bool run_read_virtual(const struct run *run, uint32_t virtual_address,
                      void *to, size_t bytes)
{
    uint8_t *at = to;
    struct walk walk;

    /* Twice, so that `to` stays untouched when the end is not mapped. */
    for (unsigned copying = 0; copying < 2; copying++) {
        uint32_t address = virtual_address;
        size_t left = bytes;

        while (left) {
            size_t piece = 4096 - (address & 0xFFF);

            piece = piece < left ? piece : left;
            if (!run_walk(run, address, &walk) ||
                walk.maddr > run->memory_bytes ||
                piece > run->memory_bytes - walk.maddr)
                return false;
            if (copying)
                memcpy(at + (bytes - left), run->memory + walk.maddr, piece);
            left -= piece;
            address += (uint32_t)piece;
        }
    }
    return true;
}

/** The address of the next page that may differ: what is absent at a high
 *  level is absent as a whole. 0: there is none. */
static uint32_t next_candidate(const struct walk *walk, uint32_t address)
{
    uint32_t step = !(walk->l3e & ENTRY_P)                ? 1u << 30
                    : !(walk->l2e & ENTRY_P) || walk->large ? 1u << 21
                                                            : 1u << 12;

    return (address & ~(step - 1)) + step;
}

static bool continues(const struct mapping *mapping, const struct walk *next)
{
    const struct walk *first = &mapping->walk;

    return next->writable == first->writable &&
           next->executable == first->executable &&
           next->user == first->user && next->reserved == first->reserved &&
           next->large == first->large &&
           next->maddr == first->maddr + mapping->bytes;
}

bool run_next_mapping(const struct run *run, uint32_t from, struct mapping *to)
{
    uint32_t address = from & ~0xFFFu;
    struct walk walk;

    *to = (struct mapping){ 0 };
    if (!(run->registers.cr0 & CR0_PG))
        return false;
    while (!run_walk(run, address, &walk)) {
        address = next_candidate(&walk, address);
        if (!address)
            return false;
    }
    to->start = address;
    to->walk = walk;
    do {
        uint32_t next = next_candidate(&walk, address);

        to->bytes += (uint32_t)(next - address);
        address = next;
    } while (address && run_walk(run, address, &walk) &&
             continues(to, &walk));
    return true;
}
