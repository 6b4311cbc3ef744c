/* SPDX-License-Identifier: MIT */
/**
 * @file page.c
 * Pages of the image, and single operations on tables.
 */
#include "check.h"

uint64_t maddr_of(const void *page)
{
    return frame_of(page) << 12 | ((uint32_t)page & 0xFFF);
}

int page_read_only(void *page)
{
    return page_map(page, maddr_of(page) | L1_PRESENT | L1_ACCESSED);
}

int page_writable(void *page)
{
    return page_map(page, maddr_of(page) | L1_ALL);
}

int page_away(void *page)
{
    return page_map(page, 0);
}

int32_t mmuext(unsigned cmd, uint32_t arg1, uint32_t arg2)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.mfn = arg1;
    op.arg2.nr_ents = arg2;
    return hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF);
}

int32_t update_entry(uint64_t where, uint64_t entry)
{
    struct mmu_update request = { .ptr = where, .val = entry };

    return hypercall_4(mmu_update, &request, 1, 0, DOMID_SELF);
}
