/* SPDX-License-Identifier: MIT */
/**
 * @file pair.c
 * @page conformance_pair Conformance: two domains
 * Property: a channel and grants work between two domains as they do within
 * one; neither side can do more than the other allows; when one ends, the other
 * finds its end of the channel unbound, keeps what it has mapped, and can map
 * nothing new; what it held of the other's is free again. A domain without
 * privilege is refused whatever it asks in another one's name.
 * Source: the interface.
 * Method: two domains of this image, 1 and 2, in turns: the one whose turn it
 * is does something and signals. The first one ends in the middle.
 *
 *     first                                second
 *     grants, offers a port
 *                                          binds, maps, writes, signals
 *     looks, cannot take back, signals
 *                                          unmaps, gives a frame, grants,
 *                                          signals
 *     looks, maps, ends
 *                                          looks
 */
#include "clock.h"
#include "two.h"

#include <xen/event_channel.h>

enum { RW = 8, READONLY, TO_OTHER, PLACE, BACK };
enum { SHARED, SECRET, SPARE };

/** The port that the first takes: behind those of its store and console. */
#define OFFERED 3u

static evtchn_port_t port;
static uint32_t first_handle; /* of the second's first mapping */

#define BUSY_RW (GTF_permit_access | GTF_reading | GTF_writing)

/** Turns until all is given up that the other one held: more than enough. */
#define END_TURNS 1000u

/** And how long until its memory is, which goes last. */
#define GONE_NS (100 * MS)

static int32_t event(unsigned cmd, void *op)
{
    return hypercall_2(event_channel_op, cmd, op);
}

static int32_t grant(unsigned cmd, void *op)
{
    return hypercall_3(grant_table_op, cmd, op, 1);
}

/** Wait until the other one has signalled, and take that. */
static void wait(void)
{
    uint32_t bit = 1u << port % 32;

    while (!(__atomic_fetch_and(&shared_info->evtchn_pending[port / 32], ~bit,
                                __ATOMIC_SEQ_CST) & bit))
        two_yield();
}

static int32_t signal(void)
{
    struct evtchn_send op = { port };

    return event(EVTCHNOP_send, &op);
}

static uint32_t status_of_port(struct evtchn_status *status)
{
    status->dom = DOMID_SELF;
    status->port = port;
    (void)event(EVTCHNOP_status, status);
    return status->status;
}

/* --- The first ------------------------------------------------------------ */

static void offer(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, SECOND, 0 };

    page_clear(SHARED);
    page_clear(SECRET);
    *word(scratch[SECRET]) = 0x5EC2E7;
    two_open();
    two_set(RW, GTF_permit_access, SECOND, frame_of(scratch[SHARED]));
    two_set(READONLY, GTF_permit_access | GTF_readonly, SECOND,
              frame_of(scratch[SECRET]));
    two_set(TO_OTHER, GTF_permit_access, FIRST, frame_of(scratch[SECRET]));
    CHECK_FIRST("pair.alloc_unbound", 0,
                event(EVTCHNOP_alloc_unbound, &alloc));
    CHECK_FIRST("pair.alloc_unbound.port", OFFERED, alloc.port);
    port = alloc.port;
}

/** A frame less, so that there is room for one that is given. */
static void make_room(void)
{
    static xen_pfn_t frame;
    struct xen_memory_reservation less = {
        .nr_extents = 1, .domid = DOMID_SELF,
    };

    frame = (xen_pfn_t)frame_of(scratch[SPARE]);
    page_away(scratch[SPARE]);
    set_xen_guest_handle_raw(less.extent_start, &frame);
    CHECK_FIRST("pair.room_for_a_frame", 1,
                hypercall_2(memory_op, XENMEM_decrease_reservation, &less));
    two_set(PLACE, GTF_accept_transfer, SECOND, 0);
}

static void first(void)
{
    struct evtchn_status status;
    uint16_t flags = GTF_permit_access;

    offer();
    make_room();
    wait();
    CHECK_FIRST("pair.first.channel", EVTCHNSTAT_interdomain,
                status_of_port(&status));
    CHECK_FIRST("pair.first.channel.dom", SECOND, status.u.interdomain.dom);
    CHECK_FIRST("pair.first.mapped", BUSY_RW, ENTRIES[RW].flags);
    CHECK_FIRST("pair.first.written", 0xC0FFEE, *word(scratch[SHARED]));
    CHECK_FIRST("pair.first.cannot_take_back", 0,
                __atomic_compare_exchange_n((uint16_t *)&ENTRIES[RW].flags,
                                            &flags, 0, false,
                                            __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST));
    CHECK_FIRST("pair.first.mapped_frame_is_no_table", -XEN_EINVAL,
                (page_away(scratch[SHARED]),
                 ext(MMUEXT_PIN_L1_TABLE, frame_of(scratch[SHARED]), 0)));
    CHECK_FIRST("pair.first.signal", 0, signal());
    wait();
    CHECK_FIRST("pair.first.unmapped", GTF_permit_access,
                ENTRIES[RW].flags);
    CHECK_FIRST("pair.first.mapped_read_only",
                GTF_permit_access | GTF_readonly | GTF_reading,
                ENTRIES[READONLY].flags);
    CHECK_FIRST("pair.first.got_a_frame",
                GTF_accept_transfer | GTF_transfer_committed |
                    GTF_transfer_completed, ENTRIES[PLACE].flags);
    CHECK_FIRST("pair.first.got_a_frame.map", 0,
                page_map(window[1],
                         frame_entry(ENTRIES[PLACE].frame, L1_ALL)));
    CHECK_FIRST("pair.first.got_a_frame.content", 0x61F7,
                *word(window[1]));
    CHECK_FIRST("pair.first.maps_back", GNTST_okay,
                two_map(0, GNTMAP_host_map | GNTMAP_device_map, SECOND, BACK));
    CHECK_FIRST("pair.first.signal_again", 0, signal());
}

