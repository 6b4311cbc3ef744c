/* SPDX-License-Identifier: MIT */
/**
 * @file copy.c
 * @ingroup grants
 * Exercise 7.2: copying to and from granted frames, and giving frames away.
 *
 * Mapping and unmapping cost two calls and a flush; for a packet of a few
 * hundred bytes it is cheaper to have the hypervisor copy them. Each side of
 * a copy is a granted frame, or one of the caller's own:
 *
 *     source: {ref or frame, domain, offset} --- len bytes --> dest: the same
 *
 * A transfer gives a whole frame to a domain that has asked for one by an entry
 * of type accept_transfer: the receiver names a place, the giver fills it in.
 * The frame changes its owner, so nobody may have it mapped, and no translation
 * to it may be left.
 *
 * Sources: [Xen2003] 3.3.5 (a packet's page is exchanged for an unused one);
 * [XenABI] xen/grant_table.h.
 */
#include "grants.h"

#include "boot.h"
#include "domain.h"
#include "lib.h"
#include "memory.h"

/** One side of a copy, held. */
struct side {
    struct domain *domain; /**< whose frame */
    mfn_t frame;
    grant_ref_t ref;       /**< if granted */
    bool granted;
    bool written;
};

/** The flags of a side's pin. */
static uint32_t pin_flags(const struct side *s)
{
    return GNTMAP_host_map | (s->written ? 0 : GNTMAP_readonly);
}

/** Whose frame it is, and which; a granted one is pinned. */
static int16_t name_side(struct domain *d, const struct gnttab_copy_ptr *at,
                         struct side *s)
{
    s->domain = at->domid == DOMID_SELF ? d : domain_by_id(at->domid);
    if (!s->granted) {
        s->frame = mfn(at->u.gmfn);
        return at->domid == DOMID_SELF ? GNTST_okay : GNTST_permission_denied;
    }
    if (!s->domain || s->domain->dying)
        return GNTST_bad_domain;
    s->ref = at->u.ref;
    return grant_pin(s->domain, s->ref, d->id, pin_flags(s), &s->frame);
}

/** Hold one side of a copy, or nothing. */
static int16_t hold_side(struct domain *d, const struct gnttab_copy_ptr *at,
                         struct side *s)
{
    int16_t status = name_side(d, at, s);

    if (status != GNTST_okay)
        return status;
    if (!frame_get(s->frame, s->domain))
        status = GNTST_bad_page;
    else if (s->written && frame_get_type(s->frame, FRAME_WRITABLE) != 0) {
        frame_put(s->frame);
        status = GNTST_general_error;
    }
    if (status != GNTST_okay && s->granted)
        grant_unpin(s->domain, s->ref, pin_flags(s));
    return status;
}

static void put_side(const struct side *s)
{
    if (s->written)
        frame_put_type(s->frame);
    frame_put(s->frame);
    if (s->granted)
        grant_unpin(s->domain, s->ref, pin_flags(s));
}

static void copy_bytes(const struct side *from, uint32_t from_offset,
                       const struct side *to, uint32_t to_offset, size_t len)
{
    const uint8_t *source = window_map(from->frame);
    uint8_t *target = window_map(to->frame);

    memmove(target + to_offset, source + from_offset, len);
    window_unmap(target);
    window_unmap(source);
}

/**
 * Copy between two frames.
 *
 * @param d   The caller.
 * @param op  The hypervisor's copy of what it asked for. Flags other than the
 *            two that exist are ignored.
 * @context{hypercall}
 * @return GNTST_okay; GNTST_bad_copy_arg: a side crosses its page;
 *         GNTST_permission_denied: a frame of another's by number;
 *         GNTST_bad_page: a frame that is not its domain's;
 *         GNTST_general_error: the destination is a page table, or the entry
 *         does not allow it; GNTST_bad_gntref, GNTST_bad_domain.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_copy.
 */
int16_t grant_copy(struct domain *d, const struct gnttab_copy *op)
//@solution 7.2 -- (void)d; (void)op; (void)hold_side; (void)put_side; (void)copy_bytes; return GNTST_general_error;
{
    struct side from = { .granted = op->flags & GNTCOPY_source_gref };
    struct side to = { .granted = op->flags & GNTCOPY_dest_gref,
                       .written = true };
    int16_t status;

    if (op->source.offset + (uint32_t)op->len > PAGE_SIZE ||
        op->dest.offset + (uint32_t)op->len > PAGE_SIZE)
        return GNTST_bad_copy_arg;
    status = hold_side(d, &op->source, &from);
    if (status != GNTST_okay)
        return status;
    status = hold_side(d, &op->dest, &to);
    if (status == GNTST_okay) {
        copy_bytes(&from, op->source.offset, &to, op->dest.offset, op->len);
        put_side(&to);
    }
    put_side(&from);
    return status;
}
//@end

//@solution-helper 7.2
/** Take the place that a receiver offers to the giver, so that no other can. */
static bool commit(struct grant_entry_v1 *entry, domid_t giver)
{
    uint32_t offered = GTF_accept_transfer | (uint32_t)giver << 16;

    return __atomic_compare_exchange_n((uint32_t *)entry, &offered,
                                       offered | GTF_transfer_committed,
                                       false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}
//@end

/**
 * Give a frame away.
 *
 * @param d   The caller, whose frame it is until then.
 * @param op  The hypervisor's copy of what it asked for.
 * @context{hypercall}
 * @post  If all went well the receiver's entry names the frame and has
 *        GTF_transfer_completed; its place in the machine-to-physical table is
 *        empty. Else nobody's frame has moved.
 * @return GNTST_okay; GNTST_bad_domain: no such receiver, or it has ended;
 *         GNTST_bad_page: not the caller's frame, or one in any use;
 *         GNTST_general_error: the receiver can have no more frames, or does
 *         not wait for one of the caller's at this entry.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_transfer.
 */
int16_t grant_transfer(struct domain *d, const struct gnttab_transfer *op)
//@solution 7.2 -- (void)d; (void)op; return GNTST_general_error;
{
    struct domain *receiver = domain_by_id(op->domid);
    struct grant_entry_v1 *entry;
    mfn_t frame = mfn(op->mfn);

    if (!receiver || receiver->dying)
        return GNTST_bad_domain;
    if (!frame_can_move(frame, d))
        return GNTST_bad_page;
    entry = grant_entry(receiver, op->ref);
    if (receiver->nr_frames >= receiver->max_frames || !entry ||
        !commit(entry, d->id))
        return GNTST_general_error;
    frame_move(frame, d, receiver);
    __atomic_store_n(&entry->frame, frame.n, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&entry->flags, GTF_transfer_completed,
                      __ATOMIC_SEQ_CST);
    return GNTST_okay;
}
//@end
