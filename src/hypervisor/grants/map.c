/* SPDX-License-Identifier: MIT */
/**
 * @file map.c
 * @ingroup grants
 * Mapping another domain's frame, and giving it back: from a request of the
 * mapper to pins (pins.c), page-table entries (entries.c) and a handle.
 *
 *     map:    a handle, pins, the frame is the granter's, entries;
 *             if one of them fails, those before it are undone
 *     unmap:  entries, translations, references and pins, the handle
 *
 * Invariants:
 *  - GNT-I7: each handle in use holds one pin for each of its mappings; a
 *    device mapping also holds the frame's references. (Those of a host
 *    mapping are held by the page-table entry, as by any other.)
 *  - GNT-I8: the processor has forgotten a mapping before its pin is dropped:
 *    grant_unmap(), a flush, grant_unmapped().
 *
 * Source: [XenABI] xen/grant_table.h.
 */
#include "grants.h"

#include "domain.h"

#define MAPPED (GNTMAP_host_map | GNTMAP_device_map)

/** Make the mappings that are asked for, of a frame that is the granter's. */
static int16_t make_mappings(struct domain *d, struct domain *granter,
                             mfn_t frame,
                             const struct gnttab_map_grant_ref *op)
{
    int16_t status = GNTST_okay;

    if (op->flags & GNTMAP_device_map)
        status = grant_device_hold(frame, granter, op->flags);
    if (status != GNTST_okay || !(op->flags & GNTMAP_host_map))
        return status;
    status = grant_host_map(d, granter, frame, op);
    if (status != GNTST_okay && (op->flags & GNTMAP_device_map))
        grant_device_put(frame, op->flags);
    return status;
}

/**
 * Map a granted frame.
 *
 * @param d        The mapper, which runs.
 * @param[in,out] op  The hypervisor's copy; handle and dev_bus_addr are written
 *                    if all went well.
 * @context{hypercall}
 * @return GNTST_okay; or nothing has changed, and: GNTST_bad_gntref: neither a
 *         host nor a device mapping is asked for, or no such entry;
 *         GNTST_bad_domain: no such granter, or it has ended;
 *         GNTST_no_space: no handle or memory is left; GNTST_bad_page: the
 *         entry names a frame that is not the granter's; GNTST_general_error:
 *         the entry or the address does not allow it.
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_map_grant_ref.
 */
int16_t grant_map(struct domain *d, struct gnttab_map_grant_ref *op)
{
    struct domain *granter = domain_by_id(op->dom);
    int32_t handle;
    int16_t status;
    mfn_t frame;

    if (!(op->flags & MAPPED))
        return GNTST_bad_gntref;
    if (!granter || granter->dying)
        return GNTST_bad_domain;
    handle = grant_mapping_take(d);
    if (handle < 0)
        return GNTST_no_space;
    status = grant_pin(granter, op->ref, d->id, op->flags, &frame);
    if (status == GNTST_okay) {
        status = GNTST_bad_page;
        if (frame_get(frame, granter)) {
            status = make_mappings(d, granter, frame, op);
            frame_put(frame);
        }
        if (status != GNTST_okay)
            grant_unpin(granter, op->ref, op->flags);
    }
    if (status != GNTST_okay) {
        grant_mapping_free(d, (uint32_t)handle);
        return status;
    }
    op->handle = (grant_handle_t)handle;
    op->dev_bus_addr = mfn_to_maddr(frame).a;
    d->grants.mapping[op->handle / GRANT_BLOCK][op->handle % GRANT_BLOCK] =
        (struct grant_mapping){ op->ref, granter->id, (uint16_t)op->flags };
    return GNTST_okay;
}

/**
 * Take a mapping away. Its pins stay until grant_unmapped(), before which the
 * processor must have dropped its translations (GNT-I8).
 *
 * @param d           The mapper, which runs.
 * @param[in,out] op  `gone` says what was taken away; status: GNTST_okay;
 *                    GNTST_bad_handle: not in use; GNTST_bad_dev_addr: not the
 *                    frame's; GNTST_general_error: the address maps something
 *                    else.
 * @context{hypercall}
 * @par Source
 * [XenABI] xen/grant_table.h, GNTTABOP_unmap_grant_ref.
 */
void grant_unmap(struct domain *d, struct grant_unmap *op)
{
    struct grant_mapping *m = grant_mapping(d, op->handle);
    const struct active_grant *active;
    uint16_t gone = 0;

    op->gone = 0;
    op->status = GNTST_bad_handle;
    if (!m)
        return;
    active = grant_active(domain_by_id(m->granter), m->ref, false);
    op->status = GNTST_okay;
    if (op->dev_bus_addr && (m->flags & GNTMAP_device_map)) {
        gone |= GNTMAP_device_map;
        if (op->dev_bus_addr != mfn_to_maddr(active->frame).a)
            op->status = GNTST_bad_dev_addr;
    }
    if (op->host_addr && (m->flags & GNTMAP_host_map) &&
        op->status == GNTST_okay) {
        gone |= GNTMAP_host_map;
        op->status = grant_host_unmap(d, active->frame, m->flags, op);
    }
    if (op->status != GNTST_okay)
        return;
    op->gone = gone;
    m->flags &= (uint16_t)~gone;
    op->last = gone && !(m->flags & MAPPED);
}

/**
 * Drop what a mapping held that grant_unmap() took away.
 *
 * @param d   The mapper.
 * @param op  As grant_unmap() left it; one with nothing gone is ignored.
 * @context{entry}
 * @pre   The processor has dropped its translations since.
 */
void grant_unmapped(struct domain *d, const struct grant_unmap *op)
{
    const struct grant_mapping *m;
    struct domain *granter;
    uint32_t kind;

    if (op->gone == 0)
        return;
    m = &d->grants.mapping[op->handle / GRANT_BLOCK]
                          [op->handle % GRANT_BLOCK];
    granter = domain_by_id(m->granter);
    kind = m->flags & GNTMAP_readonly;
    if (op->gone & GNTMAP_device_map)
        grant_device_put(grant_active(granter, m->ref, false)->frame, kind);
    grant_unpin(granter, m->ref, op->gone | kind);
    if (op->last)
        grant_mapping_free(d, op->handle);
}
