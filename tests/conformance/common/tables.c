/* SPDX-License-Identifier: MIT */
/**
 * @file tables.c
 * Scratch pages, live tables, single requests: see tables.h.
 */
#include "tables.h"

uint64_t scratch[NR_SCRATCH][512] __attribute__((aligned(4096)));

uint64_t page_entry(unsigned n, uint64_t flags)
{
    return frame_entry(frame_of(scratch[n]), flags);
}

int page_close(unsigned n)
{
    return page_map(scratch[n], page_entry(n, PTE_P | PTE_A));
}

int page_open(unsigned n)
{
    return page_map(scratch[n], page_entry(n, L1_ALL));
}

void page_clear(unsigned n)
{
    (void)page_open(n);
    for (unsigned i = 0; i < 512; i++)
        scratch[n][i] = 0;
}

/** A frame of ours that is mapped since the start of day. */
static uint64_t *page_of_frame(uint64_t frame)
{
    return (uint64_t *)(image_start + ((uint64_t)M2P[frame] << 12));
}

uint64_t *live_l3(void)
{
    return (uint64_t *)start_info->pt_base;
}

uint64_t *live_l2(const void *va)
{
    uint64_t entry = live_l3()[(uint32_t)va >> 30];

    return page_of_frame(entry >> 12 & 0xFFFFFFFF);
}

uint64_t *live_l1(const void *va)
{
    uint64_t entry = live_l2(va)[(uint32_t)va >> 21 & 511];

    return page_of_frame(entry >> 12 & 0xFFFFFFFF);
}

uint64_t table_frame(const uint64_t *table)
{
    return frame_of(table);
}

uint64_t entry_address(const uint64_t *entry)
{
    return frame_of(entry) << 12 | ((uint32_t)entry & 0xFFF);
}

/* Low frames are the firmware's and the loader's: those from 4 MB on are
 * tried, as far as the first frame of ours is high. */
uint64_t free_frame(void)
{
    uint64_t frame = 0x400;

    while (M2P[frame] != M2P_NONE)
        frame++;
    return frame;
}

int32_t update_as(uint64_t ptr, uint64_t value, uint32_t domains)
{
    struct mmu_update request = { .ptr = ptr, .val = value };

    return hypercall_4(mmu_update, &request, 1, 0, domains);
}

int32_t update(uint64_t ptr, uint64_t value)
{
    return update_as(ptr, value, DOMID_SELF);
}

int32_t ext_as(unsigned cmd, uint64_t arg1, uint32_t arg2, uint32_t domain)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.mfn = (xen_pfn_t)arg1;
    op.arg2.nr_ents = arg2;
    return hypercall_4(mmuext_op, &op, 1, 0, domain);
}

int32_t ext(unsigned cmd, uint64_t arg1, uint32_t arg2)
{
    return ext_as(cmd, arg1, arg2, DOMID_SELF);
}
