/* SPDX-License-Identifier: MIT */
/**
 * @file memory.c
 * @ingroup guests
 * Pages of the image: which frames they are in, and other mappings for them.
 */
#include "guest.h"

/** The page that the hypervisor shares with us, once shared_info_map() was
 *  called. */
shared_info_t *shared_info;

static uint8_t shared_page[4096] __attribute__((aligned(4096)));

/** The machine frame that an address of the image had at the start of day. */
uint64_t frame_of(const void *page)
{
    const uint32_t *p2m = (const uint32_t *)start_info->mfn_list;

    return p2m[((uint32_t)page - (uint32_t)image_start) >> 12];
}

/**
 * Change the L1 entry of a page.
 *
 * @param page   Page aligned; its L1 table exists.
 * @param entry  Machine address of the frame, and L1_* flags.
 * @retval 0   done, and the old translation is gone.
 * @retval <0  the hypercall's error.
 */
int page_map(void *page, uint64_t entry)
{
    return hypercall_4(update_va_mapping, page, (uint32_t)entry,
                       (uint32_t)(entry >> 32), UVMF_INVLPG | UVMF_LOCAL);
}

/** Map the shared page in place of one of our own; errors as page_map(). */
int shared_info_map(void)
{
    int error = page_map(shared_page, start_info->shared_info | L1_ALL);

    if (error == 0)
        shared_info = (shared_info_t *)shared_page;
    return error;
}
