/* SPDX-License-Identifier: MIT */
/**
 * @file hello.c
 * @ingroup guests
 * A first guest: all of the way that later ones take, once.
 *
 * It prints; raises three exceptions and shows the frames it gets; goes to
 * ring 3, whose program makes system calls by INT 0x80; the kernel answers
 * some by IRET, the instruction, and some by iret, the hypercall; powers off.
 *
 * | mark        | first value            | second value              |
 * |-------------|------------------------|---------------------------|
 * | start       | address of start_info  | its magic's first 4 bytes |
 * | trap        | vector                 | error code                |
 * | system_call | its number             | its argument              |
 * | user_done   | system calls made      | what the program computed |
 * | end         | 0                      | 0                         |
 */
#include "guest.h"

MARK(start)
MARK(trap)
MARK(system_call)
MARK(user_done)
MARK(end)

/* System calls: number in eax, argument in ebx, result in eax. */
enum { CALL_PRINT = 1, CALL_ADD = 2, CALL_EXIT = 3 };

extern char user_stack_top[];
void user_program(void);

static uint32_t sum, nr_calls;

/** Where to go on after an exception: set by whoever expects one. */
static uint32_t resume_at;

static void expected(struct trap *trap)
{
    trap_print(trap);
    mark_trap(trap->vector, trap->error);
    trap->eip = resume_at;
}

static void system_call(struct trap *trap)
{
    nr_calls++;
    mark_system_call(trap->eax, trap->ebx);
    switch (trap->eax) {
    case CALL_PRINT:
        say("  ring 3 says: %s", (const char *)trap->ebx);
        trap->eax = 0;
        break;
    case CALL_ADD:
        sum += trap->ebx;
        trap->eax = sum;
        /* The other way back, for the next calls. */
        trap_return_by_hypercall = !trap_return_by_hypercall;
        break;
    case CALL_EXIT:
        user_leave();
    }
}

/** Raise an exception by an instruction, and go on behind it. */
#define RAISE(instruction, ...)                                              \
    __asm__ volatile("movl $1f, %[resume]\n\t" instruction "\n1:"            \
                     : [resume] "=m"(resume_at)                              \
                     : __VA_ARGS__                                           \
                     : "memory")

static void show_exceptions(void)
{
    trap_set(6, expected, 0);
    trap_set(13, expected, 0);
    trap_set(14, expected, 0);

    say("an invalid opcode:\n");
    RAISE("ud2");
    say("a load from an address that is not mapped:\n");
    RAISE("movl 0x10, %%eax", "a"(0));
    say("a load beyond the segment's limit, where the hypervisor is:\n");
    RAISE("movl 0xFC000000, %%eax", "a"(0));
}

static void show_ring3(void)
{
    int error = user_open(user_start, user_end);

    if (error != 0) {
        say("ring 3 has no pages: update_va_mapping says %d\n", error);
        return;
    }
    trap_set(0x80, system_call, 3);
    user_run(user_program, user_stack_top);
    say("%u system calls, sum %u\n", nr_calls, sum);
    mark_user_done(nr_calls, sum);
}

void guest_main(const start_info_t *start)
{
    mark_start((uint32_t)start, *(const uint32_t *)start->magic);
    say("Hello from ring %u. I am %s, with %u pages.\n",
        ({ uint32_t cs; __asm__("movl %%cs, %0" : "=r"(cs)); cs & 3; }),
        start->magic, (uint32_t)start->nr_pages);
    show_exceptions();
    show_ring3();
    say("Goodbye.\n");
    mark_end(0, 0);
}
