/* SPDX-License-Identifier: MIT */
/**
 * @file switches.c
 * A guest that owns something of everything that a context switch must bring
 * back, and gives the processor away: numbers in the FPU, a watchpoint, a
 * GDT and an LDT with segments that are loaded, the virtual CR0.TS and CR4.TSD,
 * a direct trap with a kernel stack.
 *
 * Two domains of it have different values: what they are comes from the word
 * `second` on the command line, and from where their pages are. It checks
 * nothing: the oracles do.
 *
 * | mark  | first value      | second value         |
 * |-------|------------------|----------------------|
 * | round | number of rounds | 1: the second domain |
 */
#include "guest.h"

MARK(round)

#define ROUNDS 30u
#define DESCRIPTORS 512u
#define ENTRY 5u /* of both tables, in both domains: each can be loaded */
#define DR7_WATCH_WRITE 0x000D0001u /* DR0: writes, four bytes, enabled */
#define CR4_TSD 4u

/** A data segment of ring 1 that begins at `base`, one page long. */
static uint64_t segment_at(uint32_t base)
{
    uint32_t low = base << 16 | 0xFFF;
    uint32_t high = (base & 0xFF000000u) | 0x0040B200u | (base >> 16 & 0xFF);

    return (uint64_t)high << 32 | low;
}

static uint64_t gdt[DESCRIPTORS] __attribute__((aligned(4096)));
static uint64_t ldt[DESCRIPTORS] __attribute__((aligned(4096)));
static uint8_t kernel_stack[4096] __attribute__((aligned(16)));
static uint32_t watched[2];

static bool second;

static void read_only(const void *page)
{
    page_map((void *)page, frame_of(page) << 12 | L1_PRESENT | L1_ACCESSED);
}

/** A GDT of one page, GS in it; an LDT, FS in it. */
static void own_tables(void)
{
    uint32_t frame = (uint32_t)frame_of(gdt);
    struct mmuext_op set = { .cmd = MMUEXT_SET_LDT };

    gdt[ENTRY] = segment_at((uint32_t)watched);
    ldt[ENTRY] = segment_at((uint32_t)kernel_stack);
    read_only(gdt);
    read_only(ldt);
    hypercall_2(set_gdt, &frame, DESCRIPTORS);
    set.arg1.linear_addr = (unsigned long)ldt;
    set.arg2.nr_ents = second ? 16 : 8;
    hypercall_4(mmuext_op, &set, 1, 0, DOMID_SELF);
    __asm__ volatile("mov %0, %%gs" : : "r"(ENTRY << 3 | 1));
    __asm__ volatile("mov %0, %%fs" : : "r"(ENTRY << 3 | 4 | 1));
}

static void own_debug_registers(void)
{
    hypercall_2(set_debugreg, 0, &watched[second]);
    hypercall_2(set_debugreg, 7, DR7_WATCH_WRITE);
}

/** Some numbers in the FPU; and one of the two domains gives it up. */
static void own_fpu(void)
{
    uint32_t control4, number = second ? 0x1234 : 77;

    __asm__ volatile("fninit\n\tfildl %0\n\tfldpi\n\tfaddp\n\tfildl %0"
                     : : "m"(number));
    if (second)
        return;
    hypercall_1(fpu_taskswitch, 1);
    __asm__ volatile("mov %%cr4, %0" : "=r"(control4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(control4 | CR4_TSD));
}

static void system_call(struct trap *trap)
{
    (void)trap;
}

/** A direct trap, and a stack for it. */
static void own_direct_trap(void)
{
    uint32_t ss;

    trap_set(0x80, system_call, 3);
    __asm__ volatile("mov %%ss, %0" : "=r"(ss));
    hypercall_2(stack_switch, ss,
                (uint32_t)kernel_stack + (second ? 4096 : 2048));
}

void guest_main(const start_info_t *start)
{
    second = start->cmd_line[0] == 's';
    own_tables();
    own_debug_registers();
    own_fpu();
    own_direct_trap();
    for (unsigned i = 0; i < ROUNDS; i++) {
        mark_round(i, second);
        hypercall_3(sched_op, SCHEDOP_yield, 0, i << 1 | second);
    }
}
