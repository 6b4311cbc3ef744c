/* SPDX-License-Identifier: MIT */
/**
 * @file paths.c
 * A guest that takes every way into the hypervisor and back that there is
 * without memory management, so that a hypervisor broken on any of them is
 * seen: exceptions of ring 1 and ring 3 with and without error codes, INT n
 * allowed and refused, handlers that mask events, flags that must be kept or
 * cleared, both ways of IRET, iret to a segment that is not there, calls with
 * output buffers, calls in a multicall, upcalls.
 *
 * It checks next to nothing itself: the oracles do. But each step ends where
 * the next one begins, or the guest crashes.
 *
 * | mark | first value      | second value       |
 * |------|------------------|--------------------|
 * | step | number of a step | traps taken so far |
 */
#include "guest.h"

#include <xen/physdev.h>

MARK(step)

#define CALL_EXIT 3
#define CALL_FAULT_BY_HYPERCALL 4

#define FLAG_AC 0x00040000u
#define FLAG_NT 0x00004000u

extern char user_stack_top[];
void user_program(void);

/* entry.asm: our failsafe callback, and where it goes on. */
void failsafe_entry(void);
extern uint32_t failsafe_resume;

static uint32_t nr_traps;
static uint32_t resume_at;

/** An exception of ring 1: go on behind the instruction. Ring 3 has put the
 *  place to go on at into edi. */
static void expected(struct trap *trap)
{
    nr_traps++;
    if (trap_ring(trap) == 3)
        trap->eip = trap->edi;
    else
        trap->eip = resume_at;
}

/** A trap: eip already is behind the instruction. */
static void passed(struct trap *trap)
{
    nr_traps++;
    trap->eflags &= ~GUEST_FLAG_TF;
}

static void system_call(struct trap *trap)
{
    nr_traps++;
    if (trap->eax == CALL_EXIT)
        user_leave();
    /* From here on, or not any more, by the hypercall. */
    trap_return_by_hypercall = trap->eax == CALL_FAULT_BY_HYPERCALL;
}

#define RAISE(instruction, ...)                                              \
    __asm__ volatile("movl $1f, %[resume]\n\t" instruction "\n1:"            \
                     : [resume] "=m"(resume_at)                              \
                     : __VA_ARGS__                                           \
                     : "memory", "cc")

/** A handler with flags of our choice (4: mask events on entry). */
static void set_entry(unsigned vector, trap_handler *handler, unsigned flags)
{
    trap_info_t table[2] = {
        {
            .vector = (uint8_t)vector,
            .flags = (uint8_t)flags,
            .cs = FLAT_KERNEL_CS,
            .address = trap_entry[vector],
        },
    };

    trap_set(vector, handler, flags & 3);
    hypercall_1(set_trap_table, table);
}

static void set_handlers(void)
{
    static const uint8_t faults[] = { 0, 5, 6, 7, 10, 11, 12, 13, 14, 17 };

    for (unsigned i = 0; i < sizeof(faults); i++)
        trap_set(faults[i], expected, 0);
    trap_set(1, passed, 0);
    trap_set(3, passed, 3);
    trap_set(4, passed, 3);
    trap_set(0x80, system_call, 3);
    trap_set(0x90, passed, 1);
    trap_set(0x91, passed, 3);
    set_entry(0x92, passed, 3 | 4);
}

/** Exceptions of the kernel. */
static void ring1_faults(void)
{
    static const uint32_t bounds[2] = { 1, 2 };

    RAISE("ud2");
    RAISE("divb %%cl", "a"(1), "c"(0));
    RAISE("bound %%eax, %[bounds]", "a"(7), [bounds] "m"(bounds));
    RAISE("movl 0x10, %%eax", "a"(0));
    RAISE("movl %%eax, 0x10", "a"(0));
    RAISE("movl 0xFC000000, %%eax", "a"(0));
    RAISE("hlt", "a"(0));
    RAISE("movw %%ax, %%gs", "a"(0x43));
    RAISE("movw %%ax, %%gs", "a"(0xE010));
    hypercall_1(fpu_taskswitch, 1);
    RAISE("fninit", "a"(0));
    hypercall_1(fpu_taskswitch, 0);
    __asm__ volatile("int3");
    __asm__ volatile("movb $0x7F, %%al; incb %%al; into" : : : "eax", "cc");
}

/** INT n: allowed to ring 1, allowed to nobody, and masking events. */
static void ring1_interrupts(void)
{
    __asm__ volatile("int $0x90");
    __asm__ volatile("int $0x91");
    __asm__ volatile("int $0x92");
    RAISE("int $0x93", "a"(0));
    RAISE("int $0x0E", "a"(0));
}

/** Flags that the handler must find cleared (NT), and others that it must not
 *  (AC): the oracle looks at both in the frame and in the handler. */
static void ring1_flags(void)
{
    RAISE("pushfl; orl %[flags], (%%esp); popfl; ud2",
          [flags] "i"(FLAG_NT | FLAG_AC));
    __asm__ volatile("pushfl; andl %0, (%%esp); popfl"
                     :
                     : "i"(~(FLAG_NT | FLAG_AC))
                     : "memory", "cc");
}

/** A step behind which TF is clear again, by the handler. */
static void single_step(void)
{
    __asm__ volatile("pushfl; orl %0, (%%esp); popfl; nop"
                     :
                     : "i"(GUEST_FLAG_TF)
                     : "memory", "cc");
}

/** A handler that goes on as the faulting program asked for in resume_at, and
 *  opens events: the hypercall takes IF for the mask. */
static void opening(struct trap *trap)
{
    nr_traps++;
    trap->eip = resume_at;
    trap->eflags |= GUEST_FLAG_IF;
}

