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

/** The limit for frame numbers that a request's address bits set. */
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

/** Allocate one extent and tell the caller its first frame, if it gave a list:
 *  one that only wants more memory finds it in the M2P. */
static bool increase(const struct reservation *r, vaddr_t where)
{
    mfn_t m = frame_alloc_run_to(r->domain, r->order, r->below);

    if (!mfn_valid_number(m))
        return false;
    if (r->list.a == 0 || copy_to_guest(where, &m.n, sizeof(m.n)) == 0)
        return true;
    for (uint32_t i = 0; i < 1u << r->order; i++)
        frame_disown(r->domain, mfn(m.n + i));
    return false;
}

/** The same for the pfns from the one that the list names. */
static bool populate(const struct reservation *r, vaddr_t where)
{
    uint32_t first_pfn;
    mfn_t m;

    if (copy_from_guest(&first_pfn, where, sizeof(first_pfn)) != 0)
        return false;
    m = frame_alloc_run_to(r->domain, r->order, r->below);
    if (!mfn_valid_number(m))
        return false;
    for (uint32_t i = 0; i < 1u << r->order; i++)
        m2p_set(mfn(m.n + i), first_pfn + i);
    /* The frames are the domain's even if it cannot be told their numbers. */
    (void)copy_to_guest(where, &m.n, sizeof(m.n));
    return true;
}

/** Give back the frames of one extent, up to one that is not there. */
static bool decrease(const struct reservation *r, vaddr_t where)
{
    uint32_t first;

    if (copy_from_guest(&first, where, sizeof(first)) != 0)
        return false;
    for (uint32_t i = 0; i < 1u << r->order; i++) {
        if (first + i < first || !frame_disown(r->domain, mfn(first + i)))
            return false;
    }
    return true;
}

/**
 * Read and check what all three have in common.
 *
 * @param where   Address of the guest's struct xen_memory_reservation.
 * @param done    Extents that earlier parts of the call did.
 * @param[out] r  Only if true is returned.
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

/**
 * Memory operations 0, 1 and 6.
 *
 * @param cmd   Which one.
 * @param done  Extents that earlier parts of the call did.
 * @param arg   Of the hypercall; [1] is the address of the request.
 * @return Extents done, earlier parts included; or the continuation's value.
 */
int32_t memory_reservation(unsigned cmd, uint32_t done,
                           const uint32_t arg[HYPERCALL_ARGS])
{
    struct reservation r;
    bool ok = true;

    if (!reservation_read(vaddr(arg[1]), done, &r))
        return (int32_t)done;
    while (done < r.nr) {
        vaddr_t where = vaddr(r.list.a + done * sizeof(uint32_t));

        if (work_exhausted())
            return memory_op_continue(cmd, done, arg);
        if (cmd == XENMEM_increase_reservation)
            ok = increase(&r, where);
        else if (cmd == XENMEM_populate_physmap)
            ok = populate(&r, where);
        else
            ok = decrease(&r, where);
        if (!ok)
            break;
        work_add(REQUEST_WORK);
        done++;
    }
    return (int32_t)done;
}
