/* SPDX-License-Identifier: MIT */
/**
 * @file memory_op.c
 * @page conformance_memory_op Conformance: memory_op
 * Property: memory is taken and given as the interface says, zeroed, counted,
 * and entered in the machine-to-physical table; questions are answered.
 * Source: the interface's memory.h; the observed answers to about 55 requests.
 * Method: requests as the control domain; the reservation's size is asked for
 * before and after.
 */
#include "tables.h"

static xen_pfn_t list[8], out_list[8];
static uint8_t window[4096] __attribute__((aligned(4096)));

static int32_t reserve_at(unsigned cmd, void *where, uint32_t nr,
                          unsigned order, domid_t domain)
{
    struct xen_memory_reservation request = { .nr_extents = nr,
                                              .extent_order = order,
                                              .domid = domain };

    set_xen_guest_handle(request.extent_start, where);
    return hypercall_2(memory_op, cmd, &request);
}

static int32_t reserve(unsigned cmd, uint32_t nr, unsigned order)
{
    return reserve_at(cmd, list, nr, order, DOMID_SELF);
}

static int32_t number_of(unsigned cmd, domid_t domain)
{
    return hypercall_2(memory_op, cmd, &domain);
}

static int32_t owned(void)
{
    return number_of(XENMEM_current_reservation, DOMID_SELF);
}

/** A frame is given up only when nothing maps it. */
static uint32_t unmapped_frame(unsigned n)
{
    (void)page_map(scratch[n], 0);
    return (uint32_t)frame_of(scratch[n]);
}

static void decrease(void)
{
    int32_t before = owned();

    list[0] = unmapped_frame(0);
    CHECK("memory_op.decrease.one", 1,
          reserve(XENMEM_decrease_reservation, 1, 0));
    CHECK("memory_op.decrease.one_less", before - 1, owned());
    CHECK("memory_op.decrease.m2p_invalid", M2P_NONE, M2P[list[0]]);
    CHECK("memory_op.decrease.same_again", 0,
          reserve(XENMEM_decrease_reservation, 1, 0));
    CHECK("memory_op.decrease.count_0", 0,
          reserve(XENMEM_decrease_reservation, 0, 0));
    CHECK("memory_op.decrease.bad_list_pointer", 0,
          reserve_at(XENMEM_decrease_reservation, (void *)UNMAPPED, 1, 0,
                     DOMID_SELF));
    list[0] = (uint32_t)frame_of(window);
    CHECK("memory_op.decrease.mapped", 1,
          reserve(XENMEM_decrease_reservation, 1, 0));
    CHECK("memory_op.decrease.mapped_again", 1,
          reserve(XENMEM_decrease_reservation, 1, 0));
    CHECK("memory_op.decrease.mapped_is_owned", before - 1, owned());
    (void)page_map(window, 0);
    before--;
    list[0] = unmapped_frame(1);
    list[1] = FRAME_BEYOND_MEMORY;
    list[2] = unmapped_frame(2);
    CHECK("memory_op.decrease.three_second_bad", 1,
          reserve(XENMEM_decrease_reservation, 3, 0));
    CHECK("memory_op.decrease.two_less", before - 2, owned());
}

/** Whether a frame that was just given to us is all zero. */
static bool zeroed(uint32_t frame)
{
    bool zero = true;

    (void)page_map(window, frame_entry(frame, PTE_P));
    for (unsigned i = 0; i < sizeof(window); i++)
        zero &= window[i] == 0;
    (void)page_map(window, 0);
    return zero;
}

