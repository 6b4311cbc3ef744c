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
 * do it. SEG-I9 and SEG-I10 hold as there: the frame is stored through the
 * guest's own stack segment, and its registers change afterwards.
 *
 * Used with the hypervisor's option `fast`.
 */
#include "segmentation.h"

#include "arch_cpu.h"
#include "arch_guest.h"
#include "domain.h"
#include "table_store.h"

/** Flags that do not follow a guest into its handler. */
#define NOT_FOLLOWING (FLAG_TF | FLAG_RF | FLAG_NT | FLAG_VM)

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

/** Write the frame: error, eip, cs and mask, eflags (and esp, ss). */
static inline bool push_frame(const struct vcpu *v, const trap_frame_t *frame,
                              uint32_t esp, uint16_t ss, uint32_t error)
{
    uint32_t mask = v->info->evtchn_upcall_mask;
    uint32_t flags = frame->eflags & ~(FLAG_IOPL | FLAG_IF);

    if (mask == 0)
        flags |= FLAG_IF;
    return arch_guest_stack(ss) && arch_guest_push(esp, 3, flags) &&
           arch_guest_push(esp, 2, mask << 16 | frame->cs) &&
           arch_guest_push(esp, 1, frame->eip) &&
           arch_guest_push(esp, 0, error);
}

/** Bounce a page fault. @return false: not the common case, nothing done. */
static inline bool bounce(struct vcpu *v, trap_frame_t *frame, uint32_t error)
{
    const struct guest_trap *trap = &v->traps.table[VECTOR_PAGE_FAULT];
    bool same_ring = frame_ring(frame) == 1;
    uint16_t ss = same_ring ? frame->ss : v->traps.kernel_ss;
    uint32_t esp = same_ring ? frame->esp : v->traps.kernel_esp - 8;

    if ((trap->cs & ~3u) == 0 ||
        (v->domain->assists & 1u << VMASST_TYPE_architectural_iopl))
        return false;
    if (!same_ring &&
        (!arch_guest_stack(ss) || !arch_guest_push(esp, 1, frame->ss) ||
         !arch_guest_push(esp, 0, frame->esp)))
        return false;
    esp -= 4 * sizeof(uint32_t);
    if (!push_frame(v, frame, esp, ss, error))
        return false;

    if (trap->mask_events)
        v->info->evtchn_upcall_mask = 1;
    frame->ss = ss;
    frame->esp = esp;
    frame->cs = trap->cs;
    frame->eip = trap->address;
    frame->eflags &= ~NOT_FOLLOWING;
    return true;
}

/**
 * Handle a page fault of a guest; called by the entry path.
 *
 * @param frame  Its registers, from ring 1 to 3.
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
        v->info->arch.cr2 = address;
        if (bounce(v, frame, error))
            return;
    }
    page_fault(v, frame, address);
}
