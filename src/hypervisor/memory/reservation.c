/* SPDX-License-Identifier: MIT */
/**
 * @file reservation.c
 * How much memory a domain has: more of it, less of it.
 *
 * A domain has a limit, and below it may take frames and give them back as it
 * likes; a balloon driver does nothing else. Frames go by *extents*, runs of
 * 2^order frames.
 *
 *     increase   new frames, whose numbers the caller learns
 *     populate   the same for given pfns, which the M2P then knows
 *     decrease   frames given back. One that is still mapped, or pinned, goes
 *                when it is not any more
 *
 * All three return how many extents were done, never an error: a caller that
 * got fewer than it asked for looks at its arguments, or waits for memory.
 *
 * An extent comes as a whole, or goes, in one part of the call; only the
 * zeroing before (extents.c) and after (frames_scrub()) is done in pieces.
 *
 * Source: [XenABI] xen/memory.h.
 */
#include "memory.h"

#include "boot.h"
#include "domain.h"
#include "hypercall.h"
#include "memory_op.h"

/** An unprivileged domain's largest extent: single frames. Only who drives a
 *  device needs frames next to each other. */
static unsigned max_order(void)
{
    return current_vcpu()->domain->privileged ? FRAME_MAX_ORDER : 0;
}

/**
 * The limit for frame numbers that a request's address bits set.
 *
 * @param flags  mem_flags of a request; only its address bits count.
 * @context{hypercall}
 * @return all frame numbers must be less; 0 if none will do, MAX_FRAMES if any.
 */
uint32_t reservation_below(uint32_t flags)
{
    unsigned bits = XENMEMF_get_address_bits(flags);

    if (bits == 0 || bits >= 32 + PAGE_SHIFT)
        return MAX_FRAMES;
    return bits <= PAGE_SHIFT ? 0 : 1u << (bits - PAGE_SHIFT);
}

/**
 * Drop the owner's own reference: the frame goes when nobody maps it any
 * more.
 *
 * @param d  Its owner.
 * @param m  Any number.
 * @context{entry}
 * @return false, with nothing changed, if it is not the domain's, or has been
 *         disowned before.
 */
bool frame_disown(struct domain *d, mfn_t m)
{
    struct page_info *info = frame_info(m);

    if (!info || info->owner != d || !(info->flags & PAGE_ALLOCATED))
        return false;
    info->flags &= ~PAGE_ALLOCATED;
    frame_put(m);
    return true;
}

/** Have one extent wait for the domain (extents_ready()). */
static int ready(const struct reservation *r)
{
    const struct domain *d = r->domain;

    if (d->nr_frames > d->max_frames ||
        d->max_frames - d->nr_frames < 1u << r->order)
        return -ENOMEM;
    return extents_ready(1, r->order, r->below);
}

/** Take one extent and tell the caller its first frame, if it gave a list: one
 *  that only wants more memory finds it in the M2P. */
static int increase(const struct reservation *r, vaddr_t where)
{
    int error = ready(r);
    mfn_t m;

    if (error)
        return error;
    extents_first(&m);
    if (r->list.a != 0 && copy_to_guest(where, &m.n, sizeof(m.n)) != 0)
        return -EFAULT;
    extents_give(r->domain);
    return 0;
}

/** The same for the pfns from the one that the list names. */
static int populate(const struct reservation *r, vaddr_t where)
{
    uint32_t first_pfn;
    int error;
    mfn_t m;

    if (copy_from_guest(&first_pfn, where, sizeof(first_pfn)) != 0)
        return -EFAULT;
    error = ready(r);
    if (error)
        return error;
    extents_first(&m);
    extents_give(r->domain);
    for (uint32_t i = 0; i < 1u << r->order; i++)
        m2p_set(mfn(m.n + i), first_pfn + i);
    /* The frames are the domain's even if it cannot be told their numbers. */
    (void)copy_to_guest(where, &m.n, sizeof(m.n));
    return 0;
}

/** Give back one frame of many: at once, unless somebody else holds it. One
 *  that was given back before and is held still can be given back again, which
 *  changes nothing. */
static bool leave(struct domain *d, mfn_t m)
{
    const struct page_info *info = frame_info(m);

    if (!info || info->owner != d || info->count == 0)
        return false;
    if (!(info->flags & PAGE_ALLOCATED))
        return true;
    if (info->count > 1)
        return frame_disown(d, m);
    frame_free_later(m);
    return true;
}

/** Give back the frames of one extent, up to one that is not there. */
static int decrease(const struct reservation *r, vaddr_t where)
{
    uint32_t first, i = 0;

    if (!work_fresh_for(1u << r->order))
        return -ERESTART;
    if (copy_from_guest(&first, where, sizeof(first)) != 0)
        return -EFAULT;
    while (i < 1u << r->order && first + i >= first &&
           leave(r->domain, mfn(first + i)))
        i++;
    flush_before_reuse();
    work_add(MOVE_WORK << r->order);
    (void)frames_scrub(); /* what of it the share allows */
    return i < 1u << r->order ? -EINVAL : 0;
}

/**
 * Read and check what all three have in common.
 *
 * @param where   Address of the guest's struct xen_memory_reservation.
 * @param done    Extents that earlier parts of the call did.
 * @param[out] r  Only if true is returned.
 * @context{hypercall}
 * @return false: nothing can be done for such a request.
 */
bool reservation_read(vaddr_t where, uint32_t done, struct reservation *r)
{
    struct xen_memory_reservation request;

    if (copy_from_guest(&request, where, sizeof(request)) != 0)
        return false;
    r->list = vaddr((uint32_t)(uintptr_t)request.extent_start.p);
    r->nr = (uint32_t)request.nr_extents;
    r->order = request.extent_order;
    r->below = reservation_below(request.mem_flags);
    r->domain = domain_for_memory(request.domid);
    return r->nr <= MEMORY_OP_MAX_EXTENTS && done <= r->nr &&
           r->order <= max_order() && r->domain &&
           guest_range_ok(r->list, r->nr * sizeof(uint32_t));
}

/** Do one extent, or a part of one that is not whole yet (-ERESTART). */
static int one_extent(unsigned cmd, const struct reservation *r, uint32_t i)
{
    vaddr_t where = vaddr(r->list.a + i * sizeof(uint32_t));

    if (work_exhausted())
        return -ERESTART;
    if (cmd == XENMEM_increase_reservation)
        return increase(r, where);
    if (cmd == XENMEM_populate_physmap)
        return populate(r, where);
    return decrease(r, where);
}

/**
 * Memory operations 0, 1 and 6.
 *
 * @param cmd   Which one.
 * @param done  Extents that earlier parts of the call did.
 * @param arg   Of the hypercall; [1] is the address of the request.
 * @context{hypercall}
 * @post  Nothing waits for the vCPU (extents.c), unless the call continues.
 * @return Extents done, earlier parts included; or the continuation's value.
 */
int32_t memory_reservation(unsigned cmd, uint32_t done,
                           const uint32_t arg[HYPERCALL_ARGS])
{
    struct reservation r;
    int error = 0;

    if (!reservation_read(vaddr(arg[1]), done, &r))
        r.nr = done;
    while (done < r.nr) {
        error = one_extent(cmd, &r, done);
        if (error == -ERESTART)
            return memory_op_continue(cmd, done, arg);
        if (error)
            break;
        work_add(REQUEST_WORK);
        done++;
    }
    extents_drop(current_vcpu());
    return (int32_t)done;
}
