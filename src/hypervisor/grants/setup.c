/* SPDX-License-Identifier: MIT */
/**
 * @file setup.c
 * The grant table's frames: how many there are, and where.
 *
 * The table is made of pages of the hypervisor's heap which the guest may map
 * and write: 512 entries in each. It only grows.
 *
 * Invariants:
 *  - GNT-I1: a page of the table is zero when the guest first sees it: no
 *    entry grants anything that the guest did not write.
 *  - GNT-I2: pages 0..nr-1 are shared with their domain (frame_share()): no
 *    guest can make one of them a page table.
 *  - GNT-I3: the table grows by all that was asked for, or not at all
 *    (grant_table_grow()).
 *
 * Source: [XenABI] xen/grant_table.h.
 *
 * @defgroup grants Grant tables
 * What a domain lets others map.
 */
#include "grants.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "hypercall.h"

/**
 * Make a domain's table at least so large.
 *
 * @param d   Any domain.
 * @param nr  Frames, at most GRANT_MAX_FRAMES.
 * @context{hypercall}
 * @note  Clears up to GRANT_MAX_FRAMES pages.
 * @retval 0        that many frames, or more, are there.
 * @retval -ENOMEM  the heap has no room; nothing has changed.
 * @ingroup grants
 */
int grant_table_grow(struct domain *d, uint32_t nr)
{
    struct grant_table *t = &d->grants;
    uint32_t taken = t->nr;

    while (taken < nr && (t->page[taken] = heap_alloc_page()))
        taken++;
    if (taken < nr) {
        while (taken > t->nr)
            heap_free(t->page[--taken]);
        return -ENOMEM;
    }
    for (; t->nr < nr; t->nr++)
        frame_share(d, maddr_to_mfn(heap_maddr(t->page[t->nr])));
    return 0;
}

/** The domain that is meant, or NULL and what the guest is told. */
static struct domain *grantee(domid_t id, int16_t *status)
{
    int error;
    struct domain *d = domain_named(id, &error);

    *status = error == 0        ? GNTST_okay
              : error == -EPERM ? GNTST_permission_denied
                                : GNTST_bad_domain;
    return d;
}

