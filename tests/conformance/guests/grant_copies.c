/* SPDX-License-Identifier: MIT */
/**
 * @file grant_copies.c
 * @page conformance_grant_copies Conformance: grant copies and transfers
 * Property: a copy moves exactly the bytes that were asked for between frames
 * that the caller may read and write; a transferred frame leaves its owner and
 * arrives at the place that was offered; each wrong argument has its own
 * status, and then nothing has changed.
 * Source: the interface; the observed statuses.
 * Method: the domain copies from and to itself and gives frames to itself,
 * with each argument wrong once; many copies in one call.
 */
#include "tables.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>

enum { FROM = 8, TO, READONLY, PLACE, PLACE_FOR_OTHER, EMPTY, L1 };
enum { SOURCE, TARGET, L1_PAGE };

static uint8_t grant_entries[4096] __attribute__((aligned(4096)));
static domid_t own;

#define ENTRIES ((volatile struct grant_entry_v1 *)grant_entries)

static int32_t grant(unsigned cmd, void *op, unsigned nr)
{
    return hypercall_3(grant_table_op, cmd, op, nr);
}

static void set_entry(uint32_t ref, uint16_t flags, domid_t domid,
                      uint64_t frame)
{
    ENTRIES[ref].frame = (uint32_t)frame;
    ENTRIES[ref].domid = domid;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ENTRIES[ref].flags = flags;
}

static void tables(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    static xen_pfn_t frame;
    struct evtchn_alloc_unbound port = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_status status = { .dom = DOMID_SELF };

    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &port);
    status.port = port.port;
    hypercall_2(event_channel_op, EVTCHNOP_status, &status);
    own = status.u.unbound.dom;
    set_xen_guest_handle_raw(setup.frame_list, &frame);
    grant(GNTTABOP_setup_table, &setup, 1);
    page_map(grant_entries, frame_entry(frame, L1_ALL));
    page_clear(L1_PAGE);
    page_close(L1_PAGE);
    ext(MMUEXT_PIN_L1_TABLE, frame_of(scratch[L1_PAGE]), 0);
    set_entry(FROM, GTF_permit_access | GTF_readonly, own,
              frame_of(scratch[SOURCE]));
    set_entry(TO, GTF_permit_access, own, frame_of(scratch[TARGET]));
    set_entry(READONLY, GTF_permit_access | GTF_readonly, own,
              frame_of(scratch[TARGET]));
    set_entry(L1, GTF_permit_access, own, frame_of(scratch[L1_PAGE]));
    set_entry(PLACE, GTF_accept_transfer, own, 0);
    set_entry(PLACE_FOR_OTHER, GTF_accept_transfer, own + 1, 0);
}

/** The next copy: by frame, from page to page, 64 bytes. */
static struct gnttab_copy op;

static void fresh(void)
{
    op = (struct gnttab_copy){
        .source = { .u.gmfn = (xen_pfn_t)frame_of(scratch[SOURCE]),
                    .domid = DOMID_SELF, .offset = 16 },
        .dest = { .u.gmfn = (xen_pfn_t)frame_of(scratch[TARGET]),
                  .domid = DOMID_SELF, .offset = 32 },
        .len = 64, .status = 99,
    };
}

static void from_ref(uint32_t ref)
{
    op.flags |= GNTCOPY_source_gref;
    op.source.u.ref = ref;
    op.source.domid = own;
}

static void to_ref(uint32_t ref)
{
    op.flags |= GNTCOPY_dest_gref;
    op.dest.u.ref = ref;
    op.dest.domid = own;
}

/** Status, and how many bytes of the target are not what they were; 0xBAD
 *  bytes if they are not the source's. */
#define COPIED(status, bytes) ((uint32_t)(uint16_t)(status) << 16 | (bytes))

static uint32_t copy(void)
{
    const volatile uint8_t *target = (const uint8_t *)scratch[TARGET];
    uint32_t changed = 0;

    for (unsigned i = 0; i < 4096; i++) {
        ((volatile uint8_t *)scratch[SOURCE])[i] = (uint8_t)(i * 7 | 1);
        ((volatile uint8_t *)scratch[TARGET])[i] = 0;
    }
    if (grant(GNTTABOP_copy, &op, 1) != 0)
        return 0xBAD;
    for (unsigned i = 0; i < 4096; i++) {
        unsigned source = i - op.dest.offset + op.source.offset;

        if (target[i] == 0)
            continue;
        changed++;
        if (i < op.dest.offset || i >= op.dest.offset + op.len ||
            target[i] != (uint8_t)(source * 7 | 1))
            return COPIED(op.status, 0xBAD);
    }
    return COPIED(op.status, changed);
}

