/* SPDX-License-Identifier: MIT */
/**
 * @file crowd.c
 * @page conformance_crowd Conformance: when the hypervisor's memory is gone
 * Property: a call for which the hypervisor has no memory or no mapping left
 * says so and has changed nothing; what was there before goes on working.
 * Source: the interface.
 * Method: one domain cannot use up what the hypervisor has. So the control
 * domain, which makes the checks, has many plain ones of this image beside it.
 * Each of them registers a place for each vCPU's information, offers a port,
 * which says that it is done, and sleeps. Then the control domain takes what
 * is left: mappings for itself, grant tables and ports for the others, whose
 * tables and ports it may ask for, and records of their entries.
 */
#include "tables.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/vcpu.h>

enum { NR_OTHERS = 29, NR_VCPUS = 32, TABLE_MAX = 32 };

/** Entries whose records take one piece of memory, or more. */
#define RECORDS 128u


/** The port that each of the others offers: behind those of its console and
 *  its store. */
#define OFFERED 3u

/** A page a vCPU, so that each can be tried for itself. */
static uint8_t info[NR_VCPUS][4096] __attribute__((aligned(4096)));

static int32_t event(unsigned cmd, void *op)
{
    return hypercall_2(event_channel_op, cmd, op);
}

static int32_t register_info(unsigned vcpu, const void *page)
{
    struct vcpu_register_vcpu_info op = { .mfn = frame_of(page) };

    return hypercall_3(vcpu_op, VCPUOP_register_vcpu_info, vcpu, &op);
}

static int32_t offer(domid_t dom)
{
    struct evtchn_alloc_unbound op = { dom, DOMID_SELF, 0 };

    return event(EVTCHNOP_alloc_unbound, &op);
}

/* --- One of the others --------------------------------------------------- */

static void other(void)
{
    struct sched_poll never = { .nr_ports = 0 };

    for (unsigned i = 1; i < NR_VCPUS; i++)
        (void)register_info(i, info[0]);
    (void)offer(DOMID_SELF);
    for (;;)
        (void)hypercall_2(sched_op, SCHEDOP_poll, &never);
}

/* --- The control domain -------------------------------------------------- */

static void wait_for(domid_t dom)
{
    struct evtchn_status op = { .dom = dom, .port = OFFERED };

    while (event(EVTCHNOP_status, &op) != 0 ||
           op.status != EVTCHNSTAT_unbound)
        (void)hypercall_2(sched_op, SCHEDOP_yield, 0);
}

/** The first vCPU whose information cannot be moved, and what it is told. */
static void mappings(void)
{
    int32_t result = 0;
    unsigned i = 0;

    while (i < NR_VCPUS - 1 && result == 0) {
        i++;
        result = register_info(i, info[i]);
    }
    CHECK_FIRST("vcpu.register_info.no_mapping_left", -XEN_ENOMEM, result);
    CHECK_FIRST("vcpu.register_info.no_mapping_left.again", -XEN_ENOMEM,
                register_info(i, info[i]));
    page_away(info[i]);
    CHECK_FIRST("vcpu.register_info.no_mapping_left.page_is_free", 0,
                ext(MMUEXT_PIN_L1_TABLE, frame_of(info[i]), 0));
}

static int table_grow(domid_t dom, uint32_t nr)
{
    static xen_pfn_t list[TABLE_MAX];
    struct gnttab_setup_table op = {
        .dom = dom, .nr_frames = nr, .status = 99,
    };

    set_xen_guest_handle_raw(op.frame_list, list);
    (void)hypercall_3(grant_table_op, GNTTABOP_setup_table, &op, 1);
    return op.status;
}

static uint32_t table_frames(domid_t dom)
{
    struct gnttab_query_size op = { .dom = dom };

    (void)hypercall_3(grant_table_op, GNTTABOP_query_size, &op, 1);
    return op.nr_frames;
}

/** Use an entry that grants nothing: a record of it is made all the same, and
 *  stays. */
static int use_entry(domid_t dom, grant_ref_t ref)
{
    struct gnttab_map_grant_ref op = {
        .flags = GNTMAP_device_map, .ref = ref, .dom = dom, .status = 99,
    };

    (void)hypercall_3(grant_table_op, GNTTABOP_map_grant_ref, &op, 1);
    return op.status;
}

/** Have records made for all entries of a domain, as long as there is memory.
 *  @return what the last one said. */
static int use_entries(domid_t dom)
{
    int status = GNTST_general_error;

    for (grant_ref_t ref = 0; ref < TABLE_MAX * 512; ref += RECORDS)
        if ((status = use_entry(dom, ref)) == GNTST_no_space)
            return status;
    return status;
}

/** Take all memory: whole pages for tables, and then parts of them. */
static void tables(void)
{
    domid_t dom = 1;
    uint32_t nr;

    while (dom < NR_OTHERS && table_grow(dom, TABLE_MAX) == GNTST_okay &&
           use_entries(dom) != GNTST_no_space)
        dom++;
    dom = NR_OTHERS; /* whose table nobody has made larger */
    nr = table_frames(dom);
    CHECK_FIRST("gnttab.setup_table.no_memory", GNTST_general_error,
                table_grow(dom, TABLE_MAX));
    CHECK_FIRST("gnttab.setup_table.no_memory.kept", nr, table_frames(dom));
    while (table_grow(dom, nr + 1) == GNTST_okay)
        nr++;
    CHECK_FIRST("gnttab.setup_table.no_memory.to_the_last", nr,
                table_frames(dom));
    CHECK_FIRST("gnttab.setup_table.no_memory.no_more", GNTST_okay,
                table_grow(dom, nr));
    for (dom = 1; dom < NR_OTHERS; dom++)
        if (use_entries(dom) == GNTST_no_space)
            break;
    CHECK_FIRST("gnttab.map.no_memory", GNTST_no_space, use_entries(dom));
    CHECK_FIRST("gnttab.map.no_memory.record_there", GNTST_general_error,
                use_entry(1, 0));
}

/** Ports for the others until there is no memory for one more record: a domain
 *  may have all that it can have before. */
static void ports(void)
{
    int32_t result = 0;

    for (domid_t dom = 1; dom <= NR_OTHERS && result != -XEN_ENOMEM; dom++)
        while ((result = offer(dom)) == 0)
            ;
    CHECK_FIRST("evtchn.alloc_unbound.no_memory", -XEN_ENOMEM, result);
    CHECK_FIRST("evtchn.alloc_unbound.no_memory.ours", 0, offer(DOMID_SELF));
}

void family(void)
{
    traps_ready();
    if (is_second())
        other();
    (void)offer(DOMID_SELF); /* the record that more of ours are in */
    for (domid_t dom = 1; dom <= NR_OTHERS; dom++)
        wait_for(dom);
    mappings();
    tables();
    ports();
}