/** Write the numbers of the table's first `nr` frames into a guest's list. */
static int16_t list_frames(const struct domain *d, uint32_t nr, vaddr_t list)
{
    for (uint32_t i = 0; i < nr; i++) {
        xen_pfn_t frame = maddr_to_mfn(heap_maddr(d->grants.page[i])).n;
        vaddr_t to = vaddr(list.a + i * sizeof(frame));

        if (copy_to_guest(to, &frame, sizeof(frame)) != 0)
            return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

/** GNTTABOP_setup_table, but for the structure itself. */
static int16_t set_up(const struct gnttab_setup_table *op)
{
    int16_t status;
    struct domain *d = grantee(op->dom, &status);

    if (!d)
        return status;
    if (op->nr_frames > GRANT_MAX_FRAMES ||
        grant_table_grow(d, op->nr_frames) != 0)
        return GNTST_general_error;
    return list_frames(d, op->nr_frames,
                       vaddr((uint32_t)(uintptr_t)op->frame_list.p));
}

/**
 * GNTTABOP_setup_table: have a table of at least so many frames, and be told
 * which they are.
 *
 * @param at  Address of a struct gnttab_setup_table. Its status is
 *            GNTST_okay; GNTST_bad_domain or GNTST_permission_denied: not
 *            for this caller; GNTST_general_error: more than GRANT_MAX_FRAMES,
 *            or no memory, and nothing has changed; GNTST_bad_virt_addr: the
 *            list cannot be written, the table may have grown.
 * @context{hypercall}
 * @retval 0        the status says how it went.
 * @retval -EFAULT  the structure cannot be read or written.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_setup_table.
 * @ingroup grants
 */
int32_t grant_setup_table(vaddr_t at)
{
    struct gnttab_setup_table op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    op.status = set_up(&op);
    at.a += offsetof(struct gnttab_setup_table, status);
    return copy_to_guest(at, &op.status, sizeof(op.status));
}

/**
 * GNTTABOP_query_size: how large the table is, and may become.
 *
 * @param at  Address of a struct gnttab_query_size. Its status is as of
 *            grant_setup_table(); the numbers are written only if it is okay.
 * @context{hypercall}
 * @retval 0        the status says how it went.
 * @retval -EFAULT  the structure cannot be read or written.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_query_size.
 * @ingroup grants
 */
int32_t grant_query_size(vaddr_t at)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    d = grantee(op.dom, &op.status);
    if (d) {
        op.nr_frames = d->grants.nr;
        op.max_nr_frames = GRANT_MAX_FRAMES;
    }
    return copy_to_guest(at, &op, sizeof(op));
}

/**
 * GNTTABOP_set_version: there is only version 1.
 *
 * @param at  Address of a struct gnttab_set_version, in and out.
 * @context{hypercall}
 * @retval 0        it asked for version 1.
 * @retval -ENOSYS  version 2, as if the call did not know of versions: a
 *                  guest that could use it then goes on with version 1.
 * @retval -EINVAL  no version that ever was; it is told which one it has.
 * @retval -EFAULT  the structure cannot be read or written.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_set_version.
 * @ingroup grants
 */
int32_t grant_set_version(vaddr_t at)
{
    struct gnttab_set_version op;
    int32_t error = 0;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    if (op.version == 2)
        return -ENOSYS;
    if (op.version != 1)
        error = -EINVAL;
    op.version = 1;
    return copy_to_guest(at, &op, sizeof(op)) != 0 ? -EFAULT : error;
}

/**
 * GNTTABOP_get_version: which version a domain's table is.
 *
 * @param at  Address of a struct gnttab_get_version, in and out.
 * @context{hypercall}
 * @retval 0        its version is 1.
 * @retval -ESRCH   no such domain.
 * @retval -EPERM   another domain, and the caller is not privileged.
 * @retval -EFAULT  the structure cannot be read or written.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_get_version.
 * @ingroup grants
 */
int32_t grant_get_version(vaddr_t at)
{
    struct gnttab_get_version op;
    int error;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    if (!domain_named(op.dom, &error))
        return error;
    op.version = 1;
    return copy_to_guest(at, &op, sizeof(op));
}

/**
 * GNTTABOP_get_status_frames: where a table of version 2 has its statuses. One
 * of version 1 has none.
 *
 * @param at  Address of a struct gnttab_get_status_frames. Its status is as of
 *            grant_setup_table(); GNTST_general_error: it asks for some.
 * @context{hypercall}
 * @retval 0        the status says how it went.
 * @retval -EFAULT  the structure cannot be read or written.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_get_status_frames.
 * @ingroup grants
 */
int32_t grant_status_frames(vaddr_t at)
{
    struct gnttab_get_status_frames op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    if (grantee(op.dom, &op.status) && op.nr_frames > 0)
        op.status = GNTST_general_error;
    at.a += offsetof(struct gnttab_get_status_frames, status);
    return copy_to_guest(at, &op.status, sizeof(op.status));
}

/**
 * GNTTABOP_dump_table: say on the console how much of a table is in use.
 *
 * @param at  Address of a struct gnttab_dump_table. Its status is as of
 *            grant_setup_table().
 * @context{hypercall}
 * @retval 0        the status says how it went.
 * @retval -EFAULT  the structure cannot be read or written.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_dump_table.
 * @ingroup grants
 */
int32_t grant_dump_table(vaddr_t at)
{
    struct gnttab_dump_table op;
    const struct domain *d;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    d = grantee(op.dom, &op.status);
    if (d)
        printk_guest(LOG_INFO, "domain %u: grant table of %u frames, %s; "
                               "%u handles were in use\n",
                     d->id, d->grants.nr,
                     grant_domain_in_use(d) ? "some entries mapped"
                                            : "no entry mapped",
                     d->grants.nr_mappings);
    return copy_to_guest(at, &op, sizeof(op));
}