static void good_copies(void)
{
    fresh();
    CHECK("gnttab.copy.frame_to_frame", COPIED(GNTST_okay, 64), copy());
    fresh();
    from_ref(FROM);
    CHECK("gnttab.copy.gref_to_frame", COPIED(GNTST_okay, 64), copy());
    from_ref(FROM);
    to_ref(TO);
    CHECK("gnttab.copy.gref_to_gref", COPIED(GNTST_okay, 64), copy());
    CHECK("gnttab.copy.entries_are_free_again", GTF_permit_access,
          ENTRIES[TO].flags);
    CHECK("gnttab.copy.source_is_free_again",
          GTF_permit_access | GTF_readonly, ENTRIES[FROM].flags);
    fresh();
    op.flags = 0xFFFC;
    CHECK("gnttab.copy.bad_flags", COPIED(GNTST_okay, 64), copy());
    fresh();
    op.source.offset = op.dest.offset = 0;
    op.len = 4096;
    CHECK("gnttab.copy.whole_page", COPIED(GNTST_okay, 4096), copy());
    fresh();
    op.dest.offset = 4095;
    op.len = 1;
    CHECK("gnttab.copy.last_byte", COPIED(GNTST_okay, 1), copy());
    fresh();
    op.len = 0;
    CHECK("gnttab.copy.nothing", COPIED(GNTST_okay, 0), copy());
    op.source.offset = op.dest.offset = 4096;
    CHECK("gnttab.copy.nothing_at_the_end", COPIED(GNTST_okay, 0), copy());
}

static void bad_copies(void)
{
    const uint32_t error = COPIED(GNTST_general_error, 0);

    fresh();
    op.source.offset = 4096 - 63;
    CHECK("gnttab.copy.len_crosses_page", COPIED(GNTST_bad_copy_arg, 0),
          copy());
    fresh();
    op.dest.offset = 4096 - 63;
    CHECK("gnttab.copy.len_crosses_target", COPIED(GNTST_bad_copy_arg, 0),
          copy());
    fresh();
    op.source.offset = 4097;
    op.len = 0;
    CHECK("gnttab.copy.offset_4097", COPIED(GNTST_bad_copy_arg, 0), copy());
    fresh();
    op.len = 0xFFFF;
    CHECK("gnttab.copy.len_max", COPIED(GNTST_bad_copy_arg, 0), copy());
    fresh();
    from_ref(EMPTY);
    CHECK("gnttab.copy.empty_entry", error, copy());
    from_ref(512);
    CHECK("gnttab.copy.ref_beyond_table", COPIED(GNTST_bad_gntref, 0),
          copy());
    from_ref(FROM);
    op.source.domid = DOM_UNKNOWN;
    CHECK("gnttab.copy.dom_unknown", COPIED(GNTST_bad_domain, 0), copy());
    fresh();
    to_ref(READONLY);
    CHECK("gnttab.copy.to_readonly", error, copy());
    fresh();
    op.dest.u.gmfn = (xen_pfn_t)frame_of(scratch[L1_PAGE]);
    CHECK("gnttab.copy.to_l1_table", error, copy());
    fresh();
    to_ref(L1);
    CHECK("gnttab.copy.to_granted_l1_table", error, copy());
    CHECK("gnttab.copy.to_granted_l1_table.entry", GTF_permit_access,
          ENTRIES[L1].flags);
    fresh();
    op.source.domid = own;
    CHECK("gnttab.copy.frame_of_numeric_self",
          COPIED(GNTST_permission_denied, 0), copy());
    fresh();
    op.dest.u.gmfn = FRAME_BEYOND_MEMORY;
    CHECK("gnttab.copy.frame_beyond_memory", COPIED(GNTST_bad_page, 0),
          copy());
    fresh();
    op.dest.u.gmfn = (xen_pfn_t)free_frame();
    CHECK("gnttab.copy.free_frame", COPIED(GNTST_bad_page, 0), copy());
    CHECK("gnttab.copy.bad_pointer", -XEN_EFAULT,
          grant(GNTTABOP_copy, NULL, 1));
}

/** More than one share of work: the call is continued. */
static void many_copies(void)
{
    static struct gnttab_copy list[200];
    unsigned okay = 0;

    fresh();
    op.len = 4000;
    for (unsigned i = 0; i < 200; i++)
        list[i] = op;
    CHECK("gnttab.copy.many", 0, grant(GNTTABOP_copy, list, 200));
    for (unsigned i = 0; i < 200; i++)
        okay += list[i].status == GNTST_okay;
    CHECK("gnttab.copy.many.statuses", 200, okay);
}

static uint32_t transfer(uint64_t frame, domid_t to, uint32_t ref)
{
    struct gnttab_transfer transfer = {
        .mfn = (xen_pfn_t)frame, .domid = to, .ref = ref, .status = 99,
    };

    if (grant(GNTTABOP_transfer, &transfer, 1) != 0)
        return 0xBAD;
    return (uint32_t)transfer.status;
}

