/* SPDX-License-Identifier: MIT */
/**
 * @file iret.c
 * @ingroup hypercall
 * Exercise 4.5: hypercall 23, iret.
 *
 * A guest's kernel can return to its application with the instruction IRET,
 * which the hardware allows in ring 1. What that cannot do in one step is to
 * unmask events as well; this call can. It takes its frame from the guest's
 * stack:
 *
 *     esp + 20  ss      only if cs has RPL 2 or 3
 *     esp + 16  esp     only then
 *     esp + 12  eflags  IF: are events to be unmasked?
 *     esp +  8  cs
 *     esp +  4  eip
 *     esp       eax
 *
 * It never returns to its caller: what is in the frame is what runs next.
 *
 * Source: [XenABI] xen/arch-x86/xen-x86_32.h, HYPERVISOR_iret.
 */
#include "hypercall.h"

#include "arch_cpu.h"
#include "domain.h"

/** The frame, in memory order. */
struct iret_frame {
    uint32_t eax, eip, cs, eflags;
};

struct iret_outer {
    uint32_t esp, ss;
};

/** What the popped flags mean beyond the real EFLAGS. */
static void apply_virtual_flags(struct vcpu *v, uint32_t eflags)
{
    v->info->evtchn_upcall_mask = (eflags & FLAG_IF) == 0;
    v->traps.nmi_masked = false;
    if (v->traps.nmi_pending)
        exit_request(EXIT_NMI);
    if (v->domain->assists & 1u << VMASST_TYPE_architectural_iopl)
        v->io_privilege = (eflags & FLAG_IOPL) >> FLAG_IOPL_SHIFT;
}

/**
 * Hypercall 23: load a context from the guest's stack and unmask events.
 *
 * A stack that cannot be read, or a CS of ring 0, ends the domain. Selectors
 * are not checked: one that cannot be loaded is found by the exit path, which
 * calls the guest's failsafe callback. VM86 mode is refused with \#GP(0).
 *
 * @param arg  Not looked at: all is on the guest's stack.
 * @context{hypercall}
 * @return the popped eax, for the dispatcher to put where it belongs; of a
 *         domain that it ended, an error that nobody sees.
 */
int32_t do_iret(const uint32_t arg[HYPERCALL_ARGS])
//@solution 4.5 -- (void)arg; (void)apply_virtual_flags; return -ENOSYS;
{
    struct vcpu *v = current_vcpu();
    trap_frame_t *frame = guest_frame();
    struct iret_outer outer = { frame->esp + sizeof(struct iret_frame),
                                frame->ss };
    struct iret_frame popped;

    (void)arg;
    if (copy_from_guest(&popped, vaddr(frame->esp), sizeof(popped)) != 0 ||
        ((popped.cs & 3) > 1 &&
         copy_from_guest(&outer, vaddr(outer.esp), sizeof(outer)) != 0)) {
        domain_crash(v->domain, "iret: the frame at %08x cannot be read",
                     frame->esp);
        return -EFAULT;
    }
    if (popped.eflags & FLAG_VM) {
        bounce_exception(v, frame, VECTOR_PROTECTION, 0);
        return (int32_t)frame->eax;
    }
    if ((popped.cs & 3) == 0) {
        domain_crash(v->domain, "iret: to ring 0, cs %04x", popped.cs);
        return -EINVAL;
    }

    frame->eip = popped.eip;
    frame->cs = (uint16_t)popped.cs;
    frame->eflags = (popped.eflags & ~IRET_NOT_THE_GUESTS) | FLAG_ALWAYS | FLAG_IF;
    frame->esp = outer.esp;
    frame->ss = (uint16_t)outer.ss;
    apply_virtual_flags(v, popped.eflags);
    return (int32_t)popped.eax;
}
//@end
