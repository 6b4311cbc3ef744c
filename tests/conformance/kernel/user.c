/* SPDX-License-Identifier: MIT */
/**
 * @file user.c
 * Processes that run: system calls by INT 0x80, exceptions, and the switch from
 * one to another: base, kernel stack and TLS descriptors, by one multicall.
 */
#include "kernel.h"

#include <stddef.h>

#define TEXT 0x08048000u
#define STACK_TOP 0xC0000000u

/* Linux's numbers, and our own for what a program found. */
enum { CALL_EXIT = 1, CALL_FORK = 2, CALL_WAIT = 7, CALL_GETPID = 20,
       CALL_SIGNAL = 48, CALL_MPROTECT = 125, CALL_YIELD = 158,
       CALL_TLS = 243, CALL_REPORT = 1000 };

static struct process *first, *child;
static uint32_t idle_esp, signal_handler, nr_not_available;
static uint64_t tls_in_force[3];
static struct process nobody = { .pgd = swapper_pgd };

static uint64_t tls_descriptor(uint32_t base)
{
    return 0x00CFF2000000FFFFull | (uint64_t)(base & 0xFFFFFF) << 16 |
           (uint64_t)(base >> 24) << 56;
}

/** load_TLS(): what differs from what was written last, whatever the hypervisor
 *  made of that. */
static void load_tls(const struct process *p)
{
    for (unsigned i = 0; i < 3; i++) {
        uint64_t at = machine_of(&gdt[0][GDT_TLS + i]);

        if (tls_in_force[i] == p->tls[i])
            continue;
        tls_in_force[i] = p->tls[i];
        batch_call(__HYPERVISOR_update_descriptor, (uint32_t)at,
                   (uint32_t)(at >> 32), (uint32_t)p->tls[i],
                   (uint32_t)(p->tls[i] >> 32), 0);
    }
}

/** switch_mm() and switch_to(). */
static void switch_to(struct process *to)
{
    struct process *from = current;

    current = to;
    batch_ext(MMUEXT_NEW_BASEPTR, mfn_of(to->pgd));
    if (to != &nobody) {
        batch_call(__HYPERVISOR_stack_switch, SEL_KERNEL_DS,
                   (uint32_t)to->kernel_stack + PAGE, 0, 0, 0);
        load_tls(to);
    }
    CHECK("kernel.switch", 0, batch_end());
    stack_change(from == &nobody ? &idle_esp : &from->kernel_esp,
                 to == &nobody ? idle_esp : to->kernel_esp);
}

/** What the programs found; the numbers are head.asm's. */
static void reported(uint32_t number, uint32_t value)
{
    switch (number) {
    case 0: CHECK("kernel.user.getpid", 1, value); break;
    case 1: CHECK("kernel.user.tls_below_base", 0x1234, value); break;
    case 2: CHECK("kernel.user.tls_above_base", 0x5678, value); break;
    case 3: CHECK("kernel.user.fpu", 0x3F800000, value); break;
    case 4: CHECK("kernel.user.parents_page", 1, value); break;
    case 5: CHECK("kernel.user.status_of_child", 7, value); break;
    case 6: CHECK("kernel.user.parents_tls", 0x1234, value); break;
    case 7: CHECK("kernel.user.bad_pointer", 0, value); break;
    case 8: CHECK("kernel.user.protected", 0, value); break;
    case 9: CHECK("kernel.user.writable_again", 5, value); break;
    case 10: CHECK("kernel.user.childs_page_at_first", 1, value); break;
    case 11: CHECK("kernel.user.childs_page", 2, value); break;
    case 12: CHECK("kernel.user.childs_tls", 0x4321, value); break;
    default: shut_down(SHUTDOWN_crash);
    }
}

/** do_exit(): off the address space first, then nobody comes back. */
static void leave(uint32_t status)
{
    current->done = true;
    current->status = status;
    switch_to(current->parent ? current->parent : &nobody);
}

static uint32_t set_tls(uint32_t base)
{
    current->tls[0] = tls_descriptor(base);
    load_tls(current);
    CHECK("kernel.user.set_thread_area", 0, batch_end());
    return SEL_TLS;
}

static uint32_t wait_for_child(void)
{
    uint32_t status;

    while (!child->done)
        switch_to(child);
    status = child->status;
    process_free(child);
    child = NULL;
    return status;
}

static uint32_t system_call(struct frame *f)
{
    switch (f->eax) {
    case CALL_GETPID:
        return 1;
    case CALL_TLS:
        /* The next FPU instruction shall be told of. */
        hypercall_1(fpu_taskswitch, 1);
        return set_tls(f->ebx);
    case CALL_FORK:
        child = process_fork(current, f);
        return 2;
    case CALL_YIELD:
        switch_to(current == first ? child : first);
        return 0;
    case CALL_WAIT:
        return wait_for_child();
    case CALL_SIGNAL:
        signal_handler = f->ebx;
        return 0;
    case CALL_MPROTECT:
        CHECK("kernel.process.protect", 0,
              process_protect(current, f->ebx != 0));
        return 0;
    case CALL_EXIT:
        leave(f->ebx);
        return 0;
    default:
        reported(f->eax - CALL_REPORT, f->ebx);
        return 0;
    }
}

/** The program's own fault: its handler, if it has one. */
static void signal(struct frame *f)
{
    if ((f->cs & 3) != 3 || signal_handler == 0) {
        say("vector %u error %x at %08x, cr2 %08x\n", f->vector, f->error,
            f->eip, (uint32_t)this_vcpu()->arch.cr2);
        shut_down(SHUTDOWN_crash);
    }
    f->eip = signal_handler;
    signal_handler = 0;
}

/** Called by head.asm: any exception, and INT 0x80. Events are masked at the
 *  entry and let through while we work. */
void kernel_trap(struct frame *f)
{
    uint32_t cr2 = (uint32_t)this_vcpu()->arch.cr2;

    if (exception_fixed(f))
        return;
    if (f->eflags & GUEST_FLAG_IF)
        interrupts_on();
    if (f->vector == 0x80)
        f->eax = system_call(f);
    else if (f->vector == 7)
        nr_not_available++;
    else if (f->vector != 14 || !process_fault(f, cr2))
        signal(f);
    interrupts_off();
}

/** The frame of a new program: start_thread(). */
static void start_thread(struct process *p)
{
    uint32_t *stack = (uint32_t *)(p->kernel_stack + PAGE -
                                   sizeof(struct frame));

    *(struct frame *)stack = (struct frame){
        .ds = SEL_USER_DS, .es = SEL_USER_DS,
        .eip = TEXT + (uint32_t)(program_first - program_page),
        .cs = SEL_USER_CS, .eflags = GUEST_FLAG_IF, .ss = SEL_USER_DS,
        .esp = STACK_TOP,
    };
    *--stack = (uint32_t)fork_return;
    stack -= 4;
    p->kernel_esp = (uint32_t)stack;
}

/** Run the programs to their ends, again and again, while time ticks: they are
 *  interrupted everywhere, and the kernel is. */
void processes(void)
{
    uint32_t before = percpu[0].nr_ticks;

    current = &nobody;
    ticks(true);
    for (unsigned i = 1; i <= 4; i++) {
        first = process_make();
        start_thread(first);
        switch_to(first);
        CHECK("kernel.user.end", 9, first->status);
        CHECK("kernel.user.fpu_told_once", i, nr_not_available);
        process_free(first);
        first = NULL;
    }
    ticks(false);
    CHECK("kernel.user.interrupted", 1, percpu[0].nr_ticks - before > 8);
}
