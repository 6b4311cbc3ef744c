/* SPDX-License-Identifier: MIT */
/**
 * @file grants.c
 * @page conformance_grants Conformance: mapping and unmapping granted frames
 * Property: a frame is mapped exactly as its entry allows, the entry says so
 * while it is, and what the granter writes meanwhile changes nothing; each
 * wrong argument has its own status, and then nothing has changed.
 * Source: the interface; the observed statuses.
 * Method: the domain grants to and maps from itself, entry by entry, each
 * argument wrong once; the mapping, its page-table entry and the grant entry
 * are looked at after every step.
 */
#include "tables.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>

/** Entries, and what each grants. */
enum { GOOD = 8, READONLY = 10, TO_OTHER, TRANSFER, TABLE, BEYOND, NOBODYS,
       SECOND, SWAP_A, SWAP_B, LAST = 511 };

enum { TABLE_PAGE = 0, DATA = 1, L1_PAGE = 2, SPARE = 3 };

static uint8_t grant_entries[2][4096] __attribute__((aligned(4096)));
static uint8_t window[4][4096] __attribute__((aligned(4096)));

#define ENTRIES ((volatile struct grant_entry_v1 *)grant_entries)

static domid_t own;
static struct gnttab_map_grant_ref map_op;

static int32_t grant(unsigned cmd, void *op, unsigned nr)
{
    return hypercall_3(grant_table_op, cmd, op, nr);
}

/** Status and the entry's flags afterwards, in one word. */
#define RESULT(status, flags) ((uint32_t)(uint16_t)(status) << 16 | (flags))

static void set_entry(uint32_t ref, uint16_t flags, domid_t domid,
                      uint64_t frame)
{
    ENTRIES[ref].frame = (uint32_t)frame;
    ENTRIES[ref].domid = domid;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ENTRIES[ref].flags = flags;
}

static uint32_t flags_of(uint32_t ref)
{
    return ref < 1024 ? ENTRIES[ref].flags : 0;
}

static uint32_t map_dom(uint64_t address, uint32_t flags, uint32_t ref,
                        domid_t dom)
{
    map_op = (struct gnttab_map_grant_ref){
        .host_addr = address, .flags = flags, .ref = ref, .dom = dom,
        .status = 99,
    };
    if (grant(GNTTABOP_map_grant_ref, &map_op, 1) != 0)
        return 0xBAD;
    return RESULT(map_op.status, flags_of(ref));
}

static uint32_t map(void *page, uint32_t flags, uint32_t ref)
{
    return map_dom((uint32_t)page, flags, ref, own);
}

static uint32_t unmap_dev(uint64_t address, uint64_t device, uint32_t handle,
                          uint32_t ref)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = address, .dev_bus_addr = device, .handle = handle,
        .status = 99,
    };

    if (grant(GNTTABOP_unmap_grant_ref, &op, 1) != 0)
        return 0xBAD;
    return RESULT(op.status, flags_of(ref));
}

static uint32_t unmap(void *page, uint32_t handle, uint32_t ref)
{
    return unmap_dev((uint32_t)page, 0, handle, ref);
}

static uint64_t *entry_of(const void *page)
{
    return &live_l1(page)[(uint32_t)page >> 12 & 511];
}

/** An entry's flags, without its frame; NX, bit 63, as bit 31. */
static uint32_t entry_flags(const void *page)
{
    uint64_t entry = *entry_of(page);

    return (uint32_t)(entry & 0xFFF) | (uint32_t)(entry >> 32 & 1u << 31);
}

#define NX 0x80000000u
#define HOST GNTMAP_host_map
#define DEVICE GNTMAP_device_map
#define RO GNTMAP_readonly
#define PTE GNTMAP_contains_pte

