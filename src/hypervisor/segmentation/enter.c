/* SPDX-License-Identifier: MIT */
/**
 * @file enter.c
 * @ingroup segmentation
 * Exercise 2.2: the first entry to ring 1.
 *
 * Paging knows two kinds of code only, supervisor (rings 0 to 2) and user
 * (ring 3). It cannot keep a guest's kernel in ring 1 from memory that ring 0
 * may use: segments do. Every segment that a guest can load ends below
 * HYPERVISOR_START, and that limit is the whole protection of the hypervisor
 * from a kernel.
 *
 *  - SEG-I5  A present descriptor that a guest may load has DPL 1 or more and
 *    ends below HYPERVISOR_START. Ours here; a guest's own in descriptors.c.
 *  - SEG-I6  A guest runs with EFLAGS.IF set and IOPL 0, always: what it
 *    means by "interrupts off" is evtchn_upcall_mask.
 *
 * Sources: [Xen2003] 3.3 "Subsystem Virtualization"; the interface's start of
 * day; [SDM3A] 5.5 "Privilege Levels".
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "console.h"
#include "domain.h"
#include "lib.h"

/**
 * Write the four flat segments that every guest can use without a GDT of its
 * own: SEL_RING1_CS, SEL_RING1_DS, SEL_RING3_CS, SEL_RING3_DS.
 *
 * Base 0, 32-bit, code readable, data writable, accessed; DPL as the selector
 * says; the limit is GUEST_LIMIT_PAGES pages.
 *
 * @param page  The hypervisor's page of the GDT; other entries stay.
 * @context{boot}
 */
void guest_segments_build(descriptor_t page[GDT_PAGE_ENTRIES])
//@solution 2.2 -- (void)page;
{
    static const struct {
        uint16_t selector;
        uint32_t type;
    } segment[] = {
        { SEL_RING1_CS, DESC_CODE },
        { SEL_RING1_DS, 0 },
        { SEL_RING3_CS, DESC_CODE },
        { SEL_RING3_DS, 0 },
    };
    const uint32_t common = (GUEST_LIMIT_PAGES & 0x000F0000u) | DESC_G |
                            DESC_D | DESC_P | DESC_S | DESC_WRITABLE |
                            DESC_ACCESSED;

    for (unsigned i = 0; i < ARRAY_SIZE(segment); i++) {
        unsigned index = segment[i].selector >> 3;
        uint32_t dpl = segment[i].selector & 3;

        page[index - FIRST_RESERVED_GDT_ENTRY] = (descriptor_t){
            .lo = GUEST_LIMIT_PAGES & 0xFFFF,
            .hi = common | segment[i].type | dpl << DESC_DPL_SHIFT,
        };
    }
}
//@end

/**
 * Set a vCPU's registers and traps to the start of day: flat ring-1 segments,
 * events masked by nobody but the guest's own mask, no handler for anything,
 * no GDT, no LDT, no watchpoints.
 *
 * The kernel stack, which entries from ring 3 will use until the guest names
 * another, is the one it starts on.
 *
 * @param v    Not running; other fields are not touched.
 * @param eip  Entry point, the guest's address.
 * @param esp  Top of the first stack, the guest's address.
 * @param esi  Address of start_info: the only argument that a guest gets.
 * @context{boot}
 */
void vcpu_init_traps(struct vcpu *v, uint32_t eip, uint32_t esp, uint32_t esi)
//@solution 2.2 -- (void)v; (void)eip; (void)esp; (void)esi;
{
    memset(&v->frame, 0, sizeof(v->frame));
    memset(&v->traps, 0, sizeof(v->traps));
    memset(&v->descriptors, 0, sizeof(v->descriptors));
    memset(v->debug_register, 0, sizeof(v->debug_register));
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        v->descriptors.gdt[i] = INVALID_MFN;
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++)
        v->descriptors.ldt[i] = INVALID_MFN;

    v->frame.cs = SEL_RING1_CS;
    v->frame.ss = SEL_RING1_DS;
    v->frame.ds = v->frame.es = v->frame.fs = v->frame.gs = SEL_RING1_DS;
    v->frame.eip = eip;
    v->frame.esp = esp;
    v->frame.esi = esi;
    v->frame.eflags = FLAG_ALWAYS | FLAG_IF;

    v->traps.kernel_ss = SEL_RING1_DS;
    v->traps.kernel_esp = esp;
    v->debug_register[6] = DR6_DEFAULT;
    v->debug_register[7] = DR7_DEFAULT;
}
//@end

/**
 * Leave whatever ring 0 is doing and run a guest.
 *
 * Makes `v` the current vCPU, loads its page tables and what else the
 * processor keeps per guest, puts its registers where the exit path looks for
 * them, and takes that path.
 *
 * @param v  Initialised, its domain may run, nobody is running.
 * @context{boot}
 */
_Noreturn void vcpu_enter(struct vcpu *v)
//@solution 2.2 -- (void)v; panic("exercise 2.2: vcpu_enter() is not written");
{
    processor.current = v;
    v->running = true;
    vcpu_load_base(v);
    vcpu_load_tables(v);
    vcpu_load_state(v);
    direct_gate_load(v);
    direct_stack_load(v);
    *guest_frame() = v->frame;
    arch_exit_to_guest();
}
//@end