/** A frame of ours without a use. */
static uint64_t spare_frame(void)
{
    static xen_pfn_t frame;
    struct xen_memory_reservation more = {
        .nr_extents = 1, .domid = DOMID_SELF,
    };

    set_xen_guest_handle_raw(more.extent_start, &frame);
    (void)hypercall_2(memory_op, XENMEM_increase_reservation, &more);
    return frame;
}

static void transfers(void)
{
    static uint8_t page[4096] __attribute__((aligned(4096)));
    xen_pfn_t unused = (xen_pfn_t)frame_of(page);
    struct xen_memory_reservation less = {
        .nr_extents = 1, .domid = DOMID_SELF,
    };
    uint64_t spare;

    /* The domain has all the frames that it may have: make room for one. */
    page_away(page);
    set_xen_guest_handle_raw(less.extent_start, &unused);
    hypercall_2(memory_op, XENMEM_decrease_reservation, &less);
    CHECK("gnttab.transfer.dom_unknown", GNTST_bad_domain,
          transfer(frame_of(scratch[3]), DOM_UNKNOWN, PLACE));
    CHECK("gnttab.transfer.in_use", GNTST_bad_page,
          transfer(frame_of(scratch[3]), own, PLACE));
    CHECK("gnttab.transfer.table", GNTST_bad_page,
          transfer(frame_of(scratch[L1_PAGE]), own, PLACE));
    CHECK("gnttab.transfer.free_frame", GNTST_bad_page,
          transfer(free_frame(), own, PLACE));
    CHECK("gnttab.transfer.frame_beyond_memory", GNTST_bad_page,
          transfer(FRAME_BEYOND_MEMORY, own, PLACE));
    page_away(scratch[3]);
    spare = frame_of(scratch[3]);
    CHECK("gnttab.transfer.ref_beyond_table", GNTST_general_error,
          transfer(spare, own, 512));
    CHECK("gnttab.transfer.no_place", GNTST_general_error,
          transfer(spare, own, EMPTY));
    CHECK("gnttab.transfer.permit_access", GNTST_general_error,
          transfer(spare, own, TO));
    CHECK("gnttab.transfer.place_for_other", GNTST_general_error,
          transfer(spare, own, PLACE_FOR_OTHER));
    CHECK("gnttab.transfer.good", GNTST_okay, transfer(spare, own, PLACE));
    CHECK("gnttab.transfer.good.flags",
          GTF_accept_transfer | GTF_transfer_committed |
              GTF_transfer_completed, ENTRIES[PLACE].flags);
    CHECK("gnttab.transfer.good.frame", (uint32_t)spare,
          ENTRIES[PLACE].frame);
    CHECK("gnttab.transfer.good.m2p", M2P_NONE, M2P[spare]);
    CHECK("gnttab.transfer.good.is_ours", 0,
          page_map(scratch[3], frame_entry(spare, L1_ALL)));
    page_away(scratch[3]);
    CHECK("gnttab.transfer.place_is_taken", GNTST_general_error,
          transfer(spare, own, PLACE));
    set_entry(PLACE, GTF_accept_transfer, own, 0);
    CHECK("gnttab.transfer.no_room", GNTST_general_error,
          (spare_frame(), transfer(spare, own, PLACE)));
    CHECK("gnttab.transfer.no_room.flags", GTF_accept_transfer,
          ENTRIES[PLACE].flags);
    CHECK("gnttab.transfer.bad_pointer", -XEN_EFAULT,
          grant(GNTTABOP_transfer, NULL, 1));
}

/** What is asked about a table. */
static void questions(void)
{
    struct gnttab_get_version version = { .dom = DOMID_SELF };
    struct gnttab_dump_table dump = { .dom = DOMID_SELF, .status = 99 };
    struct gnttab_query_size size = { .dom = own };

    CHECK("gnttab.get_version.self", 0,
          grant(GNTTABOP_get_version, &version, 1));
    CHECK("gnttab.get_version.self.version", 1, version.version);
    version.dom = DOM_UNKNOWN;
    CHECK("gnttab.get_version.dom_unknown", -XEN_ESRCH,
          grant(GNTTABOP_get_version, &version, 1));
    CHECK("gnttab.get_version.null", -XEN_EFAULT,
          grant(GNTTABOP_get_version, NULL, 1));
    CHECK("gnttab.dump_table.self", 0, grant(GNTTABOP_dump_table, &dump, 1));
    CHECK("gnttab.dump_table.self.status", GNTST_okay, dump.status);
    dump.dom = DOM_UNKNOWN;
    CHECK("gnttab.dump_table.dom_unknown.status", GNTST_bad_domain,
          (grant(GNTTABOP_dump_table, &dump, 1), dump.status));
    CHECK("gnttab.dump_table.null", -XEN_EFAULT,
          grant(GNTTABOP_dump_table, NULL, 1));
    CHECK("gnttab.query_size.self", 0, grant(GNTTABOP_query_size, &size, 1));
    CHECK("gnttab.query_size.self.frames", 1, size.nr_frames);
    CHECK("gnttab.query_size.self.most", 32, size.max_nr_frames);
    CHECK("gnttab.query_size.null", -XEN_EFAULT,
          grant(GNTTABOP_query_size, NULL, 1));
}

