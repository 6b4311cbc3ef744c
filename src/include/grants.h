/* SPDX-License-Identifier: MIT */
/**
 * @file grants.h
 * Lab 7: grant tables. A domain writes into a table of its own which of its
 * frames others may map; the hypervisor reads it on their behalf.
 */
#ifndef HV_GRANTS_H
#define HV_GRANTS_H

#include "types.h"
#include "xen_abi.h"

#include <xen/grant_table.h>

/** Most frames that a domain's table can have, and entries in each. */
#define GRANT_MAX_FRAMES 32u
#define GRANT_FRAME_ENTRIES 512u
#define GRANT_MAX_ENTRIES (GRANT_MAX_FRAMES * GRANT_FRAME_ENTRIES)

_Static_assert(sizeof(struct grant_entry_v1) * GRANT_FRAME_ENTRIES == 4096,
               "the entries of version 1 fill a frame");

/** What somebody does with a granted frame. */
enum grant_pin {
    GRANT_HOST_READ,
    GRANT_HOST_WRITE,
    GRANT_DEVICE_READ,
    GRANT_DEVICE_WRITE,
    NR_GRANT_PINS
};

/** Uses of one kind beyond which no more are allowed. */
#define GRANT_MAX_PINS 0x80u

/** An entry in use: what it said when it was first used. The guest may change
 *  its own copy at any time; this one cannot be. */
struct active_grant {
    uint8_t pin[NR_GRANT_PINS]; /**< uses of each kind; all 0: not in use */
    domid_t grantee;
    uint16_t spare;
    mfn_t frame;
};

/** One mapping, at the index that the mapper knows as its handle. */
struct grant_mapping {
    uint32_t ref;    /**< of the granter's entry; of a free one: the next free
                          handle, plus 1 */
    domid_t granter;
    uint16_t flags;  /**< GNTMAP_device_map, _host_map, _readonly, _contains_
                          pte; neither of the first two: free */
};

/** Both kinds of records are made in blocks, as they are needed. */
#define GRANT_BLOCK 128u
#define GRANT_MAX_MAPPINGS 8192u

/** One domain's table: pages of our heap that the guest may map; and what it
 *  has mapped of others. */
struct grant_table {
    void *page[GRANT_MAX_FRAMES]; /**< `nr` of them */
    uint32_t nr;
    struct active_grant *active[GRANT_MAX_ENTRIES / GRANT_BLOCK];
    struct grant_mapping *mapping[GRANT_MAX_MAPPINGS / GRANT_BLOCK];
    uint32_t nr_mappings;  /**< handles below were in use at some time */
    uint32_t free_mapping; /**< the first free one of these, plus 1; or 0 */
    uint32_t blocks_let_go; /**< of `active`, from the first on: in use by
                                 nobody, and the domain is dying */
};

struct domain;

/* grants/setup.c */
int grant_table_grow(struct domain *d, uint32_t nr);
int32_t grant_set_version(vaddr_t at);
int32_t grant_get_version(vaddr_t at);
int32_t grant_setup_table(vaddr_t at);
int32_t grant_query_size(vaddr_t at);
int32_t grant_dump_table(vaddr_t at);
int32_t grant_status_frames(vaddr_t at);

/* grants/table.c: entries and handles. */
struct grant_entry_v1 *grant_entry(const struct domain *d, grant_ref_t ref);
struct active_grant *grant_active(struct domain *d, grant_ref_t ref,
                                  bool make);
bool grant_in_use(const struct active_grant *active);
int32_t grant_mapping_take(struct domain *d);
void grant_mapping_free(struct domain *d, uint32_t handle);
struct grant_mapping *grant_mapping(const struct domain *d, uint32_t handle);

/* grants/pins.c, exercise 7.1: what a mapping holds. */
int16_t grant_pin(struct domain *granter, grant_ref_t ref, domid_t grantee,
                  uint32_t flags, mfn_t *frame);
void grant_unpin(struct domain *granter, grant_ref_t ref, uint32_t flags);

/* grants/map.c: map, unmap. */
int16_t grant_map(struct domain *d, struct gnttab_map_grant_ref *op);

/** A mapping that is to end, and one whose translations must be dropped before
 *  it has ended. */
struct grant_unmap {
    uint64_t host_addr, dev_bus_addr, new_addr;
    uint32_t handle;
    bool replace;       /**< with what new_addr maps, if that is not 0 */
    uint32_t gone;      /**< set by grant_unmap(): GNTMAP_host_map,
                             _device_map */
    bool last;          /**< the same: nothing is left of the mapping */
    int16_t status;     /**< the same: GNTST_* */
};
void grant_unmap(struct domain *d, struct grant_unmap *op);
void grant_unmapped(struct domain *d, const struct grant_unmap *op);

/* grants/entries.c: page-table entries made by grants. */
int16_t grant_host_map(struct domain *d, struct domain *granter, mfn_t frame,
                       const struct gnttab_map_grant_ref *op);
int16_t grant_host_unmap(struct domain *d, mfn_t frame, uint32_t flags,
                         const struct grant_unmap *op);
int16_t grant_device_hold(mfn_t frame, const struct domain *granter,
                          uint32_t flags);
void grant_device_put(mfn_t frame, uint32_t flags);

/* grants/copy.c, exercise 7.2: copy, transfer. */
int16_t grant_copy(struct domain *d, const struct gnttab_copy *op);
int16_t grant_transfer(struct domain *d, const struct gnttab_transfer *op);

/* grants/in_place.c: entries change places; frames leave the caches. */
int16_t grant_swap(struct domain *d, const struct gnttab_swap_grant_ref *op);
int grant_cache_flush(const struct domain *d,
                      const struct gnttab_cache_flush *op, uint32_t *from);

/* grants/end.c: a domain's end, and what others count of grants. */
bool grant_domain_destroy(struct domain *d);
bool grant_domain_in_use(const struct domain *d);
bool grant_domain_let_go(struct domain *d);
bool grant_domain_free(struct domain *d);
bool grant_device_frame(const struct domain *d, uint32_t handle,
                        mfn_t *frame, bool *writable);

#endif
