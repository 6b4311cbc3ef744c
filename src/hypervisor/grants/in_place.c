/* SPDX-License-Identifier: MIT */
/**
 * @file in_place.c
 *
 * Source: [XenABI] xen/grant_table.h, GNTTABOP_swap_grant_ref,
 * GNTTABOP_cache_flush.
 * @ingroup grants
 * What is done to a table's entries, and to granted frames, where they are: two
 * entries change places, and a part of a frame leaves the processor's caches.
 */
#include "grants.h"

#include "arch_memory.h"
#include "boot.h"
#include "domain.h"
#include "memory.h"

/** Is an entry mapped by anybody? */
static bool busy(struct domain *d, grant_ref_t ref)
{
    const struct active_grant *active = grant_active(d, ref, false);

    return active && grant_in_use(active);
}

/**
 * GNTTABOP_swap_grant_ref, one element: two entries of the caller's table
 * change places, all of their words.
 *
 * @param d   The caller.
 * @param op  Its two numbers; any.
 * @context{hypercall}
 * @retval GNTST_okay        done; also if both are the same.
 * @retval GNTST_bad_gntref  the table has no such entry.
 * @retval GNTST_eagain      one is mapped: who maps it knows it by its number.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_swap_grant_ref.
 * @ingroup grants
 */
int16_t grant_swap(struct domain *d, const struct gnttab_swap_grant_ref *op)
{
    struct grant_entry_v1 *a = grant_entry(d, op->ref_a);
    struct grant_entry_v1 *b = grant_entry(d, op->ref_b);
    struct grant_entry_v1 was;

    if (!a || !b)
        return GNTST_bad_gntref;
    if (a == b)
        return GNTST_okay;
    if (busy(d, op->ref_a) || busy(d, op->ref_b))
        return GNTST_eagain;
    was = *a;
    *a = *b;
    *b = was;
    return GNTST_okay;
}

/** Does a domain map a frame of another's by a grant? Its handles are looked at
 *  from *from on. */
static int find_mapping(const struct domain *d, struct domain *owner, mfn_t m,
                        uint32_t *from)
{
    for (; *from < d->grants.nr_mappings; ++*from) {
        const struct grant_mapping *mapping = grant_mapping(d, *from);

        if (work_exhausted())
            return -ERESTART;
        work_add(1);
        if (mapping && mapping->granter == owner->id &&
            grant_active(owner, mapping->ref, false)->frame.n == m.n)
            return 0;
    }
    return -EINVAL;
}

/** May a domain have a frame's cache lines flushed? */
static int check_frame(const struct domain *d, uint64_t address,
                       uint32_t *from)
{
    const struct page_info *info;
    mfn_t m = maddr_to_mfn(maddr(address));

    if (address >> PAGE_SHIFT >= frame_table_size())
        return -EINVAL;
    info = frame_info(m);
    if (!info->owner || info->count == 0)
        return -EPERM;
    return info->owner == d ? 0 : find_mapping(d, info->owner, m, from);
}

/**
 * GNTTABOP_cache_flush, one element: write a part of a frame back to memory.
 *
 * @param d             The caller.
 * @param op            A copy of its request.
 * @param[in,out] from  Where the search for that mapping goes on; 0 at first.
 * @context{hypercall}
 * @note  Looks at all of the caller's mappings, in pieces.
 * @retval 0            done; nothing is to do for 0 bytes, or no operation.
 * @retval -EINVAL      more than a page, or across its end; an operation that
 *                      does not exist; no such frame, or a foreign one that the
 *                      caller does not map by a grant.
 * @retval -EOPNOTSUPP  a frame named by its grant; or lines to be forgotten
 *                      without being written.
 * @retval -EPERM       a frame that is nobody's.
 * @retval -ERESTART    not found yet: call again, after interrupts were let in.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_cache_flush.
 * @ingroup grants
 */
int grant_cache_flush(const struct domain *d,
                      const struct gnttab_cache_flush *op, uint32_t *from)
{
    uint8_t *page;
    int error;

    if (op->offset >= PAGE_SIZE || op->length > PAGE_SIZE - op->offset)
        return -EINVAL;
    if (op->length == 0 || op->op == 0)
        return 0;
    if (op->op & GNTTAB_CACHE_SOURCE_GREF)
        return -EOPNOTSUPP;
    if (op->op & ~(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL))
        return -EINVAL;
    error = check_frame(d, op->a.dev_bus_addr, from);
    if (error)
        return error;
    if (!(op->op & GNTTAB_CACHE_CLEAN))
        return -EOPNOTSUPP;
    page = window_map(maddr_to_mfn(maddr(op->a.dev_bus_addr)));
    arch_flush_lines(page + op->offset, op->length);
    window_unmap(page);
    return 0;
}