static int32_t flush_lines(uint64_t address, uint16_t offset, uint16_t length,
                           uint32_t operation)
{
    struct gnttab_cache_flush op = { .a.dev_bus_addr = address,
                                     .offset = offset, .length = length,
                                     .op = operation };

    return grant(GNTTABOP_cache_flush, &op, 1);
}

static void cache(void)
{
    static uint8_t page[4096] __attribute__((aligned(4096)));
    uint64_t ours = (uint64_t)frame_of(page) << 12;

    CHECK("gnttab.cache_flush.clean", 0,
          flush_lines(ours, 0, 4096, GNTTAB_CACHE_CLEAN));
    CHECK("gnttab.cache_flush.clean_and_inval", 0,
          flush_lines(ours, 4000, 96,
                      GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL));
    CHECK("gnttab.cache_flush.inval", -XEN_EOPNOTSUPP,
          flush_lines(ours, 0, 64, GNTTAB_CACHE_INVAL));
    CHECK("gnttab.cache_flush.by_ref", -XEN_EOPNOTSUPP,
          flush_lines(8, 0, 64,
                      GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_SOURCE_GREF));
    CHECK("gnttab.cache_flush.bad_operation", -XEN_EINVAL,
          flush_lines(ours, 0, 64, 4));
    CHECK("gnttab.cache_flush.offset_4096", -XEN_EINVAL,
          flush_lines(ours, 4096, 0, GNTTAB_CACHE_CLEAN));
    CHECK("gnttab.cache_flush.crosses_page", -XEN_EINVAL,
          flush_lines(ours, 4095, 2, GNTTAB_CACHE_CLEAN));
    CHECK("gnttab.cache_flush.no_bytes", 0,
          flush_lines((uint64_t)FRAME_BEYOND_MEMORY << 12, 0, 0,
                      GNTTAB_CACHE_CLEAN));
    CHECK("gnttab.cache_flush.frame_beyond_memory", -XEN_EINVAL,
          flush_lines((uint64_t)FRAME_BEYOND_MEMORY << 12, 0, 64,
                      GNTTAB_CACHE_CLEAN));
    CHECK("gnttab.cache_flush.free_frame", -XEN_EPERM,
          flush_lines(free_frame() << 12, 0, 64, GNTTAB_CACHE_CLEAN));
    CHECK("gnttab.cache_flush.null", -XEN_EFAULT,
          grant(GNTTABOP_cache_flush, NULL, 1));
    CHECK("gnttab.cache_flush.count_0", 0,
          grant(GNTTABOP_cache_flush, NULL, 0));
}

/** A table of version 1 keeps its statuses in its entries. */
static void status_frames(void)
{
    static uint64_t frame;
    struct gnttab_get_status_frames op = { .dom = DOMID_SELF, .status = 99 };

    set_xen_guest_handle_raw(op.frame_list, &frame);
    CHECK("gnttab.get_status_frames.none", 0,
          grant(GNTTABOP_get_status_frames, &op, 1));
    CHECK("gnttab.get_status_frames.none.status", GNTST_okay, op.status);
    op.nr_frames = 1;
    CHECK("gnttab.get_status_frames.one", 0,
          grant(GNTTABOP_get_status_frames, &op, 1));
    CHECK("gnttab.get_status_frames.one.status", GNTST_general_error,
          op.status);
    op.dom = DOM_UNKNOWN;
    CHECK("gnttab.get_status_frames.dom_unknown.status", GNTST_bad_domain,
          (grant(GNTTABOP_get_status_frames, &op, 1), op.status));
    CHECK("gnttab.get_status_frames.null", -XEN_EFAULT,
          grant(GNTTABOP_get_status_frames, NULL, 1));
    CHECK("gnttab.op.upper_bits", -XEN_EINVAL,
          grant(GNTTABOP_get_status_frames | 1u << 12, &op, 1));
    CHECK("gnttab.get_status_frames.count_0", -XEN_EINVAL,
          grant(GNTTABOP_get_status_frames, &op, 0));
}

void family(void)
{
    tables();
    good_copies();
    bad_copies();
    many_copies();
    transfers();
    questions();
    cache();
    status_frames();
}
