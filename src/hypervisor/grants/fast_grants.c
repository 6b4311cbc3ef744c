/* SPDX-License-Identifier: MIT */
/**
 * @file fast_grants.c
 * @ingroup grants
 * Hypercall 20 in a short form: one mapping made or ended, as drivers do it for
 * every page of their data.
 *
 * Of the common kind are: an entry of the granter's that nobody uses yet, a
 * frame that is an ordinary page, an address of the mapper's that maps nothing
 * yet; and the end of a mapping by its handle and its address. All conditions
 * are looked at first. If one is not met, nothing was changed, and grant_map()
 * or grant_unmap() get the request as it was fetched (map.c, exercise 7.1).
 *
 *  - FAST-I10: the granter's entry is claimed last, by one exchange that
 *    succeeds only if the word is as it was when it was looked at. What was
 *    read of the entry before is the only thing that is used of it.
 *
 * GNT-I9 and FAST-I1 to I3 hold as there. Used with the hypervisor's option
 * `fast` (hypercall/fast.c).
 *
 * Source: [XenABI] xen/grant_table.h.
 */
#include "grants.h"

#include "arch_guest.h"
#include "domain.h"
#include "fast_entry.h"
#include "fast_grants.h"
#include "hypercall.h"

/** What the flags of a mapping of the common kind may be. */
#define COMMON(flags)                                                        \
    (((flags) & ~(uint32_t)GNTMAP_readonly) == GNTMAP_host_map)

_Static_assert(sizeof(((struct active_grant *)0)->pin) == sizeof(uint32_t),
               "all pins are one word");

/** All pins of an entry in use, as one word; 0: nobody uses it. */
FAST_INLINE uint32_t pins(const struct active_grant *active)
{
    uint32_t word;

    __builtin_memcpy(&word, active->pin, sizeof(word));
    return word;
}

#define WRITE_PINS                                                           \
    (0xFFu << 8 * GRANT_HOST_WRITE | 0xFFu << 8 * GRANT_DEVICE_WRITE)

/** An entry that is there: grant_entry() in line. */
FAST_INLINE struct grant_entry_v1 *entry_at(const struct domain *d,
                                            uint32_t ref)
{
    return (struct grant_entry_v1 *)d->grants.page[ref / GRANT_FRAME_ENTRIES] +
           ref % GRANT_FRAME_ENTRIES;
}

/** The kind of pin that a mapping of the common kind holds. */
FAST_INLINE enum grant_pin pin_of(uint32_t flags)
{
    return flags & GNTMAP_readonly ? GRANT_HOST_READ : GRANT_HOST_WRITE;
}

/** The lower half of the entry that such a mapping makes. */
FAST_INLINE uint32_t low_of(mfn_t frame, uint32_t flags)
{
    return frame.n << PAGE_SHIFT | PTE_P | PTE_A | PTE_D |
           (flags & GNTMAP_readonly ? 0 : PTE_RW);
}

/** The upper one. */
FAST_INLINE uint32_t high_of(mfn_t frame)
{
    return frame.n >> (32 - PAGE_SHIFT) | (uint32_t)(no_execute >> 32);
}

