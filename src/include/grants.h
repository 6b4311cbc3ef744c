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

/** Most frames that a domain's table can have: 512 entries in each. */
#define GRANT_MAX_FRAMES 32u

/** One domain's table: pages of our heap that the guest may map. */
struct grant_table {
    void *page[GRANT_MAX_FRAMES]; /**< `nr` of them */
    uint32_t nr;
};

struct domain;

/* grants/setup.c */
int grant_table_grow(struct domain *d, uint32_t nr);
int32_t grant_set_version(vaddr_t at);
int32_t grant_setup_table(vaddr_t at);
int32_t grant_query_size(vaddr_t at);

/* grants/end.c: a domain's end. */
void grant_domain_destroy(struct domain *d);
bool grant_domain_in_use(const struct domain *d);
bool grant_domain_free(struct domain *d);

#endif
