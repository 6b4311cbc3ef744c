/* SPDX-License-Identifier: MIT */
/**
 * @file switch.c
 * Exercise 6.1: the context switch.
 *
 * A vCPU's registers are in three places while it runs, and in `struct vcpu`
 * while it does not:
 *
 *     the frame at the stack's top   general and segment registers, eip, esp,
 *                                    eflags: what every entry to ring 0 saves
 *     the processor                  FPU and SSE registers: changed at any
 *                                    time, so they must be saved
 *     the processor, but set by us   page-table base, GDT window, LDT, debug
 *                                    registers, CR0.TS, CR4.TSD, the stack in
 *                                    the TSS, the gate of the direct trap:
 *                                    struct vcpu has them anyway, so they only
 *                                    need to be loaded
 *
 * The switch is done in the middle of an exit to the guest: the handler that
 * brought us into ring 0 has finished, so the frame at the stack's top is all
 * there is on the stack that matters. To go on as another vCPU is to replace
 * that frame; no second stack is needed.
 *
 *  - SCHED-I2  While a vCPU runs, nothing of the processor that a guest can
 *    read or feel holds a value of another one's.
 *
 * Sources: [Xen2003] 3.3 "Subsystem Virtualization"; [SDM3A] "Task
 * Management", "FXSAVE".
 *
 * @defgroup scheduling Scheduling
 * The context switch, run states, and the policies that choose who runs.
 */
#include "scheduling.h"

#include "domain.h"

/**
 * Take the running vCPU off the processor.
 *
 * @param v      The current vCPU.
 * @param frame  Its registers.
 * @context{exit}
 * @post  Nobody runs. The processor still holds the old vCPU's tables and
 *        modes: ring 0 does not feel them, and context_load() replaces them.
 * @ingroup scheduling
 */
void context_save(struct vcpu *v, const trap_frame_t *frame)
//@solution 6.1 -- (void)v; (void)frame;
{
    v->frame = *frame;
    fpu_save(v);
    v->running = false;
    processor.current = NULL;
}
//@end

/**
 * Put a vCPU on the processor.
 *
 * The base comes first: the LDT's window may have to be filled through it, and
 * loading it drops all translations of the vCPU before.
 *
 * @param v           Initialised; nobody runs.
 * @param[out] frame  The frame at the stack's top: gets its registers.
 * @context{exit}
 * @post  `v` is the current vCPU, and the exit path goes on to it.
 * @ingroup scheduling
 */
void context_load(struct vcpu *v, trap_frame_t *frame)
//@solution 6.1 -- (void)v; (void)frame;
{
    processor.current = v;
    v->running = true;
    vcpu_load_base(v);
    vcpu_load_tables(v);
    vcpu_load_state(v);
    direct_gate_load(v);
    direct_stack_load(v);
    *frame = v->frame;
}
//@end
