/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "domain.h"

/** What the processor pushed on ring 0's stack. */
struct pushed {
    uint32_t eip, cs, eflags, esp, ss;
};

__attribute__((used)) static void stop_over(struct pushed *at)
{
    const struct vcpu *v = current_vcpu();
    const struct guest_trap *trap = &v->traps.table[VECTOR_DIRECT_TRAP];
    bool outer = (at->cs & 3) == 3;
    uint32_t *stack = (uint32_t *)(outer ? v->traps.kernel_esp : at->esp);

    if (outer) {
        *--stack = at->ss;
        *--stack = at->esp;
        at->ss = v->traps.kernel_ss;
    }
    *--stack = at->eflags;
    *--stack = at->cs;
    *--stack = at->eip;
    at->esp = (uint32_t)stack;
    at->cs = trap->cs;
    at->eip = trap->address;
}

__asm__(".text\n"
        "own_entry:\n"
        "    pushal\n"
        "    leal 32(%esp), %eax\n"
        "    pushl %eax\n"
        "    call stop_over\n"
        "    addl $4, %esp\n"
        "    popal\n"
        "    iret\n");
extern const char own_entry[];

descriptor_t direct_trap_gate(const struct guest_trap *trap)
{
    uint32_t entry = (uint32_t)own_entry;

    (void)trap;
    return (descriptor_t){
        (uint32_t)SEL_HYPERVISOR_CS << 16 | (entry & 0xFFFF),
        (entry & 0xFFFF0000u) | 0xEE00u,
    };
}

void direct_gate_load(const struct vcpu *v)
{
    idt_set(VECTOR_DIRECT_TRAP,
            direct_trap_gate(&v->traps.table[VECTOR_DIRECT_TRAP]));
}

void direct_stack_load(const struct vcpu *v)
{
    (void)v;
}
