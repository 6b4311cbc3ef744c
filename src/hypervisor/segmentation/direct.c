/* SPDX-License-Identifier: MIT */
/**
 * @file direct.c
 * @ingroup segmentation
 * Exercise 2.5: the direct trap. A system call goes from ring 3 to ring 1 by
 * the hardware alone.
 *
 * INT 0x80 is what applications do most, and everything that the processor
 * needs for it can be told in advance: where the handler is (a gate in the
 * IDT) and which stack it runs on (ss1:esp1 in the TSS). So the hypervisor
 * writes the guest's own handler into its IDT. What the hardware cannot do
 * stays with the hypervisor: a handler that wants events masked on entry
 * needs a store to shared_info, so its vector keeps the slow way.
 *
 *  - SEG-I7  The gate's target is never a segment of the hypervisor's: it is
 *    a selector that passes selector_may_be_gate_target(), or there is no
 *    gate.
 *  - SEG-I8  The gate is a trap gate: an interrupt gate would clear IF and
 *    break SEG-I6.
 *
 * Sources: [Xen2003] 2.1.2 "CPU"; [SDM3A] 6.12 "Exception and Interrupt
 * Handling".
 */
#include "segmentation.h"

#include "domain.h"

/**
 * The IDT entry that takes INT 0x80 directly to a guest's handler.
 *
 * @param trap  The guest's table entry for VECTOR_DIRECT_TRAP.
 * @context{any}
 * @return the gate, with the guest's DPL; or an empty entry, if the handler
 *         is missing, masks events, or has a target that no gate may have.
 */
descriptor_t direct_trap_gate(const struct guest_trap *trap)
//@solution 2.5 -- (void)trap; return (descriptor_t){ 0, 0 };
{
    if (trap->address == 0 || trap->mask_events ||
        !selector_may_be_gate_target(trap->cs))
        return (descriptor_t){ 0, 0 };

    return (descriptor_t){
        .lo = (uint32_t)trap->cs << 16 | (trap->address & 0xFFFF),
        .hi = (trap->address & 0xFFFF0000u) | DESC_P |
              (uint32_t)trap->dpl << DESC_DPL_SHIFT | DESC_TYPE_TRAP_GATE,
    };
}
//@end

/**
 * Put a vCPU's direct trap into the IDT.
 *
 * Called when the vCPU begins to run, and when the running one changes its
 * trap table.
 *
 * @param v  The vCPU that runs, or is about to.
 * @context{any}
 */
void direct_gate_load(const struct vcpu *v)
//@solution 2.5 -- (void)v;
{
    idt_set(VECTOR_DIRECT_TRAP,
            direct_trap_gate(&v->traps.table[VECTOR_DIRECT_TRAP]));
}
//@end

/**
 * Put a vCPU's kernel stack into the TSS, where the processor finds it when a
 * gate leads from ring 3 to ring 1.
 *
 * Called when the vCPU begins to run, and when the running one changes it.
 *
 * @param v  The vCPU that runs, or is about to.
 * @context{any}
 */
void direct_stack_load(const struct vcpu *v)
//@solution 2.5 -- (void)v;
{
    processor.tss.ss1 = v->traps.kernel_ss;
    processor.tss.esp1 = v->traps.kernel_esp;
}
//@end
