/* SPDX-License-Identifier: MIT */
/**
 * @file updates.c
 * Rows: single entries of page tables, through each of the ways that the
 * interface has for them.
 *
 * A region of pages that nobody touches is remapped (each page to its
 * neighbour's frame and back), cleared and set again.
 */
#include "measure.h"

#define RUNS 64u
#define PAGES 128u

static uint8_t region[PAGES][4096] __attribute__((aligned(4096)));
static struct mmu_update request[PAGES];

enum change { HOME, SWAP, CLEAR };

static uint64_t entry_for(unsigned page, enum change change)
{
    unsigned frame = change == SWAP ? page ^ 1 : page;

    return change == CLEAR ? 0 : frame_entry(frame_of(region[frame]), L1_ALL);
}

/** Requests that bring every page into a state. */
static void request_all(enum change change)
{
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t *entry = &live_l1(region[i])[(uint32_t)region[i] >> 12 & 511];

        request[i].ptr = entry_address(entry) | MMU_NORMAL_PT_UPDATE;
        request[i].val = entry_for(i, change);
    }
}

static int32_t update_pages(unsigned pages)
{
    return hypercall_4(mmu_update, request, pages, 0, DOMID_SELF);
}

/** Before a run: the pages as they are not to be afterwards. */
static void before(enum change now, enum change next)
{
    request_all(now);
    (void)update_pages(PAGES);
    request_all(next);
}

#define UPDATE(id, pages, now, next)                                         \
    MEASURE(id, RUNS, before(now, next), 0,                                  \
            hypercall_4(mmu_update, request, pages, 0, DOMID_SELF))

static void updates(void)
{
    UPDATE(remap_1, 1, HOME, SWAP);
    UPDATE(remap_16, 16, HOME, SWAP);
    UPDATE(remap_128, 128, HOME, SWAP);
    UPDATE(clear_1, 1, HOME, CLEAR);
    UPDATE(clear_16, 16, HOME, CLEAR);
    UPDATE(clear_128, 128, HOME, CLEAR);
    UPDATE(set_1, 1, CLEAR, HOME);
    UPDATE(set_16, 16, CLEAR, HOME);
    UPDATE(set_128, 128, CLEAR, HOME);
}

#define VA_MAPPING(id, flush)                                                \
    MEASURE(id, RUNS, before(HOME, SWAP), 0,                                 \
            hypercall_4(update_va_mapping, region[0],                        \
                        (uint32_t)request[0].val,                            \
                        (uint32_t)(request[0].val >> 32), flush))

/** The low half of an entry holds the frame's number: one store remaps. */
static int32_t store(volatile uint32_t *entry, uint32_t value)
{
    *entry = value;
    return 0;
}

void bench_updates(void)
{
    volatile uint32_t *entry = (uint32_t *)&live_l1(region)
        [(uint32_t)region >> 12 & 511];

    updates();
    VA_MAPPING(va_mapping, UVMF_NONE);
    VA_MAPPING(va_mapping_invlpg, UVMF_INVLPG | UVMF_LOCAL);
    (void)hypercall_2(vm_assist, VMASST_CMD_enable,
                      VMASST_TYPE_writable_pagetables);
    MEASURE(table_store, RUNS, before(HOME, SWAP), 0,
            store(entry, (uint32_t)request[0].val));
    request_all(HOME);
    (void)update_pages(PAGES);
}
