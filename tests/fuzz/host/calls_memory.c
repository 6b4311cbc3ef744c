/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Calls about memory: page tables, frames, grants.
 */
#include "world.h"

#include <string.h>

#include <xen/grant_table.h>

#define MOST_REQUESTS 6u

static void set(struct call *c, uint32_t number, uint32_t a, uint32_t b,
                uint32_t d, uint32_t e)
{
    *c = (struct call){ .number = number, .arg = { a, b, d, e } };
}

void build_mmu_update(struct call *c)
{
    struct mmu_update request[MOST_REQUESTS];
    uint32_t nr = take8() % MOST_REQUESTS, done = 0;
    uint8_t how = take8();

    for (uint32_t i = 0; i < nr; i++) {
        request[i].ptr = take_entry_address() | (take8() & 15 ? 0 : take8());
        request[i].val = take_entry();
        if ((how & 7) == 1) {
            request[i].ptr = mfn_to_maddr(take_frame()).a |
                             MMU_MACHPHYS_UPDATE;
            request[i].val = take32();
        } else if ((how & 7) == 2) {
            request[i].ptr |= MMU_PT_UPDATE_PRESERVE_AD;
        }
    }
    set(c, __HYPERVISOR_mmu_update, address_of(put(request, sizeof(request))),
        how >= 250 ? take32() : nr, address_of(put(&done, 4)),
        take_domain() | (how & 8 ? (uint32_t)(take_domain() + 1) << 16 : 0));
}

void build_mmuext_op(struct call *c)
{
    struct mmuext_op op[3];
    uint32_t nr = 1 + take8() % 3u, done = 0;

    memset(op, 0, sizeof(op));
    for (uint32_t i = 0; i < nr; i++) {
        op[i].cmd = take8() % 22u;
        op[i].arg1.mfn = take_frame().n;
        op[i].arg2.src_mfn = take_frame().n;
        if (op[i].cmd == MMUEXT_SET_LDT) {
            op[i].arg1.linear_addr = take_va();
            op[i].arg2.nr_ents = take8() * (take8() & 32 ? 33u : 1u);
        } else if (op[i].cmd >= MMUEXT_TLB_FLUSH_LOCAL &&
                   op[i].cmd <= MMUEXT_INVLPG_ALL) {
            uint32_t vcpus = take8();

            op[i].arg1.linear_addr = take_va();
            set_xen_guest_handle(op[i].arg2.vcpumask,
                                 (void *)address_of(put(&vcpus, 4)));
        }
    }
    set(c, __HYPERVISOR_mmuext_op, address_of(put(op, sizeof(op))), nr,
        address_of(put(&done, 4)), take_domain());
}

static uint32_t take_flush_flags(void)
{
    uint32_t vcpus = take8();
    uint8_t which = take8();

    return which < 200 ? which & 7
                       : address_of(put(&vcpus, 4)) | (which & 3);
}

void build_va_mapping(struct call *c)
{
    uint64_t entry = take_entry();

    set(c, __HYPERVISOR_update_va_mapping, take_va(), (uint32_t)entry,
        (uint32_t)(entry >> 32), take_flush_flags());
}

void build_va_mapping_other(struct call *c)
{
    build_va_mapping(c);
    c->number = __HYPERVISOR_update_va_mapping_otherdomain;
    c->arg[4] = take_domain();
}

/* --- memory_op ----------------------------------------------------------- */

/** A list of frame numbers, or of what is asked for. */
static uint32_t put_frames(unsigned nr)
{
    uint32_t frame[8];

    for (unsigned i = 0; i < 8; i++)
        frame[i] = i < nr ? take_frame().n : i;
    return address_of(put(frame, sizeof(frame)));
}

/** Mostly a frame or two; now and then as many as go in pieces, or anything. */
static unsigned draw_order(void)
{
    uint8_t how = take8();

    if ((how & 31) == 0)
        return take8();
    return how & 0x60 ? take8() & 1 : take8() % 8;
}

static void fill_reservation(struct xen_memory_reservation *r)
{
    memset(r, 0, sizeof(*r));
    r->nr_extents = take8() % 7u;
    r->extent_order = draw_order();
    r->domid = take_domain();
    r->mem_flags = take8() & 15 ? 0 : take32();
    set_xen_guest_handle(r->extent_start, (void *)put_frames(r->nr_extents));
}

static uint32_t put_exchange(void)
{
    struct xen_memory_exchange e;
    uint32_t nr;

    memset(&e, 0, sizeof(e));
    fill_reservation(&e.in);
    e.out = e.in;
    e.out.extent_order = draw_order();
    nr = (uint32_t)e.in.nr_extents << (e.in.extent_order & 15);
    e.out.nr_extents = (nr >> (e.out.extent_order & 15)) +
                       ((take8() & 7) == 0);
    set_xen_guest_handle(e.out.extent_start,
                         (void *)put_frames(e.out.nr_extents));
    e.nr_exchanged = take8() & 7 ? 0 : take8();
    return put(&e, sizeof(e));
}

static uint32_t put_physmap(void)
{
    struct xen_add_to_physmap a = { .domid = take_domain(),
                                    .space = take8() & 7,
                                    .idx = take8() & 7,
                                    .gpfn = take_frame().n };

    return put(&a, sizeof(a));
}

static uint32_t put_memory_map(void)
{
    struct xen_memory_map map = { .nr_entries = take8() & 7 };
    uint8_t room[160] = { 0 };

    set_xen_guest_handle(map.buffer,
                         (void *)address_of(put(room, sizeof(room))));
    return put(&map, sizeof(map));
}

