/* SPDX-License-Identifier: MIT */
/**
 * @file neighbours.c
 * @page conformance_neighbours Conformance: what a neighbour cannot do
 * Property: a domain without privilege gets at another's frame by a grant only,
 * as long as the grant lets it, and as wide; a frame that somebody maps is not
 * free, and one that comes to a domain is empty.
 * Source: the interface.
 * Method: two domains of this image, 1 and 2. The second tries what it must
 * not. They take turns by a word in a page that the first shares.
 *
 *     first                            second
 *     grants
 *                                      maps, and tries
 *     gives back what the other maps
 *                                      looks, ends its mapping
 */
#include "two.h"

#include <xen/memory.h>

/** References of the first's, and pages of both. */
enum { MEETING = 8, REVOKED, READ, HELD, PLACE };
enum { SHARED, SECRET, KEPT, SPARE, UNUSED };

/** An L2 slot that nothing uses: 2 MB at this address. */
#define FAR_AWAY ((const void *)0xE0000000u)

/** The page that both have: in words. */
enum { TURN, FRAME, UNUSED_FRAME };

static volatile uint32_t *meeting;

static void wait_for_turn(uint32_t turn)
{
    while (meeting[TURN] != turn)
        two_yield();
}

static int reserve(unsigned cmd, xen_pfn_t *frame)
{
    struct xen_memory_reservation one = {
        .nr_extents = 1, .domid = DOMID_SELF,
    };

    set_xen_guest_handle_raw(one.extent_start, frame);
    return hypercall_2(memory_op, cmd, &one);
}

/* --- The first ------------------------------------------------------------ */

/** Pages with something in them, one that is mapped nowhere, and room for a
 *  frame more. */
static void prepare(void)
{
    xen_pfn_t spare = (xen_pfn_t)frame_of(scratch[SPARE]);

    page_clear(SHARED);
    page_clear(SECRET);
    page_clear(KEPT);
    page_clear(UNUSED);
    *word(scratch[SECRET]) = 0x5EC2E7;
    *word(scratch[KEPT]) = 0x9E97;
    meeting = word(scratch[SHARED]);
    meeting[FRAME] = (uint32_t)frame_of(scratch[SECRET]);
    meeting[UNUSED_FRAME] = (uint32_t)frame_of(scratch[UNUSED]);
    page_away(scratch[UNUSED]);
    page_away(scratch[SPARE]);
    CHECK_FIRST("neighbours.room", 1,
                reserve(XENMEM_decrease_reservation, &spare));
}

static void grant_all(void)
{
    two_open();
    two_set(REVOKED, GTF_permit_access, SECOND, frame_of(scratch[SECRET]));
    two_set(REVOKED, 0, SECOND, frame_of(scratch[SECRET]));
    two_set(READ, GTF_permit_access | GTF_readonly, SECOND,
            frame_of(scratch[SECRET]));
    two_set(HELD, GTF_permit_access, SECOND, frame_of(scratch[KEPT]));
    two_set(PLACE, GTF_accept_transfer, SECOND, 0);
    two_set(MEETING, GTF_permit_access, SECOND, frame_of(scratch[SHARED]));
}

static void first(void)
{
    xen_pfn_t kept = (xen_pfn_t)frame_of(scratch[KEPT]), next = 0, more = 0;

    prepare();
    grant_all();
    wait_for_turn(1);
    page_away(scratch[KEPT]);
    CHECK_FIRST("neighbours.gives_back_what_the_other_maps", 1,
                reserve(XENMEM_decrease_reservation, &kept));
    CHECK_FIRST("neighbours.another_frame", 1,
                reserve(XENMEM_increase_reservation, &next));
    CHECK_FIRST("neighbours.another_frame.is_another", 1, next != kept);
    CHECK_FIRST("neighbours.no_room_by_that", 0,
                reserve(XENMEM_increase_reservation, &more));
    CHECK_FIRST("neighbours.another_frame.map", 0,
                page_map(scratch[KEPT], frame_entry(next, L1_ALL)));
    *word(scratch[KEPT]) = 0xB0B;
    meeting[TURN] = 2;
    wait_for_turn(3);
}

/* --- The second ----------------------------------------------------------- */