/* --- The second ----------------------------------------------------------- */

static void bind(void)
{
    struct evtchn_bind_interdomain op = { FIRST, OFFERED, 0 };

    while (event(EVTCHNOP_bind_interdomain, &op) != 0)
        two_yield();
    port = op.local_port;
    CHECK_SECOND("pair.bind.twice", -XEN_EINVAL,
                 event(EVTCHNOP_bind_interdomain, &op));
    wait(); /* a new end is pending at once */
}

/** A foreign frame's lines, while it is mapped by a grant. */
static int32_t flush_lines(uint64_t frame)
{
    struct gnttab_cache_flush op = { .a.dev_bus_addr = frame << 12,
                                     .length = 64,
                                     .op = GNTTAB_CACHE_CLEAN };

    return grant(GNTTABOP_cache_flush, &op);
}

static void mapping(void)
{
    uint32_t frame;

    CHECK_SECOND("pair.second.map_rw", GNTST_okay,
                 two_map(0, GNTMAP_host_map, FIRST, RW));
    first_handle = two_mapped.handle;
    frame = (uint32_t)(two_mapped.dev_bus_addr >> 12);
    *word(window[0]) = 0xC0FFEE;
    CHECK_SECOND("gnttab.cache_flush.mapped_frame", 0, flush_lines(frame));
    CHECK_SECOND("pair.second.not_for_us", GNTST_general_error,
                 two_map(1, GNTMAP_host_map, FIRST, TO_OTHER));
    CHECK_SECOND("pair.second.not_to_be_written", GNTST_general_error,
                 two_map(1, GNTMAP_host_map, FIRST, READONLY));
    CHECK_SECOND("pair.second.by_an_ordinary_update", -XEN_EBUSY,
                 page_map(window[1], frame_entry(frame, PTE_P)));
    CHECK_SECOND("pair.second.pin_a_foreign_frame", -XEN_EINVAL,
                 ext(MMUEXT_PIN_L1_TABLE, frame, 0));
}

static void copy(void)
{
    struct gnttab_copy op = {
        .source = { { .ref = READONLY }, FIRST, 0 },
        .dest = { { .gmfn = (xen_pfn_t)frame_of(scratch[SHARED]) },
                  DOMID_SELF, 0 },
        .len = 4, .flags = GNTCOPY_source_gref, .status = 99,
    };

    CHECK_SECOND("pair.second.copy", GNTST_okay,
                 (grant(GNTTABOP_copy, &op), op.status));
    CHECK_SECOND("pair.second.copy.bytes", 0x5EC2E7,
                 *word(scratch[SHARED]));
}

static void transfer(void)
{
    uint64_t frame = frame_of(scratch[SPARE]);

    *word(scratch[SPARE]) = 0x61F7;
    page_away(scratch[SPARE]);
    CHECK_SECOND("pair.second.transfer", GNTST_okay,
                 two_transfer(frame, FIRST, PLACE));
    CHECK_SECOND("gnttab.cache_flush.foreign_frame", -XEN_EINVAL,
                 flush_lines(frame));
    CHECK_SECOND("pair.second.transfer.is_not_ours_any_more", -XEN_EBUSY,
                 page_map(scratch[SPARE], frame_entry(frame, L1_ALL)));
}

/* --- In another one's name ----------------------------------------------- */

static void grants_of_other(void)
{
    static xen_pfn_t frame;
    struct gnttab_setup_table setup = {
        .dom = FIRST, .nr_frames = 1, .status = 99,
    };
    struct gnttab_query_size size = { .dom = FIRST, .status = 99 };
    struct gnttab_dump_table dump = { .dom = FIRST, .status = 99 };
    struct gnttab_get_version version = { .dom = FIRST };

    set_xen_guest_handle_raw(setup.frame_list, &frame);
    CHECK_SECOND("gnttab.setup_table.of_another", GNTST_permission_denied,
                 (grant(GNTTABOP_setup_table, &setup), setup.status));
    CHECK_SECOND("gnttab.setup_table.of_another.list", 0, frame);
    CHECK_SECOND("gnttab.query_size.of_another", GNTST_permission_denied,
                 (grant(GNTTABOP_query_size, &size), size.status));
    CHECK_SECOND("gnttab.query_size.of_another.nr_frames", 0,
                 size.nr_frames);
    CHECK_SECOND("gnttab.dump_table.of_another", GNTST_permission_denied,
                 (grant(GNTTABOP_dump_table, &dump), dump.status));
    CHECK_SECOND("gnttab.get_version.of_another", -XEN_EPERM,
                 grant(GNTTABOP_get_version, &version));
}

