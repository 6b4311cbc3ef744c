/* SPDX-License-Identifier: MIT */
/**
 * @file fast_fault.c
 * @ingroup segmentation
 * A guest's page fault, the short way: to the guest's handler, or, if it was a
 * store to a page table, through memory/fast_store.c.
 *
 * What page_fault() and bounce_exception() (exercise 2.3) do in many steps is
 * here in one, for the common case; in any other, and if the guest's stack
 * cannot be written, nothing of the guest's registers has changed, and they
 * do it.
 *
 * Used with the hypervisor's option `fast`.
 *
 * Sources: the interface's bounce frame; [SDM3A] "Page-Fault Exception".
 */
#include "segmentation.h"

#include "arch_cpu.h"
#include "domain.h"
#include "fast_bounce.h"
#include "table_store.h"

/** Can it be a store to a page that is mapped, by a guest's kernel that
 *  believes it may store to page tables? */
static inline bool may_be_table_store(const struct vcpu *v,
                                      const trap_frame_t *frame,
                                      uint32_t error)
{
    const uint32_t what = PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE |
                          PAGE_FAULT_RESERVED | PAGE_FAULT_FETCH;

    return (error & what) == (PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE) &&
           frame_ring(frame) == 1 &&
           (v->domain->assists & 1u << VMASST_TYPE_writable_pagetables);
}

/**
 * Handle a page fault of a guest; called by the entry path.
 *
 * @param frame  Its registers, from ring 1 to 3.
 * @context{exception}
 */
void fast_page_fault(trap_frame_t *frame)
{
    struct vcpu *v = current_vcpu();
    uint32_t address = arch_read_cr2(), error = frame->error_code;

    v->last_fault.any = true;
    v->last_fault.vector = VECTOR_PAGE_FAULT;
    v->last_fault.error = error;
    v->last_fault.address = address;
    if (may_be_table_store(v, frame, error)) {
        if (!fast_table_store(v, frame, address))
            page_fault(v, frame, address);
        return;
    }
    error &= ~PAGE_FAULT_USER;
    if (frame_ring(frame) == 3)
        error |= PAGE_FAULT_USER;
    if (address < HYPERVISOR_START) {
        const struct guest_trap *trap = &v->traps.table[VECTOR_PAGE_FAULT];
        const struct fast_entry_point to = { trap->cs, trap->address,
                                             trap->mask_events, true, error };

        v->info->arch.cr2 = address;
        if (fast_bounce(v, frame, &to))
            return;
    }
    page_fault(v, frame, address);
}