/** Say in the granter's entry that its frame is used (FAST-I10). */
FAST_INLINE bool claim(struct grant_entry_v1 *entry, uint32_t seen,
                       domid_t grantee, uint32_t flags)
{
    bool readonly = flags & GNTMAP_readonly;

    return (seen & GTF_type_mask) == GTF_permit_access &&
           seen >> 16 == grantee && (readonly || !(seen & GTF_readonly)) &&
           __atomic_compare_exchange_n(
               (uint32_t *)entry, &seen,
               seen | GTF_reading | (readonly ? 0 : GTF_writing), false,
               __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/** grant_map() for a mapping of the common kind; false, with nothing changed,
 *  if it is none. */
static bool map(struct domain *d, struct gnttab_map_grant_ref *op)
{
    struct domain *granter = domain_by_id(op->dom);
    uint32_t flags = op->flags, ref = op->ref, handle, seen;
    struct active_grant *active;
    struct grant_mapping *record;
    struct grant_entry_v1 *entry;
    volatile uint32_t *slot;
    mfn_t frame;

    if (!COMMON(flags) || op->host_addr >> 32 || !granter || granter->dying ||
        d->grants.free_mapping == 0 ||
        ref / GRANT_FRAME_ENTRIES >= granter->grants.nr ||
        !granter->grants.active[ref / GRANT_BLOCK])
        return false;
    handle = d->grants.free_mapping - 1;
    active = &granter->grants.active[ref / GRANT_BLOCK][ref % GRANT_BLOCK];
    entry = entry_at(granter, ref);
    slot = fast_l1_slot(current_vcpu(), (uint32_t)op->host_addr);
    if (!slot || (slot[0] & PTE_P) || pins(active) != 0)
        return false;
    seen = __atomic_load_n((uint32_t *)entry, __ATOMIC_SEQ_CST);
    frame = mfn(__atomic_load_n(&entry->frame, __ATOMIC_SEQ_CST));
    if (frame.n >= frame_infos.nr ||
        !fast_take(granter, low_of(frame, flags), high_of(frame)))
        return false;
    if (!claim(entry, seen, d->id, flags)) {
        fast_put(frame_info(frame), low_of(frame, flags));
        return false;
    }
    fast_store(slot, low_of(frame, flags), high_of(frame));
    active->pin[pin_of(flags)] = 1;
    active->grantee = d->id;
    active->frame = frame;
    record = &d->grants.mapping[handle / GRANT_BLOCK][handle % GRANT_BLOCK];
    d->grants.free_mapping = record->ref;
    *record = (struct grant_mapping){ ref, granter->id, (uint16_t)flags };
    op->handle = handle;
    op->dev_bus_addr = (uint64_t)frame.n << PAGE_SHIFT;
    op->status = GNTST_okay;
    return true;
}

/** Say in the granter's entry what is over: its frame is not written any more,
 *  or not used at all. */
FAST_INLINE void release(struct domain *granter, uint32_t ref, uint32_t left)
{
    uint16_t over = (left & WRITE_PINS ? 0 : GTF_writing) |
                    (left ? 0 : GTF_reading);

    if (over)
        __atomic_fetch_and(&entry_at(granter, ref)->flags, (uint16_t)~over,
                           __ATOMIC_SEQ_CST);
}

/** grant_unmap() and grant_unmapped(), with the flush between them; false, with
 *  nothing changed, if it is no mapping of the common kind. */
static bool unmap(struct domain *d, const struct gnttab_unmap_grant_ref *op)
{
    struct grant_mapping *record = grant_mapping(d, op->handle);
    struct active_grant *active;
    struct page_info *page;
    struct domain *granter;
    volatile uint32_t *slot;
    uint32_t low;

    if (!record || !COMMON(record->flags) || op->host_addr >> 32 ||
        op->dev_bus_addr || !(granter = domain_by_id(record->granter)))
        return false;
    active = &granter->grants.active[record->ref / GRANT_BLOCK]
                                    [record->ref % GRANT_BLOCK];
    slot = fast_l1_slot(current_vcpu(), (uint32_t)op->host_addr);
    if (!slot)
        return false;
    low = slot[0];
    if (((low ^ low_of(active->frame, record->flags)) & FAST_LOW_COUNTED) ||
        ((slot[1] ^ high_of(active->frame)) & FAST_HIGH_FRAME) ||
        !(page = fast_old(low, slot[1])))
        return false;
    fast_store(slot, 0, 0);
    fast_put(page, low);
    fast_note(FAST_DROPPED);
    flush_before_reuse();
    active->pin[pin_of(record->flags)]--;
    release(granter, record->ref, pins(active));
    record->flags = 0;
    record->ref = d->grants.free_mapping;
    d->grants.free_mapping = op->handle + 1;
    return true;
}

/** Fetch a request, each word once. */
FAST_INLINE bool fetch(uint32_t at, void *to, unsigned words)
{
    uint32_t word;

    for (unsigned i = 0; i < words; i++) {
        if (!arch_guest_read(at + i * sizeof(word), &word))
            return false;
        __builtin_memcpy((uint8_t *)to + i * sizeof(word), &word,
                         sizeof(word));
    }
    return true;
}

/** A request to map one frame. */
static int32_t map_one(struct domain *d, uint32_t at)
{
    struct gnttab_map_grant_ref op;

    if (!fetch(at, &op, sizeof(op) / sizeof(uint32_t)))
        return -EFAULT;
    if (!map(d, &op))
        op.status = grant_map(d, &op);
    /* What the caller is told lies behind what it said. */
    at += offsetof(struct gnttab_map_grant_ref, dom);
    return arch_guest_write(at, (uint32_t)(uint16_t)op.status << 16 | op.dom) &&
                   arch_guest_write(at + 4, op.handle) &&
                   arch_guest_write(at + 8, (uint32_t)op.dev_bus_addr) &&
                   arch_guest_write(at + 12,
                                    (uint32_t)(op.dev_bus_addr >> 32))
               ? 0 : -EFAULT;
}

/** A request to end one mapping. */
static int32_t unmap_one(struct domain *d, uint32_t at)
{
    struct gnttab_unmap_grant_ref op;
    struct grant_unmap plain;
    uint32_t last;

    if (!fetch(at, &op, offsetof(struct gnttab_unmap_grant_ref, status) /
                            sizeof(uint32_t)) ||
        !arch_guest_read(at + offsetof(struct gnttab_unmap_grant_ref, status),
                         &last))
        return -EFAULT;
    op.status = GNTST_okay;
    if (!unmap(d, &op)) {
        plain = (struct grant_unmap){ .host_addr = op.host_addr,
                                      .dev_bus_addr = op.dev_bus_addr,
                                      .handle = op.handle };
        grant_unmap(d, &plain);
        flush_before_reuse();
        grant_unmapped(d, &plain);
        op.status = plain.status;
    }
    at += offsetof(struct gnttab_unmap_grant_ref, status);
    return arch_guest_write(at, (last & 0xFFFF0000u) | (uint16_t)op.status)
               ? 0 : -EFAULT;
}

_Static_assert(offsetof(struct gnttab_map_grant_ref, status) ==
                       offsetof(struct gnttab_map_grant_ref, dom) + 2 &&
                   offsetof(struct gnttab_map_grant_ref, handle) ==
                       offsetof(struct gnttab_map_grant_ref, dom) + 4 &&
                   offsetof(struct gnttab_map_grant_ref, dev_bus_addr) ==
                       offsetof(struct gnttab_map_grant_ref, dom) + 8,
               "what map_one() writes");

/**
 * Hypercall 20 in its short form, for one element to map or to unmap; as
 * do_grant_table_op().
 *
 * @param arg  As of do_grant_table_op().
 * @context{hypercall}
 * @return as do_grant_table_op().
 */
int32_t fast_grant_table_op(const uint32_t arg[HYPERCALL_ARGS])
{
    struct domain *d = current_vcpu()->domain;

    if (arg[2] != 1 || tables_leaving != 0 ||
        arg[1] > M2P_START - sizeof(struct gnttab_map_grant_ref))
        return do_grant_table_op(arg);
    work_done = 0;
    if (arg[0] == GNTTABOP_map_grant_ref)
        return map_one(d, arg[1]);
    if (arg[0] == GNTTABOP_unmap_grant_ref)
        return unmap_one(d, arg[1]);
    return do_grant_table_op(arg);
}
