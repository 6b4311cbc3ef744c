/* SPDX-License-Identifier: MIT */
/**
 * @file vcpu_context.c
 * @ingroup hypercall
 * VCPUOP_initialise: everything that a vCPU begins with, from one structure:
 * registers, trap table, descriptor tables, page tables, callbacks.
 *
 * The references that can be refused are taken first, the L3's before the
 * GDT's: its validation may take long, and then the whole call is made again.
 * What follows cannot fail. Nothing of the calling vCPU is touched, so that a
 * call in pieces disturbs nobody's registers.
 *
 * Sources: [XenABI] xen/vcpu.h; xen/arch-x86/xen.h, struct vcpu_guest_context.
 */
#include "hypercall.h"

#include "arch_bits.h"
#include "domain.h"
#include "lib.h"

/** Flags that no guest sets: as for iret. */
#define NOT_THE_GUESTS (FLAG_IOPL | FLAG_VM | FLAG_VIF | FLAG_VIP)

/** Bits of MXCSR that every processor with SSE has; loading another one would
 *  be a \#GP in ring 0. */
#define MXCSR_BITS 0x0000FFBFu

/** Bits of trap_info.flags. */
#define TRAP_FLAGS_DPL 0x03
#define TRAP_FLAGS_MASK_EVENTS 0x04

/** What the guest gave; only one call at a time is in ring 0. */
static struct vcpu_guest_context context;

/** Selectors of the frame that the exit path loads with a fix-up, so that any
 *  value will do, and the others. */
static void load_registers(struct vcpu *v, const struct cpu_user_regs *regs)
{
    v->frame = *regs;
    v->frame.error_code = v->frame.entry_vector = 0;
    v->frame.cs = selector_fix(regs->cs);
    v->frame.ss = selector_fix(regs->ss);
    v->frame.eflags = (regs->eflags & ~NOT_THE_GUESTS) | FLAG_ALWAYS |
                      FLAG_IF;
    v->io_privilege = (regs->eflags & FLAG_IOPL) >> FLAG_IOPL_SHIFT;
}

static void load_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
    for (unsigned i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++) {
        const struct trap_info *info = &c->trap_ctxt[i];

        v->traps.table[i] = (struct guest_trap){
            .address = (uint32_t)info->address,
            .cs = selector_fix(info->cs),
            .dpl = info->flags & TRAP_FLAGS_DPL,
            .mask_events = (info->flags & TRAP_FLAGS_MASK_EVENTS) != 0,
        };
    }
    v->traps.event = (struct guest_callback){
        .cs = selector_fix((uint16_t)c->event_callback_cs),
        .eip = (uint32_t)c->event_callback_eip,
        .mask_events = true,
    };
    v->traps.failsafe = (struct guest_callback){
        .cs = selector_fix((uint16_t)c->failsafe_callback_cs),
        .eip = (uint32_t)c->failsafe_callback_eip,
        .mask_events = (c->flags & VGCF_failsafe_disables_events) != 0,
    };
    v->traps.kernel_ss = selector_fix((uint16_t)c->kernel_ss);
    v->traps.kernel_esp = (uint32_t)c->kernel_sp;
}

/** FPU, modes and watchpoints. A debug register that is refused stays as after
 *  a reset: the kernel will set it again. */
static void load_modes(struct vcpu *v, const struct vcpu_guest_context *c)
{
    fpu_state_init(v);
    if (c->flags & VGCF_i387_valid) {
        memcpy(&v->fpu, &c->fpu_ctxt, sizeof(v->fpu));
        v->fpu.mxcsr &= MXCSR_BITS;
    }
    v->task_switched = (c->ctrlreg[0] & CR0_TS) != 0;
    v->control4 = c->ctrlreg[4] & (CR4_TSD | CR4_DE);
    v->debug_register[6] = DR6_DEFAULT;
    v->debug_register[7] = DR7_DEFAULT;
    for (unsigned i = 0; i < ARRAY_SIZE(c->debugreg); i++)
        if (i != 4 && i != 5)
            (void)debug_register_set(v, i, (uint32_t)c->debugreg[i]);
}

/** The frames of the GDT: as many as there are entries. */
static void gdt_frames(const struct vcpu_guest_context *c, mfn_t *frame)
{
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        frame[i] = mfn((uint32_t)c->gdt_frames[i]);
}

/**
 * Load a vCPU's first context.
 *
 * @param v  Not initialised.
 * @param c  Ours: the guest cannot change it any more.
 * @context{hypercall}
 * @post  On an error nothing has changed, but for what gdt_hold() holds.
 * @retval 0          done: the vCPU is initialised, and not up.
 * @retval -EINVAL    an LDT that is not aligned, too long or not in the
 *                    guest's range; a GDT or an L3 that cannot be one.
 * @retval -ERESTART  the GDT or the L3 is not validated yet: make the call
 *                    again.
 * @return Else the error of the L3's validation.
 */
int vcpu_context_load(struct vcpu *v, const struct vcpu_guest_context *c)
{
    mfn_t l3 = mfn((uint32_t)xen_cr3_to_pfn((uint32_t)c->ctrlreg[3]));
    vaddr_t ldt = vaddr((uint32_t)c->ldt_base);
    mfn_t frame[GUEST_GDT_FRAMES];
    int error;

    if (c->ldt_ents > LDT_MAX_ENTRIES || ldt.a % PAGE_SIZE != 0 ||
        !guest_range_ok(ldt, c->ldt_ents * sizeof(descriptor_t)) ||
        c->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
        return -EINVAL;
    gdt_frames(c, frame);
    error = gdt_hold(v, frame, (unsigned)c->gdt_ents);
    if (error)
        return error;
    error = frame_get_and_type(l3, v->domain, FRAME_L3);
    if (error == -ERESTART)
        return error;
    if (error) {
        gdt_let_go(v);
        return error;
    }
    (void)gdt_set(v, frame, (unsigned)c->gdt_ents); /* held: it cannot fail */
    v->base = l3;
    memory_refresh_pdpt(v);
    v->descriptors.ldt_base = ldt;
    v->descriptors.ldt_entries = (unsigned)c->ldt_ents;
    load_registers(v, &c->user_regs);
    load_traps(v, c);
    load_modes(v, c);
    v->initialised = true;
    return 0;
}

/**
 * VCPUOP_initialise.
 *
 * @param v     One of the calling domain's.
 * @param from  Guest address of a struct vcpu_guest_context.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -EFAULT  the structure cannot be read.
 * @retval -EEXIST  it was initialised before.
 * @retval -ERESTART  work of earlier calls was left and comes first: nothing is
 *                    done yet, call again.
 * @return Else as vcpu_context_load().
 */
int32_t vcpu_initialise(struct vcpu *v, vaddr_t from)
{
    if (!work_begin())
        return -ERESTART;
    if (copy_from_guest(&context, from, sizeof(context)) != 0)
        return -EFAULT;
    if (v->initialised)
        return -EEXIST;
    return vcpu_context_load(v, &context);
}
