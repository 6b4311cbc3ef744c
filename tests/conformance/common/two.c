/* SPDX-License-Identifier: MIT */
/**
 * @file two.c
 * Grants between two domains: see two.h.
 */
#include "two.h"

uint8_t grant_entries[4096] __attribute__((aligned(4096)));
uint8_t window[NR_WINDOWS][4096] __attribute__((aligned(4096)));
struct gnttab_map_grant_ref two_mapped;

static int32_t grant(unsigned cmd, void *op)
{
    return hypercall_3(grant_table_op, cmd, op, 1);
}

void two_open(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    static xen_pfn_t frame;

    set_xen_guest_handle_raw(setup.frame_list, &frame);
    grant(GNTTABOP_setup_table, &setup);
    page_map(grant_entries, frame_entry(frame, L1_ALL));
    for (unsigned n = 0; n < NR_WINDOWS; n++)
        page_away(window[n]);
}

void two_yield(void)
{
    (void)hypercall_2(sched_op, SCHEDOP_yield, 0);
}

void two_set(uint32_t ref, uint16_t flags, domid_t domid, uint64_t frame)
{
    ENTRIES[ref].frame = (uint32_t)frame;
    ENTRIES[ref].domid = domid;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ENTRIES[ref].flags = flags;
}

int two_map(unsigned n, uint32_t flags, domid_t dom, uint32_t ref)
{
    two_mapped = (struct gnttab_map_grant_ref){
        .host_addr = (uint32_t)window[n], .flags = flags, .ref = ref,
        .dom = dom, .status = 99,
    };
    (void)grant(GNTTABOP_map_grant_ref, &two_mapped);
    return two_mapped.status;
}

int two_unmap(unsigned n, uint32_t handle)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = (uint32_t)window[n], .handle = handle, .status = 99,
    };

    (void)grant(GNTTABOP_unmap_grant_ref, &op);
    return op.status;
}

int two_transfer(uint64_t frame, domid_t to, uint32_t ref)
{
    struct gnttab_transfer op = {
        .mfn = (xen_pfn_t)frame, .domid = to, .ref = ref, .status = 99,
    };

    (void)grant(GNTTABOP_transfer, &op);
    return op.status;
}