static void tables(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 2 };
    static xen_pfn_t frames[2];
    struct evtchn_alloc_unbound port = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_status status = { .dom = DOMID_SELF };

    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &port);
    status.port = port.port;
    hypercall_2(event_channel_op, EVTCHNOP_status, &status);
    own = status.u.unbound.dom;
    set_xen_guest_handle_raw(setup.frame_list, frames);
    CHECK("gnttab.setup_table.two", 0,
          grant(GNTTABOP_setup_table, &setup, 1));
    CHECK("gnttab.setup_table.two.frames_differ", 1, frames[0] != frames[1]);
    for (unsigned i = 0; i < 2; i++)
        CHECK("gnttab.table_map_rw", 0,
              page_map(grant_entries[i],
                       frame_entry(frames[i], L1_ALL)));
    CHECK("gnttab.table_as_l1", -XEN_EINVAL,
          ext(MMUEXT_PIN_L1_TABLE, frames[0], 0));
    for (unsigned i = 0; i < 4; i++)
        page_away(window[i]);
    page_clear(DATA);
    page_clear(L1_PAGE);
    page_close(L1_PAGE);
    ext(MMUEXT_PIN_L1_TABLE, frame_of(scratch[L1_PAGE]), 0);
    set_entry(GOOD, GTF_permit_access, own, frame_of(scratch[DATA]));
    set_entry(SECOND, GTF_permit_access, own, frame_of(scratch[SPARE]));
    set_entry(LAST, GTF_permit_access, own, frame_of(scratch[DATA]));
    set_entry(READONLY, GTF_permit_access | GTF_readonly, own,
              frame_of(scratch[DATA]));
    set_entry(TO_OTHER, GTF_permit_access, own + 1,
              frame_of(scratch[DATA]));
    set_entry(TRANSFER, GTF_accept_transfer, own, 0);
    set_entry(TABLE, GTF_permit_access, own, frame_of(scratch[L1_PAGE]));
    set_entry(BEYOND, GTF_permit_access, own, FRAME_BEYOND_MEMORY);
    set_entry(NOBODYS, GTF_permit_access, own, free_frame());
}

#define OKAY(flags) RESULT(GNTST_okay, flags)
#define ERROR(flags) RESULT(GNTST_general_error, flags)
#define BUSY_RW (GTF_permit_access | GTF_reading | GTF_writing)
#define BUSY_RO (GTF_permit_access | GTF_reading)

static void mapping(void)
{
    uint32_t first, second;

    CHECK("gnttab.map.good_rw", OKAY(BUSY_RW), map(window[0], HOST, GOOD));
    first = map_op.handle;
    CHECK("gnttab.map.good_rw.dev_bus_addr",
          (uint32_t)(frame_of(scratch[DATA]) << 12),
          (uint32_t)map_op.dev_bus_addr);
    CHECK("gnttab.map.good_rw.pte", PTE_P | PTE_RW | PTE_A | PTE_D | NX,
          entry_flags(window[0]));
    CHECK("gnttab.map.good_rw.write", 0x12344,
          (try_write((uint32_t)window[0], 0x12344),
           *(volatile uint32_t *)scratch[DATA]));
    CHECK("gnttab.map.second_of_same", OKAY(BUSY_RW),
          map(window[1], HOST | RO, GOOD));
    second = map_op.handle;
    CHECK("gnttab.map.second_of_same.other_handle", 1, first != second);
    CHECK("gnttab.map.second_of_same.pte", PTE_P | PTE_A | PTE_D | NX,
          entry_flags(window[1]));
    CHECK("gnttab.map.second_of_same.write",
          FAULT(14, 3), try_write((uint32_t)window[1], 1));
    CHECK("gnttab.unmap.wrong_address", ERROR(BUSY_RW),
          unmap(window[2], second, GOOD));
    CHECK("gnttab.unmap.address_in_xen_range", ERROR(BUSY_RW),
          unmap_dev(IN_XEN_RANGE, 0, second, GOOD));
    CHECK("gnttab.unmap.mapping_with_other_rights", ERROR(BUSY_RW),
          unmap(window[0], second, GOOD));
    CHECK("gnttab.unmap.second", OKAY(BUSY_RW),
          unmap(window[1], second, GOOD));
    CHECK("gnttab.unmap.second.read", FAULT(14, 0),
          try_read((uint32_t)window[1]));
    CHECK("gnttab.unmap.twice", RESULT(GNTST_bad_handle, BUSY_RW),
          unmap(window[1], second, GOOD));
    CHECK("gnttab.unmap.good", OKAY(GTF_permit_access),
          unmap(window[0], first, GOOD));
    CHECK("gnttab.unmap.good.pte", 0, (uint32_t)*entry_of(window[0]));
    CHECK("gnttab.unmap.bad_handle",
          RESULT(GNTST_bad_handle, GTF_permit_access),
          unmap(window[0], 77, GOOD));
    CHECK("gnttab.unmap.handle_max",
          RESULT(GNTST_bad_handle, GTF_permit_access),
          unmap(window[0], ~0u, GOOD));
    CHECK("gnttab.map.last_of_frame", OKAY(BUSY_RO),
          map(window[0], HOST | RO, LAST));
    CHECK("gnttab.map.handles_are_used_again", 1, map_op.handle <= second);
    CHECK("gnttab.unmap.last_of_frame", OKAY(GTF_permit_access),
          unmap(window[0], map_op.handle, LAST));
}