void build_memory_op(struct call *c)
{
    static const uint8_t likely[] = {
        XENMEM_increase_reservation, XENMEM_decrease_reservation,
        XENMEM_populate_physmap, XENMEM_exchange, XENMEM_maximum_ram_page,
        XENMEM_current_reservation, XENMEM_maximum_reservation,
        XENMEM_machphys_mfn_list, XENMEM_machphys_mapping,
        XENMEM_add_to_physmap, XENMEM_memory_map, XENMEM_machine_memory_map,
    };
    struct xen_memory_reservation r;
    uint8_t which = take8();
    uint32_t cmd = likely[which % 12], at;

    if (which >= 244)
        cmd = take32() & 0xFF;
    if (cmd == XENMEM_exchange) {
        at = put_exchange();
    } else if (cmd == XENMEM_memory_map || cmd == XENMEM_machine_memory_map ||
               cmd == XENMEM_machphys_mfn_list) {
        at = put_memory_map();
    } else if (cmd == XENMEM_add_to_physmap) {
        at = put_physmap();
    } else {
        fill_reservation(&r);
        at = put(&r, sizeof(r));
    }
    set(c, __HYPERVISOR_memory_op, cmd, address_of(at), 0, 0);
}

/* --- Grants -------------------------------------------------------------- */

/** A grant's place: an address, or an entry's. */
static uint64_t take_host_address(void)
{
    return take8() & 1 ? take_va() : take_entry_address();
}

static uint32_t put_map(unsigned nr)
{
    struct gnttab_map_grant_ref op[3];

    memset(op, 0, sizeof(op));
    for (unsigned i = 0; i < nr; i++) {
        op[i].host_addr = take_host_address();
        op[i].flags = take8() & 3 ? GNTMAP_host_map | (take8() & 0x3F)
                                  : take8() & 0x3F;
        if (op[i].flags & GNTMAP_contains_pte)
            op[i].host_addr = take_entry_address();
        op[i].ref = take8() & 15 ? take8() & 15 : take32();
        op[i].dom = take_other();
    }
    return put(op, sizeof(op));
}

static uint32_t put_unmap(unsigned nr)
{
    struct gnttab_unmap_grant_ref op[3];

    memset(op, 0, sizeof(op));
    for (unsigned i = 0; i < nr; i++) {
        op[i].host_addr = take8() & 3 ? take_host_address() : 0;
        op[i].dev_bus_addr = take8() & 3 ? 0 : mfn_to_maddr(take_frame()).a;
        op[i].handle = take8() & 15 ? take8() & 7 : take32();
    }
    return put(op, sizeof(op));
}

static uint32_t put_replace(unsigned nr)
{
    struct gnttab_unmap_and_replace op[3];

    memset(op, 0, sizeof(op));
    for (unsigned i = 0; i < nr; i++) {
        op[i].host_addr = take_va();
        op[i].new_addr = take8() & 3 ? take_va() : 0;
        op[i].handle = take8() & 7;
    }
    return put(op, sizeof(op));
}

static uint32_t put_copy(unsigned nr)
{
    struct gnttab_copy op[3];

    memset(op, 0, sizeof(op));
    for (unsigned i = 0; i < nr; i++) {
        op[i].flags = take8() & 3;
        op[i].len = take8() & 3 ? take8() : (uint16_t)take32();
        op[i].source.offset = take8() & 3 ? take8() : (uint16_t)take32();
        op[i].dest.offset = take8() & 3 ? take8() : (uint16_t)take32();
        op[i].source.domid = take8() & 1 ? take_other() : DOMID_SELF;
        op[i].dest.domid = take8() & 1 ? take_other() : DOMID_SELF;
        if (op[i].flags & GNTCOPY_source_gref)
            op[i].source.u.ref = take8() & 15;
        else
            op[i].source.u.gmfn = take_frame().n;
        if (op[i].flags & GNTCOPY_dest_gref)
            op[i].dest.u.ref = take8() & 15;
        else
            op[i].dest.u.gmfn = take_frame().n;
    }
    return put(op, sizeof(op));
}

static uint32_t put_transfer(unsigned nr)
{
    struct gnttab_transfer op[3];

    memset(op, 0, sizeof(op));
    for (unsigned i = 0; i < nr; i++) {
        op[i].mfn = take_frame().n;
        op[i].domid = take_other();
        op[i].ref = take8() & 15;
    }
    return put(op, sizeof(op));
}

/** The others begin with a domain's number, and have little more. */
static uint32_t put_other(void)
{
    uint32_t words[6] = { take_domain(), take8() & 7, 0,
                          address_of(put_frames(0)), take8() & 3, 0 };

    if (take8() & 1)
        words[0] = take8() & 3; /* a version */
    return put(words, sizeof(words));
}

void build_grant_table_op(struct call *c)
{
    uint8_t cmd = take8() % 14u;
    unsigned nr = 1 + take8() % 3u;
    uint32_t at;

    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        at = put_map(nr);
        break;
    case GNTTABOP_unmap_grant_ref:
        at = put_unmap(nr);
        break;
    case GNTTABOP_unmap_and_replace:
        at = put_replace(nr);
        break;
    case GNTTABOP_copy:
        at = put_copy(nr);
        break;
    case GNTTABOP_transfer:
        at = put_transfer(nr);
        break;
    default:
        at = put_other();
        nr = take8() & 7 ? 1 : nr;
    }
    set(c, __HYPERVISOR_grant_table_op, cmd, address_of(at), nr, 0);
}