static void try_grants(void)
{
    CHECK_SECOND("neighbours.revoked", GNTST_general_error,
                 two_map(1, GNTMAP_host_map, FIRST, REVOKED));
    CHECK_SECOND("neighbours.to_be_written", GNTST_general_error,
                 two_map(1, GNTMAP_host_map, FIRST, READ));
    CHECK_SECOND("neighbours.to_be_read", GNTST_okay,
                 two_map(1, GNTMAP_host_map | GNTMAP_readonly, FIRST, READ));
    CHECK_SECOND("neighbours.to_be_read.write",
                 FAULT(14, 3), try_write((uint32_t)window[1], 1));
    CHECK_SECOND("neighbours.to_be_read.made_wider", -XEN_EBUSY,
                 page_map(window[1], frame_entry(meeting[FRAME], L1_ALL)));
    CHECK_SECOND("neighbours.to_be_read.read", 0x5EC2E7, *word(window[1]));
    CHECK_SECOND("neighbours.unmap", GNTST_okay,
                 two_unmap(1, two_mapped.handle));
    CHECK_SECOND("neighbours.unmap.is_gone", FAULT(14, 0),
                 try_read((uint32_t)window[1]));
    CHECK_SECOND("neighbours.unmap.twice", GNTST_bad_handle,
                 two_unmap(1, two_mapped.handle));
}

static void try_tables(void)
{
    uint64_t entry = frame_entry(meeting[FRAME], L1_ALL);
    uint64_t *l1 = live_l1(window[1]);
    uint64_t slot = entry_address(
        &l1[(uint32_t)window[1] >> 12 & 511]);

    CHECK_SECOND("neighbours.foreign_update", -XEN_EPERM,
                 update_as(slot, entry, FIRST));
    CHECK_SECOND("neighbours.foreign_tables", -XEN_EPERM,
                 update_as(slot, entry, (FIRST + 1) << 16 | DOMID_SELF));
    CHECK_SECOND("neighbours.table_of_the_others", -XEN_EINVAL,
                 update(entry_address(&live_l2(FAR_AWAY)[
                            (uint32_t)FAR_AWAY >> 21 & 511]),
                        frame_entry(meeting[UNUSED_FRAME],
                                    PTE_P | PTE_RW | PTE_US)));
}

/** A frame's next life, given back and given away. */
static void try_frames(void)
{
    xen_pfn_t frame = (xen_pfn_t)frame_of(scratch[SPARE]), next = 0;
    uint32_t sum = 0;

    page_clear(SPARE);
    CHECK_SECOND("neighbours.transfer_what_is_mapped", GNTST_bad_page,
                 two_transfer(frame, FIRST, PLACE));
    for (unsigned i = 0; i < 512; i++)
        scratch[SPARE][i] = 0xDEC0DE0000000000u | i;
    page_away(scratch[SPARE]);
    CHECK_SECOND("neighbours.decrease", 1,
                 reserve(XENMEM_decrease_reservation, &frame));
    CHECK_SECOND("neighbours.increase", 1,
                 reserve(XENMEM_increase_reservation, &next));
    CHECK_SECOND("neighbours.increase.map", 0,
                 page_map(scratch[SPARE], frame_entry(next, L1_ALL)));
    for (unsigned i = 0; i < 512; i++)
        sum |= (uint32_t)scratch[SPARE][i] |
               (uint32_t)(scratch[SPARE][i] >> 32);
    CHECK_SECOND("neighbours.increase.is_empty", 0, sum);
}

static void second(void)
{
    uint32_t handle, held;

    two_open();
    while (two_map(0, GNTMAP_host_map, FIRST, MEETING) != GNTST_okay)
        two_yield();
    handle = two_mapped.handle;
    meeting = word(window[0]);
    try_grants();
    try_tables();
    try_frames();
    CHECK_SECOND("neighbours.held", GNTST_okay,
                 two_map(1, GNTMAP_host_map, FIRST, HELD));
    held = two_mapped.handle;
    meeting[TURN] = 1;
    wait_for_turn(2);
    CHECK_SECOND("neighbours.held.stays", 0x9E97, *word(window[1]));
    CHECK_SECOND("neighbours.held.unmap", GNTST_okay, two_unmap(1, held));
    meeting[TURN] = 3;
    CHECK_SECOND("neighbours.leaves", GNTST_okay, two_unmap(0, handle));
}

void family(void)
{
    traps_ready();
    if (is_second())
        second();
    else
        first();
}