static void channels_of_other(void)
{
    struct evtchn_alloc_unbound alloc = { FIRST, SECOND, 99 };
    struct evtchn_status status = { .dom = FIRST, .port = OFFERED,
                                    .status = 99 };
    struct evtchn_reset reset = { FIRST };

    CHECK_SECOND("evtchn.alloc_unbound.for_another", -XEN_EPERM,
                 event(EVTCHNOP_alloc_unbound, &alloc));
    CHECK_SECOND("evtchn.alloc_unbound.for_another.port", 99, alloc.port);
    CHECK_SECOND("evtchn.status.of_another", -XEN_EPERM,
                 event(EVTCHNOP_status, &status));
    CHECK_SECOND("evtchn.status.of_another.status", 99, status.status);
    CHECK_SECOND("evtchn.reset.of_another", -XEN_EPERM,
                 event(EVTCHNOP_reset, &reset));
}

static void memory_of_other(void)
{
    uint64_t own = frame_entry(frame_of(scratch[SECRET]), L1_ALL);
    uint64_t slot = entry_address(
        &live_l1(window[1])[(uint32_t)window[1] >> 12 & 511]);
    struct sched_remote_shutdown end = { FIRST, SHUTDOWN_crash };
    domid_t other = FIRST;

    CHECK_SECOND("mmu_update.of_another", -XEN_EPERM,
                 update_as(slot, own, FIRST));
    CHECK_SECOND("update_va_mapping_otherdomain.of_another", -XEN_EPERM,
                 hypercall(__HYPERVISOR_update_va_mapping_otherdomain,
                           (uint32_t)window[1], (uint32_t)own,
                           (uint32_t)(own >> 32), 0, FIRST));
    CHECK_SECOND("mmuext_op.of_another", -XEN_EPERM,
                 ext_as(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, FIRST));
    CHECK_SECOND("memory_op.current_reservation.of_another", -XEN_EPERM,
                 hypercall_2(memory_op, XENMEM_current_reservation, &other));
    CHECK_SECOND("sched.remote_shutdown.of_another", -XEN_EPERM,
                 hypercall_2(sched_op, SCHEDOP_remote_shutdown, &end));
}

/** The other one ends, with a frame of ours mapped and one of its own mapped
 *  by us. */
static void survive(uint32_t handle)
{
    struct evtchn_status status;
    struct sched_poll gone = { .nr_ports = 0 };

    while (status_of_port(&status) == EVTCHNSTAT_interdomain)
        two_yield();
    CHECK_SECOND("pair.end.port_is_unbound", EVTCHNSTAT_unbound,
                 status.status);
    CHECK_SECOND("pair.end.send", 0, signal());
    for (unsigned i = 0; ENTRIES[BACK].flags != GTF_permit_access &&
                         i < END_TURNS; i++)
        two_yield();
    CHECK_SECOND("pair.end.our_grant_is_free", GTF_permit_access,
                 ENTRIES[BACK].flags);
    gone.timeout = clock_now() + GONE_NS;
    (void)hypercall_2(sched_op, SCHEDOP_poll, &gone);
    CHECK_SECOND("pair.end.mapping_stays", 0x5EC2E7, *word(window[1]));
    CHECK_SECOND("pair.end.no_new_mapping", GNTST_bad_domain,
                 two_map(0, GNTMAP_host_map | GNTMAP_readonly, FIRST,
                         READONLY));
    CHECK_SECOND("pair.end.unmap", GNTST_okay, two_unmap(1, handle));
}

static void second(void)
{
    two_open();
    page_clear(SHARED);
    two_set(BACK, GTF_permit_access, FIRST, frame_of(scratch[SECRET]));
    bind();
    mapping();
    grants_of_other();
    channels_of_other();
    memory_of_other();
    CHECK_SECOND("pair.second.signal", 0, signal());
    wait();
    CHECK_SECOND("pair.second.unmap", GNTST_okay, two_unmap(0, first_handle));
    copy();
    transfer();
    CHECK_SECOND("pair.second.map_ro", GNTST_okay,
                 two_map(1, GNTMAP_host_map | GNTMAP_readonly, FIRST,
                         READONLY));
    CHECK_SECOND("pair.second.signal_again", 0, signal());
    wait();
    CHECK_SECOND("pair.second.is_mapped", BUSY_RW, ENTRIES[BACK].flags);
    survive(two_mapped.handle);
}

void family(void)
{
    traps_ready();
    if (is_second())
        second();
    else
        first();
}