/** A bit that only another version knows, and one that is not the granter's to
 *  set. */
static void odd_entries(void)
{
    set_entry(SECOND, GTF_permit_access | GTF_sub_page, own,
              frame_of(scratch[SPARE]));
    CHECK("gnttab.map.bit_8", OKAY(BUSY_RO | GTF_sub_page),
          map(window[0], HOST | RO, SECOND));
    CHECK("gnttab.unmap.bit_8", OKAY(GTF_permit_access | GTF_sub_page),
          unmap(window[0], map_op.handle, SECOND));
    set_entry(SECOND, GTF_permit_access | GTF_writing, own,
              frame_of(scratch[SPARE]));
    CHECK("gnttab.map.writing_set_by_granter", OKAY(BUSY_RW),
          map(window[0], HOST | RO, SECOND));
    CHECK("gnttab.unmap.writing_set_by_granter", OKAY(GTF_permit_access),
          unmap(window[0], map_op.handle, SECOND));
}

static void bad_maps(void)
{
    const uint32_t idle = GTF_permit_access;
    uint32_t handle;

    CHECK("gnttab.map.no_flags", RESULT(GNTST_bad_gntref, idle),
          map(window[0], 0, GOOD));
    CHECK("gnttab.map.bad_ref.1024", RESULT(GNTST_bad_gntref, 0),
          map(window[0], HOST, 1024));
    CHECK("gnttab.map.bad_ref.max", RESULT(GNTST_bad_gntref, 0),
          map(window[0], HOST, ~0u));
    CHECK("gnttab.map.dom_unknown", RESULT(GNTST_bad_domain, idle),
          map_dom((uint32_t)window[0], HOST, GOOD, DOM_UNKNOWN));
    CHECK("gnttab.map.dom_self", RESULT(GNTST_bad_domain, idle),
          map_dom((uint32_t)window[0], HOST, GOOD, DOMID_SELF));
    CHECK("gnttab.map.va_no_l1", ERROR(idle),
          map((void *)UNMAPPED, HOST, GOOD));
    CHECK("gnttab.map.va_in_xen_range", ERROR(idle),
          map((void *)IN_XEN_RANGE, HOST, GOOD));
    CHECK("gnttab.map.va_in_m2p", ERROR(idle),
          map((void *)IN_M2P, HOST, GOOD));
    CHECK("gnttab.map.va_beyond_4gb", ERROR(idle),
          map_dom(1ull << 32 | (uint32_t)window[0], HOST, GOOD, own));
    CHECK("gnttab.map.granted_to_other", ERROR(idle),
          map(window[0], HOST, TO_OTHER));
    CHECK("gnttab.map.l1_table_rw", ERROR(idle), map(window[0], HOST, TABLE));
    CHECK("gnttab.map.l1_table_ro", OKAY(BUSY_RO),
          map(window[0], HOST | RO, TABLE));
    CHECK("gnttab.unmap.l1_table_ro", OKAY(idle),
          unmap(window[0], map_op.handle, TABLE));
    CHECK("gnttab.map.frame_beyond_memory", RESULT(GNTST_bad_page, idle),
          map(window[0], HOST, BEYOND));
    CHECK("gnttab.map.free_frame", RESULT(GNTST_bad_page, idle),
          map(window[0], HOST, NOBODYS));
    CHECK("gnttab.map.transfer_entry", ERROR(GTF_accept_transfer),
          map(window[0], HOST, TRANSFER));
    CHECK("gnttab.map.empty_entry", ERROR(0), map(window[0], HOST, 100));
    CHECK("gnttab.map.rw_of_readonly", ERROR(idle | GTF_readonly),
          map(window[0], HOST, READONLY));
    CHECK("gnttab.map.ro_of_readonly", OKAY(BUSY_RO | GTF_readonly),
          map(window[0], HOST | RO, READONLY));
    handle = map_op.handle;
    CHECK("gnttab.map.rw_of_readonly_in_use", ERROR(BUSY_RO | GTF_readonly),
          map(window[1], HOST, READONLY));
    CHECK("gnttab.unmap.ro_of_readonly", OKAY(idle | GTF_readonly),
          unmap(window[0], handle, READONLY));
    odd_entries();
    CHECK("gnttab.map.nothing_is_left_mapped", 0,
          (uint32_t)*entry_of(window[0]) | (uint32_t)*entry_of(window[1]));
}

