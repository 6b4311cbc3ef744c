/* SPDX-License-Identifier: MIT */
/**
 * @file end.c
 * @ingroup grants
 * Grants at a domain's end, on both sides.
 *
 * What the domain has mapped of others is given up: pins, and what devices
 * held. The references of its page-table entries go with its tables.
 *
 * What others have mapped of its frames stays theirs: nobody can find their
 * entries to take them away. Those frames are held by the entries' references
 * and come back when the mappers let go, so the domain's table, and the domain
 * itself, must stay until then; no new mapping is made of a domain that is
 * dying (grant_map()).
 *
 * Source: [XenABI] xen/grant_table.h.
 */
#include "boot.h"
#include "domain.h"
#include "grants.h"

/** Work of giving up a mapping, and of looking at a block of entries. */
#define GIVE_UP_WORK 6u
#define BLOCK_WORK 32u

/** Give up one mapping of a domain that ends. */
static void give_up(struct domain *d, uint32_t handle)
{
    struct grant_mapping *m = grant_mapping(d, handle);
    struct grant_unmap op = { .handle = handle, .last = true };

    if (!m)
        return;
    op.gone = m->flags & (GNTMAP_host_map | GNTMAP_device_map);
    m->flags &= (uint16_t)~op.gone;
    grant_unmapped(d, &op);
}

/** Free blocks of records. */
static void free_blocks(void **block, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++) {
        if (block[i])
            heap_free(block[i]);
        block[i] = NULL;
    }
}

/** Is one of a block's entries in use? There may be no such block. */
static bool block_in_use(const struct active_grant *block)
{
    for (unsigned n = 0; block && n < GRANT_BLOCK; n++) {
        if (grant_in_use(&block[n]))
            return true;
    }
    return false;
}

/**
 * Is any of a domain's frames mapped by others, or by itself?
 *
 * @param d  Any domain.
 * @context{hypercall}
 * @note  Looks at all entries that were ever in use.
 * @return false if nobody has a pin on any of its entries.
 */
bool grant_domain_in_use(const struct domain *d)
{
    for (unsigned i = 0; i < GRANT_MAX_ENTRIES / GRANT_BLOCK; i++) {
        if (block_in_use(d->grants.active[i]))
            return true;
    }
    return false;
}

/**
 * Has everybody let go of a domain's frames? An entry that is not in use stays
 * so, because nobody can map it any more: so the answer is found in pieces.
 *
 * @param d  Dying.
 * @context{exit}
 * @note  Does what is left of a share of work.
 * @return false: no, or not known yet; ask again.
 */
bool grant_domain_let_go(struct domain *d)
{
    uint32_t *i = &d->grants.blocks_let_go;

    for (; *i < GRANT_MAX_ENTRIES / GRANT_BLOCK; (*i)++) {
        if (!d->grants.active[*i])
            continue;
        if (work_exhausted() || block_in_use(d->grants.active[*i]))
            return false;
        work_add(BLOCK_WORK);
    }
    return true;
}

/**
 * Give up what a domain has mapped, when it ends.
 *
 * @param d  Does not run any more. Its page tables still may have entries of
 *           grants: nobody uses them.
 * @context{exit}
 * @note  Does what is left of a share of work.
 * @return false: there are more; call again.
 */
bool grant_domain_destroy(struct domain *d)
{
    for (; d->grants.nr_mappings > 0; d->grants.nr_mappings--) {
        if (work_exhausted())
            return false;
        work_add(GIVE_UP_WORK);
        give_up(d, d->grants.nr_mappings - 1);
    }
    free_blocks((void **)d->grants.mapping, GRANT_MAX_MAPPINGS / GRANT_BLOCK);
    d->grants.free_mapping = 0;
    return true;
}

/**
 * Free a domain's table, the last of it that others may need.
 *
 * @param d  Ended, its page tables gone; nobody maps its frames any more
 *           (grant_domain_let_go()).
 * @context{exit}
 * @return false: somebody still maps a frame of the table itself; ask again.
 */
bool grant_domain_free(struct domain *d)
{
    for (; d->grants.nr > 0; d->grants.nr--) {
        void *page = d->grants.page[d->grants.nr - 1];

        if (!frame_unshare(maddr_to_mfn(heap_maddr(page))))
            return false;
        heap_free(page);
    }
    free_blocks((void **)d->grants.active, GRANT_MAX_ENTRIES / GRANT_BLOCK);
    return true;
}

/**
 * What a device mapping holds, for whoever counts references.
 *
 * @param d              The mapper.
 * @param handle         Below d->grants.nr_mappings.
 * @param[out] frame     The frame that is held.
 * @param[out] writable  With a reference to its type.
 * @context{entry}
 * @return false: this handle holds no frame.
 */
bool grant_device_frame(const struct domain *d, uint32_t handle,
                        mfn_t *frame, bool *writable)
{
    const struct grant_mapping *m = grant_mapping(d, handle);

    if (!m || !(m->flags & GNTMAP_device_map))
        return false;
    *frame = grant_active(domain_by_id(m->granter), m->ref, false)->frame;
    *writable = !(m->flags & GNTMAP_readonly);
    return true;
}
