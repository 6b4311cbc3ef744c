/* SPDX-License-Identifier: MIT */
/**
 * @file first_tables.c
 * The first domain's page tables, written directly.
 *
 *     L3 --> L2 of the image --> L1s --> every page of [virt_base, end)
 *       \--> L2 of slot 3: the hypervisor's entries from 0x1AC on
 *
 * The pages that hold the tables themselves are mapped read-only: a table
 * that its guest could write would not be worth validating. memory_adopt()
 * then gives them their types, and one L3 holds all of them: it is pinned.
 *
 * Source: [XenABI] xen/xen.h, "Start-of-day memory layout".
 */
#include "builder.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "lib.h"

/* Entries as the interface gives them at the start: L1s without US, because
 * ring 1 is supervisor to the page tables. */
#define L1_FLAGS (PTE_P | PTE_RW | PTE_A)
#define L2_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)
#define L3_FLAGS PTE_P

/** The n-th table frame: 0 is the L3, then the L2s, then the L1s. */
static mfn_t table_frame(const struct build *b, uint32_t n)
{
    return build_frame_at(b, b->layout.tables_va + n * PAGE_SIZE);
}

static bool is_table(const struct build *b, uint32_t va)
{
    return va >= b->layout.tables_va &&
           va < b->layout.tables_va + b->layout.nr_tables * PAGE_SIZE;
}

/** Set one entry of a table. */
static void set_entry(mfn_t table, unsigned index, mfn_t to, uint64_t flags)
{
    uint64_t *window = window_map(table);

    window[index] = mfn_to_maddr(to).a | flags;
    window_unmap(window);
}

/** One L1 table: the part of [virt_base, end) that starts at `va`. */
static void write_l1(const struct build *b, mfn_t table, uint32_t va)
{
    uint64_t *entry = window_map(table);

    for (unsigned i = l1_index(va); i < TABLE_ENTRIES; i++, va += PAGE_SIZE) {
        uint64_t flags = L1_FLAGS;

        if (is_table(b, va))
            flags &= ~(uint64_t)PTE_RW;
        entry[i] = mfn_to_maddr(build_frame_at(b, va)).a | flags;
    }
    window_unmap(entry);
}

/** The hypervisor's own entries, shared by every address space. */
static void write_reserved_slots(mfn_t l2)
{
    uint64_t *entry = window_map(l2);

    table_write_reserved_slots(entry);
    window_unmap(entry);
}

/**
 * Write the domain's first tables and give them their types.
 *
 * @param b  Populated; layout->end is 4 MB aligned, so that the L1s cover it
 *           exactly.
 * @context{boot}
 * @return The L3: pinned, and with one more reference for a vCPU's base.
 * @par Source
 * [XenABI] xen/xen.h, "Start-of-day memory layout".
 */
mfn_t build_tables(const struct build *b)
{
    const struct guest_layout *layout = &b->layout;
    unsigned first_slot = l3_index(layout->virt_base);
    mfn_t l3 = table_frame(b, 0);
    uint32_t va = layout->virt_base;

    for (uint32_t i = 0; i < layout->nr_l2; i++) {
        unsigned slot = i == layout->nr_l2 - 1 ? 3 : first_slot + i;

        set_entry(l3, slot, table_frame(b, 1 + i), L3_FLAGS);
    }
    for (uint32_t i = 0; i < layout->nr_l1; i++) {
        mfn_t l2 = table_frame(b, 1 + l3_index(va) - first_slot);
        mfn_t l1 = table_frame(b, 1 + layout->nr_l2 + i);

        set_entry(l2, l2_index(va), l1, L2_FLAGS);
        write_l1(b, l1, va);
        va = (va & ~(TABLE_ENTRIES * PAGE_SIZE - 1)) +
             TABLE_ENTRIES * PAGE_SIZE;
    }
    BUG_ON(va != layout->end);
    write_reserved_slots(table_frame(b, layout->nr_l2));
    memory_adopt(b->domain, l3, FRAME_L3); /* the pin's */
    frame_info(l3)->flags |= PAGE_PINNED;
    memory_adopt(b->domain, l3, FRAME_L3); /* the vCPU's base */
    return l3;
}