/** By the entry's machine address. */
static void by_entry(void)
{
    uint64_t at = entry_address(entry_of(window[0]));

    CHECK("gnttab.map.pte_good", OKAY(BUSY_RW),
          map_dom(at, HOST | PTE, GOOD, own));
    CHECK("gnttab.map.pte_good.entry", PTE_P | PTE_RW | PTE_A | PTE_D | NX,
          entry_flags(window[0]));
    CHECK("gnttab.unmap.pte_good", OKAY(GTF_permit_access),
          unmap_dev(at, 0, map_op.handle, GOOD));
    CHECK("gnttab.map.pte_application", OKAY(BUSY_RW),
          map_dom(at, HOST | PTE | GNTMAP_application_map, GOOD, own));
    CHECK("gnttab.map.pte_application.entry",
          PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | NX,
          entry_flags(window[0]));
    CHECK("gnttab.unmap.pte_application", OKAY(GTF_permit_access),
          unmap_dev(at, 0, map_op.handle, GOOD));
    CHECK("gnttab.map.available_bits", OKAY(BUSY_RW),
          map_dom(at, HOST | PTE | 5u << _GNTMAP_guest_avail0, GOOD, own));
    CHECK("gnttab.map.available_bits.entry",
          PTE_P | PTE_RW | PTE_A | PTE_D | NX | 5u << 9,
          entry_flags(window[0]));
    CHECK("gnttab.unmap.available_bits", OKAY(GTF_permit_access),
          unmap_dev(at, 0, map_op.handle, GOOD));
    CHECK("gnttab.map.pte_unaligned", ERROR(GTF_permit_access),
          map_dom(at + 4, HOST | PTE, GOOD, own));
    CHECK("gnttab.map.pte_beyond_memory", ERROR(GTF_permit_access),
          map_dom((uint64_t)FRAME_BEYOND_MEMORY << 12, HOST | PTE, GOOD,
                  own));
    CHECK("gnttab.map.pte_in_no_table", ERROR(GTF_permit_access),
          map_dom(frame_of(scratch[SPARE]) << 12, HOST | PTE, GOOD, own));
    CHECK("gnttab.map.pte_in_l2", ERROR(GTF_permit_access),
          map_dom(entry_address(live_l2(window)), HOST | PTE, GOOD, own));
    CHECK("gnttab.map.pte_not_where_it_was", 0,
          (uint32_t)*entry_of(window[0]));
}

