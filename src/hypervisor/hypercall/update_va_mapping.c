/* SPDX-License-Identifier: MIT */
/**
 * @file update_va_mapping.c
 * @ingroup hypercall
 * Hypercall 14, as far as it needs no counts: other flags on a page that is
 * mapped already. That opens pages of a kernel's to its application, and
 * closes them again.
 *
 * Another frame, or another right to write, would change reference counts,
 * which is lab 3's business; until that is here such a change is -ENOSYS.
 */
#include "hypercall.h"

#include "arch_tlb.h"
#include "boot.h"
#include "domain.h"

/** Flags of an L1 entry that a guest may choose. */
#define L1_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_NX | 0xE00u)

/** What must stay as it is: it decides about reference counts. */
#define L1_COUNTED (PTE_FRAME | PTE_P | PTE_RW)

/** Bring the processor up to date, as the low bits of `flags` ask. */
static void flush(uint32_t va, uint32_t flags)
{
    switch (flags & UVMF_FLUSHTYPE_MASK) {
    case UVMF_TLB_FLUSH:
        arch_flush_all();
        break;
    case UVMF_INVLPG:
        arch_flush_page(va);
        break;
    }
}

/**
 * Hypercall 14: change the L1 entry that maps an address.
 *
 * @param arg  [0] address; [1], [2] the new entry; [3] UVMF_*: what to flush.
 *             This processor is the only one, so "all" and any set of vCPUs
 *             mean the same.
 * @retval 0        done.
 * @retval -EINVAL  nothing is mapped there, or a flag that is not the guest's
 *                  to set.
 * @retval -ENOSYS  another frame, or another right to write.
 */
int32_t do_update_va_mapping(const uint32_t arg[HYPERCALL_ARGS])
{
    uint64_t entry = hypercall_arg64(arg[1], arg[2]);
    struct table_walk walk;
    uint64_t *table;

    if (arg[0] >= M2P_START)
        return -EINVAL;
    memory_walk(current_vcpu(), arg[0], &walk);
    if (!walk.present)
        return -EINVAL;
    if ((walk.entry[2] ^ entry) & L1_COUNTED)
        return -ENOSYS;
    if (entry & ~(L1_FLAGS | PTE_FRAME))
        return -EINVAL;

    table = window_map(walk.table[2]);
    table[l1_index(arg[0])] = entry;
    window_unmap(table);
    flush(arg[0], arg[3]);
    return 0;
}
