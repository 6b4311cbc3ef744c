/* SPDX-License-Identifier: MIT */
/**
 * @file runtime_offsets.c
 * Numbers of the public interface that assembly needs.
 */
#include "guest.h"
#include "offsets.h"

#include <xen/elfnote.h>

void offsets(void)
{
    OFFSET(NOTE_ENTRY, XEN_ELFNOTE_ENTRY);
    OFFSET(NOTE_HYPERCALL_PAGE, XEN_ELFNOTE_HYPERCALL_PAGE);
    OFFSET(NOTE_VIRT_BASE, XEN_ELFNOTE_VIRT_BASE);
    OFFSET(NOTE_PADDR_OFFSET, XEN_ELFNOTE_PADDR_OFFSET);
    OFFSET(NOTE_XEN_VERSION, XEN_ELFNOTE_XEN_VERSION);
    OFFSET(NOTE_GUEST_OS, XEN_ELFNOTE_GUEST_OS);
    OFFSET(NOTE_LOADER, XEN_ELFNOTE_LOADER);
    OFFSET(NOTE_PAE_MODE, XEN_ELFNOTE_PAE_MODE);
    OFFSET(NOTE_FEATURES, XEN_ELFNOTE_FEATURES);

    OFFSET(HYPERCALL_IRET, __HYPERVISOR_iret);
    OFFSET(USER_CS, FLAT_USER_CS);
    OFFSET(USER_DS, FLAT_USER_DS);
    OFFSET(KERNEL_DS, FLAT_KERNEL_DS);
    OFFSET(TRAP_CS, offsetof(struct trap, cs));
    OFFSET(EFLAGS_IF, GUEST_FLAG_IF);
    OFFSET(SHARED_PENDING, offsetof(struct shared_info, evtchn_pending));
    OFFSET(VCPU_UPCALL_PENDING,
           offsetof(struct vcpu_info, evtchn_upcall_pending));
    OFFSET(VCPU_UPCALL_MASK, offsetof(struct vcpu_info, evtchn_upcall_mask));
    OFFSET(VCPU_PENDING_SELECTOR,
           offsetof(struct vcpu_info, evtchn_pending_sel));
}