static void devices(void)
{
    uint64_t bus;

    CHECK("gnttab.map.device", OKAY(BUSY_RW), map(window[0], DEVICE, GOOD));
    CHECK("gnttab.map.device.no_pte", 0, (uint32_t)*entry_of(window[0]));
    bus = map_op.dev_bus_addr;
    CHECK("gnttab.unmap.device_map_wrong_dev_addr",
          RESULT(GNTST_bad_dev_addr, BUSY_RW),
          unmap_dev(0, bus + 4096, map_op.handle, GOOD));
    CHECK("gnttab.map.device.is_no_table", -XEN_EINVAL,
          (page_away(scratch[DATA]),
           ext(MMUEXT_PIN_L1_TABLE, frame_of(scratch[DATA]), 0)));
    CHECK("gnttab.unmap.nothing_named", OKAY(BUSY_RW),
          unmap_dev(0, 0, map_op.handle, GOOD));
    CHECK("gnttab.unmap.device_map_good", OKAY(GTF_permit_access),
          unmap_dev(0, bus, map_op.handle, GOOD));
    CHECK("gnttab.unmap.device_map_gone",
          RESULT(GNTST_bad_handle, GTF_permit_access),
          unmap_dev(0, bus, map_op.handle, GOOD));
    CHECK("gnttab.map.device_of_l1_table_rw", ERROR(GTF_permit_access),
          map(0, DEVICE, TABLE));
    CHECK("gnttab.map.device_of_l1_table_ro", OKAY(BUSY_RO),
          map(0, DEVICE | RO, TABLE));
    CHECK("gnttab.unmap.device_of_l1_table_ro", OKAY(GTF_permit_access),
          unmap_dev(0, map_op.dev_bus_addr, map_op.handle, TABLE));
    CHECK("gnttab.map.both", OKAY(BUSY_RW),
          map(window[0], HOST | DEVICE, GOOD));
    CHECK("gnttab.unmap.both.host_wrong", ERROR(BUSY_RW),
          unmap_dev((uint32_t)window[1], bus, map_op.handle, GOOD));
    CHECK("gnttab.unmap.both.host", OKAY(BUSY_RW),
          unmap(window[0], map_op.handle, GOOD));
    CHECK("gnttab.unmap.both.device", OKAY(GTF_permit_access),
          unmap_dev(0, bus, map_op.handle, GOOD));
    CHECK("gnttab.map.both_at_a_bad_address", ERROR(GTF_permit_access),
          map((void *)UNMAPPED, HOST | DEVICE, GOOD));
    CHECK("gnttab.map.device.leaves_nothing", 0,
          (ext(MMUEXT_PIN_L1_TABLE, frame_of(scratch[DATA]), 0) ||
           ext(MMUEXT_UNPIN_TABLE, frame_of(scratch[DATA]), 0)));
    page_clear(DATA);
}

/** What the granter does while its frame is mapped. */
static void busy(void)
{
    uint16_t flags = GTF_permit_access;
    uint32_t handle;

    CHECK("gnttab.busy.map", OKAY(BUSY_RW), map(window[0], HOST, GOOD));
    handle = map_op.handle;
    CHECK("gnttab.busy.granter_cannot_take_back", 0,
          __atomic_compare_exchange_n((uint16_t *)&ENTRIES[GOOD].flags,
                                      &flags, 0, false, __ATOMIC_SEQ_CST,
                                      __ATOMIC_SEQ_CST));
    set_entry(GOOD, 0, own, frame_of(scratch[DATA]));
    CHECK("gnttab.busy.map_after_flags_cleared", OKAY(0),
          map(window[1], HOST, GOOD));
    CHECK("gnttab.busy.unmap_that", OKAY(0),
          unmap(window[1], map_op.handle, GOOD));
    set_entry(GOOD, GTF_permit_access, own, frame_of(scratch[SPARE]));
    CHECK("gnttab.busy.map_after_frame_changed", OKAY(GTF_permit_access),
          map(window[1], HOST | RO, GOOD));
    CHECK("gnttab.busy.map_after_frame_changed.frame",
          (uint32_t)frame_of(scratch[DATA]),
          (uint32_t)(*entry_of(window[1]) >> 12));
    CHECK("gnttab.busy.unmap_that_too", OKAY(GTF_permit_access),
          unmap(window[1], map_op.handle, GOOD));
    CHECK("gnttab.busy.unmap", OKAY(GTF_permit_access),
          unmap(window[0], handle, GOOD));
    CHECK("gnttab.busy.map_afterwards", OKAY(BUSY_RW),
          map(window[0], HOST, GOOD));
    CHECK("gnttab.busy.map_afterwards.frame",
          (uint32_t)frame_of(scratch[SPARE]),
          (uint32_t)(*entry_of(window[0]) >> 12));
    CHECK("gnttab.busy.unmap_afterwards", OKAY(GTF_permit_access),
          unmap(window[0], map_op.handle, GOOD));
    set_entry(GOOD, GTF_permit_access, own, frame_of(scratch[DATA]));
}

/** An entry of a grant that is overwritten by an ordinary update. */
static void replaced(void)
{
    uint32_t handle;

    CHECK("gnttab.pte_replaced.map", OKAY(BUSY_RW),
          map(window[0], HOST, SECOND));
    handle = map_op.handle;
    page_away(window[0]);
    CHECK("gnttab.pte_replaced.unmap", ERROR(BUSY_RW),
          unmap(window[0], handle, SECOND));
    CHECK("gnttab.pte_replaced.map_again", OKAY(BUSY_RW),
          map(window[1], HOST, SECOND));
    CHECK("gnttab.pte_replaced.unmap_again", OKAY(BUSY_RW),
          unmap(window[1], map_op.handle, SECOND));
}

