/* SPDX-License-Identifier: MIT */
/**
 * @file base.h
 * Page tables for a vCPU of a driver's, without a guest.
 */
#ifndef LAB2_BASE_H
#define LAB2_BASE_H

#include "boot.h"
#include "domain.h"
#include "memory.h"

static inline void base_set_entry(uint32_t table, unsigned index,
                                  uint64_t entry)
{
    uint64_t *window = window_map(mfn(table));

    window[index] = entry;
    window_unmap(window);
}

/** Tables that lead to the hypervisor and, at `va` (not in slot 3), to one
 *  page of the domain's own, writable. They become the vCPU's base, which is
 *  not loaded. @return the number of one more frame of the domain's. */
static inline uint32_t base_make(struct vcpu *v, uint32_t va)
{
    uint32_t l3 = frame_alloc_run_to(v->domain, 3, MAX_FRAMES).n;
    uint32_t xen_l2 = l3 + 1, l2 = l3 + 2, l1 = l3 + 3, page = l3 + 4;
    uint64_t *window = window_map(mfn(xen_l2));

    table_write_reserved_slots(window);
    window_unmap(window);
    base_set_entry(l3, 3, mfn_to_maddr(mfn(xen_l2)).a | PTE_P);
    base_set_entry(l3, l3_index(va), mfn_to_maddr(mfn(l2)).a | PTE_P);
    base_set_entry(l2, l2_index(va),
                   mfn_to_maddr(mfn(l1)).a | PTE_P | PTE_RW);
    base_set_entry(l1, l1_index(va),
                   mfn_to_maddr(mfn(page)).a | PTE_P | PTE_RW);
    memory_adopt(v->domain, mfn(l3), FRAME_L3);
    v->base = mfn(l3);
    return page + 1;
}

#endif
