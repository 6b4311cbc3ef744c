/* SPDX-License-Identifier: MIT */
/**
 * @file tables.h
 * What the checks about page tables share: scratch pages that can become
 * tables, the live tables, and single requests.
 *
 * A scratch page is written while it is mapped writable and is made a table
 * after page_close(); page_open() takes it back.
 */
#ifndef CONFORMANCE_TABLES_H
#define CONFORMANCE_TABLES_H

#include "check.h"

#include <xen/memory.h>

#define NR_SCRATCH 12u
extern uint64_t scratch[NR_SCRATCH][512];

#define PTE_P 0x001u
#define PTE_RW 0x002u
#define PTE_US 0x004u
#define PTE_PWT 0x008u
#define PTE_PCD 0x010u
#define PTE_A 0x020u
#define PTE_D 0x040u
#define PTE_PSE 0x080u
#define PTE_GLOBAL 0x100u

/** The machine-to-physical table, as ring 1 sees it. */
#define M2P ((const uint32_t *)IN_M2P)
#define M2P_NONE 0xFFFFFFFFu

static inline uint64_t frame_entry(uint64_t frame, uint64_t flags)
{
    return frame << 12 | flags;
}

/** An entry for scratch page `n`. */
uint64_t page_entry(unsigned n, uint64_t flags);

/** Map scratch page `n` read-only, or writable again. @return as page_map() */
int page_close(unsigned n);
int page_open(unsigned n);
/** All zero, and open. */
void page_clear(unsigned n);

/* The live tables, by the read-only mappings of the start of day. */
uint64_t *live_l3(void);
uint64_t *live_l2(const void *va);
uint64_t *live_l1(const void *va);
/** The frame of one of them. */
uint64_t table_frame(const uint64_t *table);
/** The machine address of an entry, for requests. */
uint64_t entry_address(const uint64_t *entry);

/** A frame that nobody owns. */
uint64_t free_frame(void);

/** One request of mmu_update. */
int32_t update_as(uint64_t ptr, uint64_t value, uint32_t domains);
int32_t update(uint64_t ptr, uint64_t value);

/** One operation of mmuext_op. */
int32_t ext(unsigned cmd, uint64_t arg1, uint32_t arg2);
int32_t ext_as(unsigned cmd, uint64_t arg1, uint32_t arg2, uint32_t domain);

#endif