static uint32_t replace(void *page, void *with, uint32_t handle, uint32_t ref)
{
    struct gnttab_unmap_and_replace op = {
        .host_addr = (uint32_t)page, .new_addr = (uint32_t)with,
        .handle = handle, .status = 99,
    };

    if (grant(GNTTABOP_unmap_and_replace, &op, 1) != 0)
        return 0xBAD;
    return RESULT(op.status, flags_of(ref));
}

static void unmap_and_replace(void)
{
    uint32_t handle;

    map(window[0], HOST, GOOD);
    handle = map_op.handle;
    page_map(window[1], page_entry(SPARE, L1_ALL));
    CHECK("gnttab.replace.va_no_l1", ERROR(BUSY_RW),
          replace(window[0], (void *)UNMAPPED, handle, GOOD));
    CHECK("gnttab.replace.by_itself", ERROR(BUSY_RW),
          replace(window[0], window[0], handle, GOOD));
    CHECK("gnttab.replace.good", OKAY(GTF_permit_access),
          replace(window[0], window[1], handle, GOOD));
    CHECK("gnttab.replace.good.entry", (uint32_t)page_entry(SPARE, L1_ALL),
          (uint32_t)*entry_of(window[0]));
    CHECK("gnttab.replace.good.moved", 0, (uint32_t)*entry_of(window[1]));
    CHECK("gnttab.replace.bad_handle",
          RESULT(GNTST_bad_handle, GTF_permit_access),
          replace(window[0], window[1], handle, GOOD));
    page_away(window[0]);
    map(window[0], HOST, GOOD);
    CHECK("gnttab.replace.by_nothing", OKAY(GTF_permit_access),
          replace(window[0], 0, map_op.handle, GOOD));
    CHECK("gnttab.replace.by_nothing.entry", 0,
          (uint32_t)*entry_of(window[0]));
}

/** As many uses of one kind as there can be: 128, and not one more. */
static void most_uses(void)
{
    static uint32_t handles[129];
    unsigned n = 0;

    while (n < 129 && map(0, DEVICE, GOOD) == OKAY(BUSY_RW))
        handles[n++] = map_op.handle;
    CHECK("gnttab.map.most_uses", 128, n);
    CHECK("gnttab.map.one_use_more", ERROR(BUSY_RW), map(0, DEVICE, GOOD));
    CHECK("gnttab.map.one_use_more_of_another_kind", OKAY(BUSY_RW),
          map(window[0], HOST | RO, GOOD));
    CHECK("gnttab.unmap.use_of_another_kind", OKAY(BUSY_RW),
          unmap(window[0], map_op.handle, GOOD));
    while (n-- > 0)
        unmap_dev(0, frame_of(scratch[DATA]) << 12, handles[n], GOOD);
    CHECK("gnttab.unmap.most_uses", GTF_permit_access, flags_of(GOOD));
}

