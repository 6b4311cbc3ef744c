/* SPDX-License-Identifier: MIT */
/**
 * @file traps.c
 * Rows: exceptions and software interrupts, there and back, with the shortest
 * handlers that there are (entry.asm).
 */
#include "measure.h"

#define RUNS 64u

#define VECTOR_PAGE_FAULT 14
#define VECTOR_CALL 0x80
#define VECTOR_LEAVE 0x81

void fault_plain(void);
void fault_hypercall(void);
void system_call_plain(void);
void system_call_hypercall(void);

void user_reading(void);
void user_int80_plain(void);
void user_int80_hypercall(void);


static uint8_t stack_of_user[4096]
    __attribute__((section(".user"), aligned(16)));
static uint32_t user_count;

/** Give a vector to a handler without the runtime's entry. */
static void set_handler(unsigned vector, void (*handler)(void), unsigned dpl)
{
    trap_info_t table[2] = {
        {
            .vector = (uint8_t)vector,
            .flags = (uint8_t)dpl,
            .cs = FLAT_KERNEL_CS,
            .address = (uint32_t)handler,
        },
    };

    (void)hypercall_1(set_trap_table, table);
}

/** One read of a page that is not there. */
__attribute__((noinline, noclone)) static int32_t fault(void)
{
    __asm__ volatile("movl %0, %%eax\n"
                     ".globl bench_fault_resume\n"
                     "bench_fault_resume:"
                     : : "m"(*(uint32_t *)UNMAPPED) : "eax");
    return 0;
}

/** INT 0x81: a program of ring 3 is done. */
static void take_count(struct trap *trap)
{
    user_count = trap->eax;
    user_leave();
}

/** Run a program; @return its count, without the cost of the readings. */
static uint32_t user_measured(void (*program)(void))
{
    user_run(program, stack_of_user + sizeof(stack_of_user));
    return user_count;
}

/** The window of user_reading() has a NOP that the others do not have. */
static void user_row(const char *id, void (*program)(void))
{
    uint32_t empty = user_measured(user_reading) - 1;

    say("bench %s %u\n", id, user_measured(program) - empty);
}

void bench_traps(void)
{
    set_handler(VECTOR_PAGE_FAULT, fault_plain, 0);
    MEASURE(fault_plain, RUNS, , 0, fault());
    set_handler(VECTOR_PAGE_FAULT, fault_hypercall, 0);
    MEASURE(fault_hypercall, RUNS, , 0, fault());

    (void)user_open(user_start, user_end);
    trap_set(VECTOR_LEAVE, take_count, 3);
    set_handler(VECTOR_CALL, system_call_plain, 3);
    user_row("int80_plain", user_int80_plain);
    set_handler(VECTOR_CALL, system_call_hypercall, 3);
    user_row("int80_hypercall", user_int80_hypercall);
}