static void populate(void)
{
    int32_t before = owned();

    list[0] = 0x111;
    list[1] = 0x112;
    CHECK("memory_op.populate.two", 2,
          reserve(XENMEM_populate_physmap, 2, 0));
    CHECK("memory_op.populate.two_more", before + 2, owned());
    CHECK("memory_op.populate.m2p_first", 0x111, M2P[list[0]]);
    CHECK("memory_op.populate.m2p_second", 0x112, M2P[list[1]]);
    CHECK("memory_op.populate.zeroed", 1, zeroed(list[0]) & zeroed(list[1]));
    CHECK("memory_op.populate.given_back", 2,
          reserve(XENMEM_decrease_reservation, 2, 0));
    CHECK("memory_op.increase.one", 1,
          reserve(XENMEM_increase_reservation, 1, 0));
    CHECK("memory_op.increase.m2p", M2P_NONE, M2P[list[0]]);
    CHECK("memory_op.increase.order_63", 0,
          reserve(XENMEM_increase_reservation, 1, 63));
    CHECK("memory_op.increase.null_list", 1,
          reserve_at(XENMEM_increase_reservation, 0, 1, 0, DOMID_SELF));
    CHECK("memory_op.increase.null_list.one_more", before + 2, owned());
    (void)reserve(XENMEM_decrease_reservation, 1, 0);
}

static void hopeless(void)
{
    int32_t before = owned();

    CHECK("memory_op.populate.order_20", 0,
          reserve(XENMEM_populate_physmap, 1, 20));
    CHECK("memory_op.populate.order_63", 0,
          reserve(XENMEM_populate_physmap, 1, 63));
    CHECK("memory_op.populate.order_max", 0,
          reserve(XENMEM_populate_physmap, 1, ~0u));
    CHECK("memory_op.populate.count_2g", 0,
          reserve(XENMEM_populate_physmap, 1u << 31, 0));
    CHECK("memory_op.populate.null_struct", 0,
          hypercall_2(memory_op, XENMEM_populate_physmap, 0));
    CHECK("memory_op.populate.bad_struct_pointer", 0,
          hypercall_2(memory_op, XENMEM_populate_physmap, IN_XEN_RANGE));
    CHECK("memory_op.populate.start_beyond_count", 5,
          hypercall_2(memory_op, XENMEM_populate_physmap | 5 << 6, 0));
    CHECK("memory_op.populate.list_in_xen_range", 0,
          reserve_at(XENMEM_populate_physmap, (void *)IN_XEN_RANGE, 1, 0,
                     DOMID_SELF));
    CHECK("memory_op.populate.list_wraps", 0,
          reserve_at(XENMEM_populate_physmap, (void *)0xFFFFFFF0, 8, 0,
                     DOMID_SELF));
    CHECK("memory_op.populate.dom_unknown", 0,
          reserve_at(XENMEM_populate_physmap, list, 1, 0, DOM_UNKNOWN));
    CHECK("memory_op.populate.nothing_more", before, owned());
    CHECK_CONTROL("memory_op.populate.own_numeric_id", 1,
                  reserve_at(XENMEM_populate_physmap, list, 1, 0, 0));
    (void)reserve(XENMEM_decrease_reservation, 1, 0);
}

#define MANY 200u

/* Lists that the hypervisor does in several parts: the last pfns' frames,
 * which are mapped nowhere, given up and asked for again. */
static void long_lists(void)
{
    static xen_pfn_t many[MANY];
    const uint32_t *p2m = (const uint32_t *)start_info->mfn_list;
    uint32_t first = (uint32_t)start_info->nr_pages - MANY, right = 0;
    int32_t before = owned();

    for (unsigned i = 0; i < MANY; i++)
        many[i] = p2m[first + i];
    CHECK("memory_op.decrease.many", MANY,
          reserve_at(XENMEM_decrease_reservation, many, MANY, 0,
                     DOMID_SELF));
    CHECK("memory_op.decrease.many_less", before - (int32_t)MANY, owned());
    for (unsigned i = 0; i < MANY; i++)
        many[i] = first + i;
    CHECK("memory_op.populate.many", MANY,
          reserve_at(XENMEM_populate_physmap, many, MANY, 0, DOMID_SELF));
    CHECK("memory_op.populate.many_more", before, owned());
    for (unsigned i = 0; i < MANY; i++)
        right += M2P[many[i]] == first + i;
    CHECK("memory_op.populate.many_m2p", MANY, right);
    /* Told that all of them were done before, it does none. */
    CHECK("memory_op.populate.start_at_the_end", MANY,
          reserve_at(XENMEM_populate_physmap | MANY << 6, many, MANY, 0,
                     DOMID_SELF));
    CHECK("memory_op.populate.start_at_the_end_none", before, owned());
}

