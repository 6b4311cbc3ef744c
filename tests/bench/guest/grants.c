/* SPDX-License-Identifier: MIT */
/**
 * @file grants.c
 * Rows: a page that the domain grants to itself, mapped and unmapped.
 */
#include "measure.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>

#define RUNS 64u
#define REF 8u
#define PAGE_GRANTED 9u

static uint8_t table_page[4096] __attribute__((aligned(4096)));
static uint8_t window[4096] __attribute__((aligned(4096)));

static struct gnttab_map_grant_ref map_op;
static struct gnttab_unmap_grant_ref unmap_op;

static int32_t grant(unsigned command, void *op)
{
    return hypercall_3(grant_table_op, command, op, 1);
}

/** The domain's own number, from a port of its own. */
static domid_t own_number(void)
{
    struct evtchn_alloc_unbound port = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_status status = { .dom = DOMID_SELF };

    (void)hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &port);
    status.port = port.port;
    (void)hypercall_2(event_channel_op, EVTCHNOP_status, &status);
    return status.u.unbound.dom;
}

static void set_up(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    struct grant_entry_v1 *entry = (struct grant_entry_v1 *)table_page + REF;
    static xen_pfn_t frame;

    set_xen_guest_handle_raw(setup.frame_list, &frame);
    (void)grant(GNTTABOP_setup_table, &setup);
    (void)page_map(table_page, frame_entry(frame, L1_ALL));
    (void)page_map(window, 0);
    page_clear(PAGE_GRANTED);
    entry->domid = own_number();
    entry->frame = (uint32_t)frame_of(scratch[PAGE_GRANTED]);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    entry->flags = GTF_permit_access;
    map_op = (struct gnttab_map_grant_ref){
        .host_addr = (uint32_t)window, .flags = GNTMAP_host_map, .ref = REF,
        .dom = entry->domid,
    };
}

static void unmap(void)
{
    unmap_op = (struct gnttab_unmap_grant_ref){
        .host_addr = (uint32_t)window, .handle = map_op.handle,
    };
}

void bench_grants(void)
{
    set_up();
    MEASURE(grant_map, RUNS,
            unmap();
            (void)grant(GNTTABOP_unmap_grant_ref, &unmap_op);
            map_op.status = 1,
            0, grant(GNTTABOP_map_grant_ref, &map_op) | map_op.status);
    MEASURE(grant_unmap, RUNS,
            (void)grant(GNTTABOP_map_grant_ref, &map_op);
            unmap(); unmap_op.status = 1,
            0, grant(GNTTABOP_unmap_grant_ref, &unmap_op) | unmap_op.status);
}