/** The same, but closes events. */
static void closing(struct trap *trap)
{
    nr_traps++;
    trap->eip = resume_at;
    trap->eflags &= ~GUEST_FLAG_IF;
}

/** Return by the hypercall, with events open, and take some traps so. */
static void events_open(void)
{
    trap_return_by_hypercall = true;
    trap_set(6, opening, 0);
    RAISE("ud2");
    RAISE("ud2");
    __asm__ volatile("int $0x90");
    __asm__ volatile("int $0x92");
    trap_set(6, closing, 0);
    RAISE("ud2");
    trap_set(6, expected, 0);
    RAISE("movl 0x10, %%eax", "a"(0));
    trap_return_by_hypercall = false;
}

/** iret to a code segment that is in no table: the failsafe callback. */
static void failsafe(void)
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_failsafe,
        .address = { FLAT_KERNEL_CS, (unsigned long)failsafe_entry },
    };

    hypercall_2(callback_op, CALLBACKOP_register, &callback);
    __asm__ volatile("movl $1f, %[resume]\n\t"
                     "movl %%esp, %%ebx\n\t"
                     "pushl $0x202\n\t"
                     "pushl $0x41\n\t"
                     "pushl $1f\n\t"
                     "pushl $0x600D\n\t"
                     "movl %[iret], %%eax\n\t"
                     "int $0x82\n"
                     "1:\n\t"
                     "movl %%ebx, %%esp"
                     : [resume] "=m"(failsafe_resume)
                     : [iret] "i"(__HYPERVISOR_iret)
                     : "eax", "ebx", "memory", "cc");
}

/** Instructions that the hypervisor carries out for a kernel, and two that it
 *  does not. */
static void emulated(void)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };
    uint32_t number = 0x40000000, cr0;

    __asm__ volatile(".byte 0x0F, 0x0B, 'x', 'e', 'n'; cpuid"
                     : "+a"(number)
                     :
                     : "ebx", "ecx", "edx");
    __asm__ volatile("movl %%cr0, %0; movl %0, %%cr0; clts" : "=r"(cr0));
    __asm__ volatile("movl %%cr3, %0" : "=r"(cr0));
    __asm__ volatile("movl %%cr4, %0" : "=r"(cr0));
    __asm__ volatile("movl %%dr7, %0" : "=r"(cr0));
    RAISE("rdmsr", "a"(0), "c"(0xC0000080), "d"(0));
    RAISE("cli");
    RAISE("inb %%dx, %%al", "a"(0), "d"(0x60));
    hypercall_2(physdev_op, PHYSDEVOP_set_iopl, &iopl);
    RAISE("cli; sti");
    RAISE("inb $0x61, %%al", "a"(0));
    RAISE("outb %%al, %%dx", "a"(0), "d"(0x2E0));
    iopl.iopl = 0;
    hypercall_2(physdev_op, PHYSDEVOP_set_iopl, &iopl);
}

/* The event callback: takes what is pending, and returns by the hypercall. */
void event_entry(void);
__asm__(".text\nevent_entry:\n\t"
        "pushl %eax\n\tmovl shared_info, %eax\n\tmovb $0, (%eax)\n\t"
        "incl nr_upcalls\n\tpopl %eax\n\t"
        "pushl %eax\n\tmovl $23, %eax\n\tint $0x82");
__attribute__((used)) static uint32_t nr_upcalls;

/** Events that come with the end of a call, on an exception, and not at all:
 *  masked. */
static void upcalls(void)
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { FLAT_KERNEL_CS, (unsigned long)event_entry },
    };
    volatile struct vcpu_info *info;

    if (shared_info_map() != 0)
        shut_down(SHUTDOWN_crash);
    info = &shared_info->vcpu_info[0];
    hypercall_2(callback_op, CALLBACKOP_register, &callback);
    info->evtchn_upcall_pending = 1;
    hypercall_2(xen_version, XENVER_version, 0);
    info->evtchn_upcall_mask = 0;
    hypercall_2(xen_version, XENVER_version, 0);
    info->evtchn_upcall_pending = 1;
    RAISE("ud2");
    info->evtchn_upcall_mask = 1;
    if (nr_upcalls != 2)
        shut_down(SHUTDOWN_crash);
}

static void call_buffers(void)
{
    static char text[1024];
    static xen_feature_info_t info;
    static multicall_entry_t list[3];

    for (unsigned command = 0; command < 10; command++)
        if (command != XENVER_get_features && command != XENVER_pagesize)
            hypercall_2(xen_version, command, text);
    hypercall_2(xen_version, XENVER_get_features, &info);
    list[0].op = __HYPERVISOR_xen_version;
    list[0].args[0] = XENVER_extraversion;
    list[0].args[1] = (unsigned long)text;
    list[1].op = __HYPERVISOR_stack_switch;
    list[1].args[0] = FLAT_KERNEL_DS;
    list[1].args[1] = (unsigned long)text + sizeof(text);
    list[2].op = 63;
    hypercall_2(multicall, list, 3);
    hypercall_2(multicall, 0x10, 1);
}

void guest_main(const start_info_t *start)
{
    (void)start;
    set_handlers();
    mark_step(1, nr_traps);
    ring1_faults();
    mark_step(2, nr_traps);
    ring1_interrupts();
    mark_step(3, nr_traps);
    call_buffers();
    emulated();
    mark_step(4, nr_traps);
    events_open();
    mark_step(5, nr_traps);
    failsafe();
    mark_step(6, nr_traps);
    single_step();
    ring1_flags();
    mark_step(7, nr_traps);
    if (user_open(user_start, user_end) == 0)
        user_run(user_program, user_stack_top);
    mark_step(8, nr_traps);
    upcalls();
    mark_step(9, nr_traps);
    say("%u traps.\n", nr_traps);
}
