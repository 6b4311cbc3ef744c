/* SPDX-License-Identifier: MIT */
/**
 * @file second.c
 * vCPU 1 for the conformance guests.
 */
#include "second.h"

vcpu_guest_context_t second_context;
volatile uint32_t second_loops, second_entries;
volatile uint32_t second_esi, second_ss, second_flags;

static uint8_t stack[4096] __attribute__((aligned(16)));

__attribute__((used)) static void second_main(uint32_t esi, uint32_t ss,
                                              uint32_t flags)
{
    second_entries++;
    second_esi = esi;
    second_ss = ss;
    second_flags = flags;
    for (;;) {
        second_loops++;
        hypercall_2(sched_op, SCHEDOP_yield, 0);
    }
}

void second_entry(void);
__asm__(".text\nsecond_entry:\n\t"
        "pushfl\n\tmovl %ss, %eax\n\tpushl %eax\n\tpushl %esi\n\t"
        "call second_main");

void second_fill(void)
{
    vcpu_guest_context_t *c = &second_context;
    uint8_t *p = (uint8_t *)c;
    uint32_t base;

    for (unsigned i = 0; i < sizeof(*c); i++)
        p[i] = 0;
    __asm__ volatile("mov %%cr3, %0" : "=r"(base));
    c->user_regs.cs = 0xE018;
    c->user_regs.ss = 0xE020;
    c->user_regs.ds = c->user_regs.es = 0xE021;
    c->user_regs.eip = (uint32_t)second_entry;
    c->user_regs.esp = (uint32_t)stack + sizeof(stack);
    c->user_regs.esi = SECOND_ESI;
    c->user_regs.eflags = 0x3000;
    c->kernel_ss = 0xE021;
    c->kernel_sp = (uint32_t)stack + sizeof(stack);
    c->ctrlreg[3] = base;
}

int32_t vcpu_op(unsigned cmd, unsigned vcpu, const void *arg)
{
    return hypercall_3(vcpu_op, cmd, vcpu, arg);
}

int32_t second_initialise(void)
{
    return vcpu_op(VCPUOP_initialise, 1, &second_context);
}
