/* SPDX-License-Identifier: MIT */
/**
 * @file base.c
 * What CR3 really points to.
 *
 * A guest's L3 is never loaded. In the processor's format, bits 1, 2 and 5-8
 * of its four entries are reserved, and loading one that has any of them is
 * a \#GP in ring 0; but guests set them, because on other machines they mean
 * something. So each vCPU has its own copy of the four entries, with nothing
 * left but the frame and the present bit. As a gift, the guest's L3 may lie
 * above 4 GB, where CR3 could not reach it.
 *
 *     guest's L3 (its frame, v->base)     v->pdpt (heap, below 4 GB) <- CR3
 *     | frame | A D US RW P |      -->    | frame |            P |
 *
 * The processor reads the four entries only when CR3 is loaded: after a
 * change, refresh the copy *and* load CR3 again.
 *
 * Slot 3's L2 is shared: its first part is the guest's, the rest has the
 * hypervisor's own entries, the same in every address space.
 *
 * Source: [SDM3A] 253668-032, 4.4.1 "PDPTE Registers".
 */
#include "memory.h"

#include "boot.h"
#include "domain.h"

/**
 * Copy the guest's L3, masked, to where CR3 points.
 *
 * @param v  Its base is a validated L3.
 * @context{any}
 * @post  v->pdpt is right; the processor still uses what it loaded last.
 * @par Source
 * [SDM3A] "PAE Paging", table "Format of a PAE Page-Directory-Pointer-Table
 * Entry (PDPTE)".
 */
void memory_refresh_pdpt(struct vcpu *v)
{
    const uint64_t *l3 = window_map(v->base);

    for (unsigned i = 0; i < L3_ENTRIES; i++) {
        uint64_t entry = l3[i];

        v->pdpt[i] = entry & PTE_P ? (entry & PTE_FRAME) | PTE_P : 0;
    }
    window_unmap(l3);
}

/**
 * Write the hypervisor's own entries into an L2 that is to be slot 3's. What
 * the guest had there, often a copy of an older set, is not even looked at.
 *
 * @param l2  Its 512 entries.
 * @context{any}
 */
void table_write_reserved_slots(uint64_t *l2)
{
    const l2e_t *own = hypervisor_l2();

    for (unsigned i = FIRST_RESERVED_L2_SLOT; i < TABLE_ENTRIES; i++)
        l2[i] = own[i].e;
}