/* --- Exchange ------------------------------------------------------------- */

static struct xen_memory_exchange request;

static int32_t exchange_below(unsigned order_in, unsigned order_out,
                              void *out, unsigned address_bits)
{
    request = (struct xen_memory_exchange){
        .in = { .nr_extents = 1, .extent_order = order_in,
                .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .extent_order = order_out,
                 .mem_flags = XENMEMF_address_bits(address_bits),
                 .domid = DOMID_SELF },
    };
    set_xen_guest_handle(request.in.extent_start, list);
    set_xen_guest_handle(request.out.extent_start, out);
    return hypercall_2(memory_op, XENMEM_exchange, &request);
}

static int32_t exchange(unsigned order_in, unsigned order_out, void *out)
{
    return exchange_below(order_in, order_out, out, 0);
}

static void exchanges(void)
{
    int32_t before = owned();

    list[0] = unmapped_frame(4);
    out_list[0] = 0x123;
    CHECK_CONTROL("memory_op.exchange.order_10", -XEN_EINVAL,
                  exchange(0, 10, out_list));
    CHECK("memory_op.exchange.order_10_done", 0, request.nr_exchanged);
    CHECK("memory_op.exchange.bad_out_pointer", -XEN_EFAULT,
          exchange(0, 0, (void *)IN_XEN_RANGE));
    CHECK("memory_op.exchange.bad_out_pointer_done", 0, request.nr_exchanged);
    set_xen_guest_handle_raw(request.out.extent_start, out_list);
    CHECK("memory_op.exchange.two_domains", -XEN_EINVAL,
          (request.in.domid = DOM_UNKNOWN,
           hypercall_2(memory_op, XENMEM_exchange, &request)));
    CHECK("memory_op.exchange.dom_unknown", -XEN_ESRCH,
          (request.out.domid = DOM_UNKNOWN,
           hypercall_2(memory_op, XENMEM_exchange, &request)));
    CHECK("memory_op.exchange.null_struct", -XEN_EFAULT,
          hypercall_2(memory_op, XENMEM_exchange, 0));
    /* No memory for guests is in the first two pages of the machine. */
    CHECK("memory_op.exchange.address_bits_13", -XEN_ENOMEM,
          exchange_below(0, 0, out_list, 13));
    CHECK("memory_op.exchange.address_bits_13_kept", before, owned());
    CHECK("memory_op.exchange.one_page", 0, exchange(0, 0, out_list));
    CHECK("memory_op.exchange.one_page_done", 1, request.nr_exchanged);
    CHECK("memory_op.exchange.one_page_new_m2p", 0x123, M2P[out_list[0]]);
    CHECK("memory_op.exchange.same_again", -XEN_EINVAL,
          exchange(0, 0, out_list));
    list[0] = (uint32_t)frame_of(scratch[5]); /* still mapped */
    CHECK("memory_op.exchange.mapped_page", -XEN_EINVAL,
          exchange(0, 0, out_list));
    CHECK("memory_op.exchange.as_many_as_before", before, owned());
}

/* --- Questions ------------------------------------------------------------ */

/** What the last map_of() was told. */
static unsigned map_entries;

static int32_t map_of(unsigned cmd, unsigned nr, void *buffer)
{
    struct xen_memory_map map = { .nr_entries = nr };
    int32_t result;

    set_xen_guest_handle(map.buffer, buffer);
    result = hypercall_2(memory_op, cmd, &map);
    map_entries = map.nr_entries;
    return result;
}