/** Several at once: each has its own status, and none stops the others. */
static void batches(void)
{
    static struct gnttab_map_grant_ref maps[2];
    static struct gnttab_unmap_grant_ref unmaps[3];

    for (unsigned i = 0; i < 2; i++)
        maps[i] = (struct gnttab_map_grant_ref){
            .host_addr = (uint32_t)window[i], .flags = HOST, .dom = own,
            .ref = i == 0 ? TO_OTHER : GOOD, .status = 99,
        };
    CHECK("gnttab.map.batch_first_bad", 0,
          grant(GNTTABOP_map_grant_ref, maps, 2));
    CHECK("gnttab.map.batch_first_bad.first", GNTST_general_error,
          maps[0].status);
    CHECK("gnttab.map.batch_first_bad.second", GNTST_okay, maps[1].status);
    for (unsigned i = 0; i < 3; i++)
        unmaps[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = (uint32_t)window[1], .status = 99,
            .handle = i == 0 ? 77 : maps[1].handle,
        };
    CHECK("gnttab.unmap.batch", 0,
          grant(GNTTABOP_unmap_grant_ref, unmaps, 3));
    CHECK("gnttab.unmap.batch.bad", GNTST_bad_handle, unmaps[0].status);
    CHECK("gnttab.unmap.batch.good", GNTST_okay, unmaps[1].status);
    CHECK("gnttab.unmap.batch.twice", GNTST_bad_handle, unmaps[2].status);
    CHECK("gnttab.unmap.batch.flags", GTF_permit_access, flags_of(GOOD));
    CHECK("gnttab.op.map_count_0", 0,
          grant(GNTTABOP_map_grant_ref, NULL, 0));
    CHECK("gnttab.op.map_count_2g", -XEN_EINVAL,
          grant(GNTTABOP_map_grant_ref, NULL, 1u << 31));
    CHECK("gnttab.op.query_size_count_0", -XEN_EINVAL,
          grant(GNTTABOP_query_size, NULL, 0));
    CHECK("gnttab.op.map_bad_pointer", -XEN_EFAULT,
          grant(GNTTABOP_map_grant_ref, (void *)IN_XEN_RANGE, 1));
    CHECK("gnttab.op.unmap_bad_pointer", -XEN_EFAULT,
          grant(GNTTABOP_unmap_grant_ref, NULL, 1));
    CHECK("gnttab.op.replace_bad_pointer", -XEN_EFAULT,
          grant(GNTTABOP_unmap_and_replace, NULL, 1));
    CHECK("gnttab.op.unknown_13", -XEN_ENOSYS, grant(13, NULL, 0));
}

/** Two entries change places. */
static uint32_t swap(uint32_t a, uint32_t b)
{
    struct gnttab_swap_grant_ref op = { a, b, 99 };

    return grant(GNTTABOP_swap_grant_ref, &op, 1) == 0
               ? (uint32_t)op.status : 0xBAD;
}

static void swaps(void)
{
    uint32_t handle;

    set_entry(SWAP_A, GTF_permit_access, own, frame_of(scratch[DATA]));
    set_entry(SWAP_B, GTF_permit_access | GTF_readonly, 77, 0x1234);
    CHECK("gnttab.swap.good", GNTST_okay, swap(SWAP_A, SWAP_B));
    CHECK("gnttab.swap.good.frame", 0x1234, ENTRIES[SWAP_A].frame);
    CHECK("gnttab.swap.good.domid", 77, ENTRIES[SWAP_A].domid);
    CHECK("gnttab.swap.good.flags", GTF_permit_access | GTF_readonly,
          flags_of(SWAP_A));
    CHECK("gnttab.swap.good.other_flags", GTF_permit_access,
          flags_of(SWAP_B));
    CHECK("gnttab.swap.good.other_frame", (uint32_t)frame_of(scratch[DATA]),
          ENTRIES[SWAP_B].frame);
    CHECK("gnttab.swap.back", GNTST_okay, swap(SWAP_A, SWAP_B));
    CHECK("gnttab.swap.same", GNTST_okay, swap(SWAP_A, SWAP_A));
    CHECK("gnttab.swap.same.frame", (uint32_t)frame_of(scratch[DATA]),
          ENTRIES[SWAP_A].frame);
    CHECK("gnttab.swap.bad_ref", GNTST_bad_gntref, swap(~0u, SWAP_A));
    CHECK("gnttab.swap.bad_second_ref", GNTST_bad_gntref, swap(SWAP_A, ~0u));
    (void)map(window[0], HOST, SWAP_A);
    handle = map_op.handle;
    CHECK("gnttab.swap.busy", GNTST_eagain, swap(SWAP_A, SWAP_B));
    CHECK("gnttab.swap.busy_second", GNTST_eagain, swap(SWAP_B, SWAP_A));
    CHECK("gnttab.swap.busy.frame", 0x1234, ENTRIES[SWAP_B].frame);
    (void)unmap(window[0], handle, SWAP_A);
    CHECK("gnttab.swap.null", -XEN_EFAULT,
          grant(GNTTABOP_swap_grant_ref, NULL, 1));
}

void family(void)
{
    traps_ready();
    tables();
    mapping();
    bad_maps();
    by_entry();
    devices();
    busy();
    replaced();
    unmap_and_replace();
    most_uses();
    batches();
    swaps();
}
