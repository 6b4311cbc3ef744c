/* SPDX-License-Identifier: MIT */
/**
 * @file page_fault.c
 * @ingroup segmentation
 * Page faults of a guest. Most are its own business and are bounced; a few are
 * about pages that only the hypervisor knows of:
 *
 *  - A selector whose page of the GDT is not there. The table is seen through
 *    our window, so the processor reports a page fault in *our* range, while
 *    on the machine that the guest believes in it is a \#GP.
 *  - A page of the LDT that has not been touched yet: it is mapped, and the
 *    instruction tried again. If it cannot be, the guest learns the address in
 *    its own memory.
 *  - A store to a page table that the guest may believe it can write.
 *
 * Source: [SDM3A] 6.15 "Exception and Interrupt Reference", "Interrupt 14 --
 * Page-Fault Exception".
 */
#include "segmentation.h"

#include "boot.h"
#include "domain.h"
#include "table_store.h"

/** Offset of an address in the guest's part of the GDT window, if it is one. */
static bool in_guest_gdt(uint32_t address, uint32_t *offset)
{
    *offset = address - GDT_WINDOW;
    return *offset < FIRST_RESERVED_GDT_ENTRY * sizeof(descriptor_t);
}

/** The same for the LDT's window. */
static bool in_ldt(uint32_t address, uint32_t *offset)
{
    *offset = address - LDT_WINDOW;
    return *offset < LDT_MAX_ENTRIES * sizeof(descriptor_t);
}

/**
 * Fill the page of the LDT whose absence caused a fault.
 *
 * @param v        The current vCPU; NULL if there is none yet.
 * @param address  CR2.
 * @context{exception}
 * @return true: the access can be tried again.
 */
bool page_fault_in_ldt(struct vcpu *v, uint32_t address)
{
    uint32_t offset;

    return v != NULL && in_ldt(address, &offset) && ldt_fill(v, offset);
}

/**
 * Give a guest a page fault, as the processor would have.
 *
 * CR2 belongs to the hypervisor, so the guest finds the address in its
 * vcpu_info. The user bit is made to say what the guest knows: whether its
 * kernel (0) or its application (1) did it. The hardware's differs when the
 * direct trap could not push its frame: a supervisor's access, from ring 3.
 *
 * @param v        The running vCPU.
 * @param frame    Its registers.
 * @param address  The address whose access faulted.
 * @param error    PAGE_FAULT_* bits.
 * @context{exception}
 */
void inject_page_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address,
                       uint32_t error)
{
    error &= ~PAGE_FAULT_USER;
    if (frame_ring(frame) == 3)
        error |= PAGE_FAULT_USER;
    v->info->arch.cr2 = address;
    bounce_exception(v, frame, VECTOR_PAGE_FAULT, error);
}

/**
 * Handle a guest's page fault.
 *
 * @param v        The running vCPU.
 * @param frame    Its registers.
 * @param address  CR2.
 * @context{exception}
 */
void page_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address)
{
    uint32_t offset;

    if (in_guest_gdt(address, &offset) &&
        !(frame->error_code & PAGE_FAULT_USER)) {
        bounce_exception(v, frame, VECTOR_PROTECTION, offset & 0xFFF8);
        return;
    }
    if (in_ldt(address, &offset) && !(frame->error_code & PAGE_FAULT_USER)) {
        if (ldt_fill(v, offset))
            return;
        address = v->descriptors.ldt_base.a + offset;
    }
    if (writable_fault(v, frame, address, frame->error_code))
        return;
    inject_page_fault(v, frame, address, frame->error_code);
}
