/* SPDX-License-Identifier: MIT */
/**
 * @file two.h
 * What the families of two domains share: grants between them.
 */
#ifndef CONFORMANCE_TWO_H
#define CONFORMANCE_TWO_H

#include "tables.h"

#include <xen/grant_table.h>

enum { FIRST = 1, SECOND = 2 };

/** The domain's own table, after two_open(). */
extern uint8_t grant_entries[4096];
#define ENTRIES ((volatile struct grant_entry_v1 *)grant_entries)

/** Places to map what is granted; empty after two_open(). */
#define NR_WINDOWS 2u
extern uint8_t window[NR_WINDOWS][4096];

/** Of the last two_map(): what came back. */
extern struct gnttab_map_grant_ref two_mapped;

void two_open(void);
void two_yield(void);

/** Set an entry of the domain's own. */
void two_set(uint32_t ref, uint16_t flags, domid_t domid, uint64_t frame);

/** Operations with one element. @return its status */
int two_map(unsigned n, uint32_t flags, domid_t dom, uint32_t ref);
int two_unmap(unsigned n, uint32_t handle);
int two_transfer(uint64_t frame, domid_t to, uint32_t ref);

/** The first word of a page. */
static inline volatile uint32_t *word(const void *page)
{
    return (volatile uint32_t *)page;
}

#endif