static void questions(void)
{
    static uint8_t buffer[64 * 20];
    struct xen_machphys_mapping place = { 0 };

    CHECK_CONTROL("memory_op.current_reservation.own_numeric_id", owned(),
                  number_of(XENMEM_current_reservation, 0));
    CHECK("memory_op.current_reservation.dom_unknown", -XEN_ESRCH,
          number_of(XENMEM_current_reservation, DOM_UNKNOWN));
    CHECK("memory_op.current_reservation.null", -XEN_EFAULT,
          hypercall_2(memory_op, XENMEM_current_reservation, 0));
    CHECK("memory_op.maximum_reservation", 1,
          number_of(XENMEM_maximum_reservation, DOMID_SELF) >= owned());
    CHECK("memory_op.maximum_gpfn", 0,
          number_of(XENMEM_maximum_gpfn, DOMID_SELF));
    CHECK("memory_op.maximum_ram_page", 1,
          hypercall_2(memory_op, XENMEM_maximum_ram_page, 0) > 0);
    CHECK("memory_op.machphys_mapping", 0,
          hypercall_2(memory_op, XENMEM_machphys_mapping, &place));
    CHECK("memory_op.machphys_mapping.v_start", IN_M2P, place.v_start);
    CHECK("memory_op.machphys_mapping.v_end", 0xF6800000, place.v_end);
    CHECK("memory_op.machphys_mapping.max_mfn", 1, place.max_mfn != 0);
    CHECK("memory_op.machphys_mapping.null", -XEN_EFAULT,
          hypercall_2(memory_op, XENMEM_machphys_mapping, 0));
    CHECK_CONTROL("memory_op.memory_map", -XEN_ENOSYS,
                  map_of(XENMEM_memory_map, 64, buffer));
    CHECK_CONTROL("memory_op.machine_memory_map.one_entry", -XEN_EINVAL,
                  map_of(XENMEM_machine_memory_map, 1, buffer));
    CHECK_CONTROL("memory_op.machine_memory_map", 0,
                  map_of(XENMEM_machine_memory_map, 64, buffer));
    CHECK_CONTROL("memory_op.machine_memory_map.bad_buffer", -XEN_EFAULT,
                  map_of(XENMEM_machine_memory_map, 64, (void *)IN_XEN_RANGE));
    CHECK_CONTROL("memory_op.memory_map.null", -XEN_EFAULT,
                  hypercall_2(memory_op, XENMEM_memory_map, 0));
    CHECK_CONTROL("memory_op.machine_memory_map.no_buffer", 0,
                  map_of(XENMEM_machine_memory_map, 0, NULL));
    CHECK_CONTROL("memory_op.machine_memory_map.no_buffer.entries", 1,
                  map_entries > 1);
    CHECK_CONTROL("memory_op.machine_memory_map.null", -XEN_EFAULT,
                  hypercall_2(memory_op, XENMEM_machine_memory_map, 0));
}

static void unknown(void)
{
    static struct xen_add_to_physmap add = { .domid = DOMID_SELF };

    CHECK("memory_op.unknown.8", -XEN_ENOSYS, hypercall_2(memory_op, 8, 0));
    CHECK("memory_op.unknown.29", -XEN_ENOSYS, hypercall_2(memory_op, 29, 0));
    CHECK("memory_op.unknown.63", -XEN_ENOSYS, hypercall_2(memory_op, 63, 0));
    CHECK("memory_op.add_to_physmap", -XEN_EACCES,
          hypercall_2(memory_op, XENMEM_add_to_physmap, &add));
    CHECK("memory_op.add_to_physmap.null", -XEN_EFAULT,
          hypercall_2(memory_op, XENMEM_add_to_physmap, 0));
    CHECK("memory_op.remove_from_physmap", -XEN_EACCES,
          hypercall_2(memory_op, XENMEM_remove_from_physmap, &add));
    add.domid = DOM_UNKNOWN;
    CHECK("memory_op.add_to_physmap.dom_unknown", -XEN_ESRCH,
          hypercall_2(memory_op, XENMEM_add_to_physmap, &add));
    CHECK("memory_op.remove_from_physmap.dom_unknown", -XEN_ESRCH,
          hypercall_2(memory_op, XENMEM_remove_from_physmap, &add));
}

void family(void)
{
    traps_ready();
    decrease();
    populate();
    hopeless();
    exchanges();
    long_lists();
    questions();
    unknown();
}
