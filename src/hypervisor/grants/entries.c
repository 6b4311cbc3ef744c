/* SPDX-License-Identifier: MIT */
/**
 * @file entries.c
 * @ingroup grants
 * Page-table entries made by grants.
 *
 * Such an entry is like any other but for one thing: its frame is another
 * domain's. It holds the references that every entry of its flags holds, and
 * whoever overwrites it by an ordinary update puts them; the grant's pins then
 * stay until the domain ends, because there is no entry left to show.
 *
 * The entry's place is given in two ways:
 *
 *     host_addr is an address           the L1 entry that maps it now
 *     GNTMAP_contains_pte               the machine address of the L1 entry
 *
 *  - GNT-I9: an entry that is taken away by a handle has the handle's frame
 *    and its right to write: else a mapper could keep a writable mapping and
 *    give back a read-only one.
 *
 * Source: [XenABI] xen/grant_table.h.
 */
#include "grants.h"

#include "boot.h"
#include "domain.h"
#include "memory.h"

/** Bits of an entry by which it must agree with its grant. */
#define COMPARED (PTE_FRAME | PTE_P | PTE_RW)

/** Bits 9 to 11 of an entry are the guest's; so are bits 16 and up of the
 *  flags, which go there. */
#define AVAILABLE_SHIFT 9
#define AVAILABLE_MASK 7u

/** One L1 entry of the mapper's tables. */
struct slot {
    mfn_t table;
    unsigned index;
};

/** The entry that a grant makes. */
static uint64_t entry_of(mfn_t frame, uint32_t flags)
{
    uint64_t entry = mfn_to_maddr(frame).a | PTE_P | PTE_A | PTE_D |
                     no_execute;

    if (!(flags & GNTMAP_readonly))
        entry |= PTE_RW;
    if (flags & GNTMAP_application_map)
        entry |= PTE_US;
    return entry | (uint64_t)(flags >> _GNTMAP_guest_avail0 & AVAILABLE_MASK)
                       << AVAILABLE_SHIFT;
}

/** The entry at a machine address, if it is of an L1 of the domain's. */
static bool slot_at(struct domain *d, uint64_t at, struct slot *slot)
{
    const struct page_info *info;

    if (at % sizeof(uint64_t) != 0 || at >> PAGE_SHIFT >= frame_table_size())
        return false;
    slot->table = maddr_to_mfn(maddr(at));
    slot->index = (at % PAGE_SIZE) / sizeof(uint64_t);
    info = frame_info(slot->table);
    return info->owner == d && info->type == FRAME_L1 &&
           info->type_count > 0 && (info->flags & PAGE_VALIDATED);
}

/** The entry that maps an address of the running vCPU's. */
static bool slot_of(uint64_t va, struct slot *slot)
{
    struct table_walk walk;

    if (va >= M2P_START)
        return false;
    memory_walk(current_vcpu(), (uint32_t)va, &walk);
    slot->table = walk.table[2];
    slot->index = l1_index((uint32_t)va);
    return walk.levels == 3;
}

static bool find_slot(struct domain *d, uint64_t address, uint32_t flags,
                      struct slot *slot)
{
    return flags & GNTMAP_contains_pte ? slot_at(d, address, slot)
                                       : slot_of(address, slot);
}

static uint64_t read_slot(const struct slot *slot)
{
    const uint64_t *table = window_map(slot->table);
    uint64_t entry = table[slot->index];

    window_unmap(table);
    return entry;
}

static int write_slot(struct domain *d, const struct slot *slot,
                      uint64_t entry, const struct domain *page_owner)
{
    const struct entry_update u = { .owner = d, .page_owner = page_owner,
                                    .table = slot->table,
                                    .index = slot->index, .entry = entry };

    return entry_update(&u);
}

/**
 * Make the entry of a grant.
 *
 * @param d        The mapper; its running vCPU's tables.
 * @param granter  Whose frame it is.
 * @param frame    The caller holds a general reference.
 * @param op       Its host_addr and flags.
 * @context{hypercall}
 * @post  The entry holds its own references; those of the entry that was there
 *        are put.
 * @return GNTST_okay, or GNTST_general_error: no L1 entry is there, or the
 *         frame cannot be writable.
 */
int16_t grant_host_map(struct domain *d, struct domain *granter, mfn_t frame,
                       const struct gnttab_map_grant_ref *op)
{
    struct slot slot;

    if (!find_slot(d, op->host_addr, op->flags, &slot) ||
        write_slot(d, &slot, entry_of(frame, op->flags), granter) != 0)
        return GNTST_general_error;
    return GNTST_okay;
}

/** Have an entry be what another one is, and that one be empty. */
static int move_entry(struct domain *d, const struct slot *to,
                      const struct slot *from)
{
    uint64_t entry = read_slot(from);
    const struct page_info *info =
        frame_info(maddr_to_mfn(maddr(entry & PTE_FRAME)));
    int error;

    if (to->table.n == from->table.n && to->index == from->index)
        return -EINVAL;
    error = write_slot(d, to, entry, info && info->owner ? info->owner : d);
    return error ? error : write_slot(d, from, 0, d);
}

/**
 * Take the entry of a grant away, or replace it.
 *
 * @param d      The mapper; its running vCPU's tables.
 * @param frame  What was granted.
 * @param flags  Of the mapping.
 * @param op     Its host_addr; if it replaces, its new_addr: the entry that
 *               maps this address moves to the other's place.
 * @context{hypercall}
 * @post  The entry's references are put; translations are not dropped.
 * @return GNTST_okay, or GNTST_general_error: what is there is not the
 *         grant's (GNT-I9), or there is nothing to replace it with.
 */
int16_t grant_host_unmap(struct domain *d, mfn_t frame, uint32_t flags,
                         const struct grant_unmap *op)
{
    struct slot slot, from;
    int error;

    if (!find_slot(d, op->host_addr, flags, &slot) ||
        ((read_slot(&slot) ^ entry_of(frame, flags)) & COMPARED))
        return GNTST_general_error;
    if (!op->replace || op->new_addr == 0)
        error = write_slot(d, &slot, 0, d);
    else if ((flags & GNTMAP_contains_pte) || !slot_of(op->new_addr, &from))
        error = -EINVAL;
    else
        error = move_entry(d, &slot, &from);
    return error ? GNTST_general_error : GNTST_okay;
}

/**
 * Hold a frame for a device of the mapper's: nothing translates its accesses,
 * so only references keep the frame what it is.
 *
 * @param frame    The caller holds a general reference.
 * @param granter  Whose it is.
 * @param flags    GNTMAP_readonly or not.
 * @context{hypercall}
 * @return GNTST_okay, or GNTST_general_error: it cannot be writable.
 */
int16_t grant_device_hold(mfn_t frame, const struct domain *granter,
                          uint32_t flags)
{
    bool held = flags & GNTMAP_readonly
                    ? frame_get(frame, granter)
                    : frame_get_and_type(frame, granter,
                                         FRAME_WRITABLE) == 0;

    return held ? GNTST_okay : GNTST_general_error;
}

/**
 * Drop what grant_device_hold() took.
 *
 * @param frame  The same.
 * @param flags  The same.
 * @context{entry}
 */
void grant_device_put(mfn_t frame, uint32_t flags)
{
    if (flags & GNTMAP_readonly)
        frame_put(frame);
    else
        frame_put_and_type(frame);
}
