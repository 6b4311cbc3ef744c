/* SPDX-License-Identifier: MIT */
/**
 * @file writable.c
 * Exercise 3.5: page tables that a guest may write, or so it believes.
 *
 * A guest maps its L1 tables read-only. It may nevertheless store to them: the
 * store faults, and we look at what it was going to do. If the entry that
 * would come of it is one that the guest could have asked for by a call, we
 * make the change in its place and step over the instruction. For one entry
 * that costs about as much as a call; but kernels have stores to page tables
 * all over, and not every one is worth turning into a call.
 *
 *     store --> #PF --> which instruction, which entry?
 *                         | own L1 table, entry allowed --> done, next one
 *                         | anything else               --> the guest's #PF
 *
 * An entry has two halves, and a 32-bit kernel stores them one after the
 * other. A careful one makes the entry not present first. One that stores the
 * upper half of a present entry gets, for a moment, a frame that it never
 * meant; if that is refused we take the present bit away and let the store
 * be, because the lower half comes next and brings the bit back.
 *
 * Nothing here is trusted because it faulted: the entry goes through
 * entry_update() like any other.
 *
 * Source: [Xen2003] 3.3.3 "Virtual address translation"; [XenABI] xen/xen.h,
 * VMASST_TYPE_writable_pagetables.
 */
#include "memory.h"

#include "boot.h"
#include "domain.h"
#include "table_store.h"
#include "xen_abi.h"

/** True if a fault can be a kernel's store to a page that is mapped. */
static bool is_kernel_store(const struct vcpu *v, const trap_frame_t *frame,
                            uint32_t error)
{
    const uint32_t what = PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE |
                          PAGE_FAULT_RESERVED | PAGE_FAULT_FETCH;

    return (v->domain->assists & (1u << VMASST_TYPE_writable_pagetables)) &&
           frame_ring(frame) == 1 &&
           (error & what) == (PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE);
}

/** The L1 table of the domain's own that an address shows, read-only. */
static bool find_table(const struct vcpu *v, uint32_t address, mfn_t *table)
{
    struct page_info *info;
    struct table_walk walk;

    if (address >= M2P_START)
        return false;
    memory_walk(v, address, &walk);
    if (!walk.present || (walk.entry[2] & PTE_RW))
        return false;
    info = frame_info(walk.frame);
    *table = walk.frame;
    return info && info->owner == v->domain && info->type == FRAME_L1 &&
           info->type_count > 0 && (info->flags & PAGE_VALIDATED);
}

/** Bits `shift`.. of an entry replaced by the operand's. */
static uint64_t replace(uint64_t entry, const struct table_store *s,
                        unsigned shift)
{
    uint64_t mask = s->bytes == 8 ? ~0ull : (1ull << s->bytes * 8) - 1;

    return (entry & ~(mask << shift)) | s->value << shift;
}

/** Make the change that the store would have made, or one that will do. */
static int change_entry(struct entry_update *u, const struct table_store *s)
{
    int error = entry_update(u);

    if (error && s->bytes == 4 && s->address % 8 == 4 && !s->conditional &&
        (u->entry & PTE_P)) {
        u->entry &= ~(uint64_t)PTE_P;
        error = entry_update(u);
    }
    return error;
}

/**
 * Look whether a page fault is a store to a page table that can be made.
 *
 * The entry is the one that the instruction's operand is in, as it stands there
 * now; the fault's address only says which table it is.
 *
 * @param v        The running vCPU.
 * @param frame    Its registers.
 * @param address  CR2.
 * @param error    PAGE_FAULT_* bits.
 * @context{exception}
 * @return true: the guest goes on behind the instruction, or tries it again.
 *         false: nothing has changed, and the fault is the guest's.
 * @ingroup memory
 */
bool writable_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address,
                    uint32_t error)
//@solution 3.5 -- (void)v; (void)frame; (void)address; (void)error; (void)is_kernel_store; (void)find_table; (void)replace; (void)change_entry; return false;
{
    struct entry_update u = { .owner = v->domain, .page_owner = v->domain };
    struct table_store s;
    uint64_t *table, old;
    unsigned shift;

    if (!is_kernel_store(v, frame, error))
        return false;
    if (!work_begin())
        return true; /* tables are still leaving: the guest tries again */
    if (!find_table(v, address, &u.table) || store_decode(frame, &s) != 0 ||
        s.address % s.bytes != 0 ||
        s.address / PAGE_SIZE != address / PAGE_SIZE)
        return false;
    u.index = s.address % PAGE_SIZE / sizeof(uint64_t);
    shift = s.address % sizeof(uint64_t) * 8;
    table = window_map(u.table);
    old = table[u.index];
    window_unmap(table);
    store_perform(frame, &s, s.bytes == 8 ? old : (old >> shift) &
                             ((1ull << s.bytes * 8) - 1));
    u.entry = replace(old, &s, shift);
    if (s.writes && change_entry(&u, &s) != 0)
        return false;
    store_finish(frame, &s);
    return true;
}
//@end
