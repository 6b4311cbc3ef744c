/* SPDX-License-Identifier: MIT */
/**
 * @file table.c
 * @ingroup grants
 * Where things are: entries that the guest writes, what we remember of those
 * in use, and the handles of mappings.
 *
 *     granter                                    mapper
 *     page[]:   entries, the guest's own         mapping[handle]:
 *     active[]: of those in use, our copy  <---    granter, ref, flags
 *
 * Our records are made in blocks of 128 as they are needed: a domain that
 * grants nothing and maps nothing has none.
 *
 * Invariants:
 *  - GNT-I4: a handle is free exactly while its flags name neither a host nor
 *    a device mapping; every free one below nr_mappings is on the list.
 *
 * Source: [XenABI] xen/grant_table.h.
 */
#include "grants.h"

#include "boot.h"
#include "console.h"
#include "domain.h"

#define MAPPED (GNTMAP_host_map | GNTMAP_device_map)

/**
 * The entry of a granter's table.
 *
 * @param d    Whose table.
 * @param ref  Any number, as a guest gave it.
 * @context{entry}
 * @return The entry, shared with the guest: read it once, atomically. NULL if
 *         the table has none of that number.
 */
struct grant_entry_v1 *grant_entry(const struct domain *d, grant_ref_t ref)
{
    struct grant_entry_v1 *page;

    if (ref / GRANT_FRAME_ENTRIES >= d->grants.nr)
        return NULL;
    page = d->grants.page[ref / GRANT_FRAME_ENTRIES];
    return &page[ref % GRANT_FRAME_ENTRIES];
}

/** A record in a table of blocks; its block is made if that is asked for. */
static void *record(void **block, uint32_t index, size_t bytes, bool make)
{
    void **one = &block[index / GRANT_BLOCK];

    if (!*one && make)
        *one = heap_alloc(GRANT_BLOCK * bytes);
    return *one ? (uint8_t *)*one + index % GRANT_BLOCK * bytes : NULL;
}

/**
 * What is remembered of an entry in use.
 *
 * @param d     Whose entry.
 * @param ref   One that grant_entry() knows.
 * @param make  Make room for it.
 * @context{entry}
 * @return The record; NULL if there is none, or the heap is empty.
 */
struct active_grant *grant_active(struct domain *d, grant_ref_t ref,
                                  bool make)
{
    return record((void **)d->grants.active, ref,
                  sizeof(struct active_grant), make);
}

/**
 * Does anybody use the entry?
 *
 * @param active  Of any entry.
 * @context{entry}
 * @return true while a pin of any kind is on it.
 */
bool grant_in_use(const struct active_grant *active)
{
    for (unsigned i = 0; i < NR_GRANT_PINS; i++) {
        if (active->pin[i] != 0)
            return true;
    }
    return false;
}

/**
 * Take a free handle. It stays free (GNT-I4) until flags are written to its
 * record: the caller does that at once, or gives it back.
 *
 * @param d  The mapper.
 * @context{hypercall}
 * @return The handle, or -ENOMEM: the mapper has GRANT_MAX_MAPPINGS, or the
 *         heap is empty.
 */
int32_t grant_mapping_take(struct domain *d)
{
    struct grant_table *t = &d->grants;
    uint32_t handle = t->nr_mappings;

    if (t->free_mapping != 0) {
        handle = t->free_mapping - 1;
        t->free_mapping =
            t->mapping[handle / GRANT_BLOCK][handle % GRANT_BLOCK].ref;
        return (int32_t)handle;
    }
    if (handle == GRANT_MAX_MAPPINGS ||
        !record((void **)t->mapping, handle, sizeof(struct grant_mapping),
                true))
        return -ENOMEM;
    t->nr_mappings++;
    return (int32_t)handle;
}

/**
 * Give a handle back.
 *
 * @param d       The mapper.
 * @param handle  One that was taken; nothing is mapped by it.
 * @context{entry}
 */
void grant_mapping_free(struct domain *d, uint32_t handle)
{
    struct grant_mapping *m =
        &d->grants.mapping[handle / GRANT_BLOCK][handle % GRANT_BLOCK];

    BUG_ON(m->flags & MAPPED);
    m->ref = d->grants.free_mapping;
    d->grants.free_mapping = handle + 1;
}

/**
 * The mapping that a handle names.
 *
 * @param d       The mapper.
 * @param handle  Any number, as a guest gave it.
 * @context{entry}
 * @return The mapping, or NULL if the handle is free or none at all.
 */
struct grant_mapping *grant_mapping(const struct domain *d, uint32_t handle)
{
    struct grant_mapping *m;

    if (handle >= d->grants.nr_mappings)
        return NULL;
    m = &d->grants.mapping[handle / GRANT_BLOCK][handle % GRANT_BLOCK];
    return m->flags & MAPPED ? m : NULL;
}
