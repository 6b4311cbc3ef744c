/* SPDX-License-Identifier: MIT */
/**
 * @file traps.c
 * Trusted guest of the tests about exceptions: raises them, in ring 1 and in
 * ring 3, as the test's list says, and goes on behind each.
 *
 * The input is a list of 32-bit words: the number of steps, then for each
 *
 *     vector  ring  mask  entry  value  eflags
 *
 * `entry` is for the trap table: flags in bits 0 to 7; a code segment in bits
 * 16 to 31, the kernel's if it is 0; bit 8 set, it stays as it is. `mask` is
 * what evtchn_upcall_mask is while the exception is raised; `value`
 * the address of a page fault or the selector of a protection fault; `eflags`
 * bits that are set besides. A step with vector 256 is not an exception: it
 * loads FS from a GDT of the guest's, which then goes away, and the hypervisor
 * must come back by the failsafe callback. One with vector 257 names `value`
 * as the kernel's stack.
 *
 * It says nothing: the test watches the instructions that raise, and the
 * first ones of the handlers.
 */
#include "guest.h"

#include "labs/grader/driver.h"

#define STEP_FAILSAFE 256u
#define STEP_STACK 257u
#define ENTRY_STAYS 0x100u
#define DATA_HIGH 0x00CFB200u /* 32-bit data, DPL 1, pages */

/* traps.asm */
uint32_t raise_in_ring1(uint32_t vector, uint32_t value, uint32_t eflags);
void failsafe_handler(void);
void load_fs(uint32_t selector);
extern char resume_ring1[], resume_ring3[];
extern char user_program[], user_stack_top[];
extern volatile uint32_t user_vector, user_value, user_eflags;

void user_enter(uint32_t eip, uint32_t esp); /* runtime */

static uint32_t kernel_stack; /* for entries from ring 3 */
static uint32_t gdt_page[1024] __attribute__((aligned(4096)));

static uint32_t word(uint32_t index)
{
    return ((const volatile uint32_t *)(uintptr_t)test_input.data)[index];
}

static void handler(struct trap *trap)
{
    shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
    if (trap_ring(trap) == 3)
        user_leave();
    trap->eip = (uint32_t)resume_ring1;
}

MARK(done)

/** A selector that was good, and is not when the guest goes on. */
static void lose_selector(void)
{
    unsigned long frame = (unsigned long)frame_of(gdt_page);

    gdt_page[2] = 0x0000FFFFu;
    gdt_page[3] = DATA_HIGH & ~0x000F0000u;
    page_map(gdt_page, (uint64_t)frame << 12 | L1_PRESENT | L1_ACCESSED);
    hypercall_2(set_gdt, &frame, 512);
    load_fs(9); /* entry 1, RPL 1 */
    hypercall_2(set_gdt, 0, 0);
    page_map(gdt_page, (uint64_t)frame << 12 | L1_ALL);
}

static void raise(uint32_t vector, uint32_t ring, uint32_t value,
                  uint32_t eflags)
{
    if (ring == 1) {
        raise_in_ring1(vector, value, eflags);
    } else {
        user_vector = vector;
        user_value = value;
        user_eflags = eflags;
        hypercall_2(stack_switch, FLAT_KERNEL_DS, kernel_stack);
        user_enter((uint32_t)user_program, (uint32_t)user_stack_top);
    }
}

/** The trap table's entry of a vector, as the test wants it. */
static void set_entry(uint32_t vector, uint32_t entry)
{
    trap_info_t table[2] = {
        { .vector = (uint8_t)vector, .flags = (uint8_t)entry,
          .cs = (uint16_t)(entry >> 16), .address = trap_entry[vector] },
    };

    if (entry & ENTRY_STAYS)
        return;
    trap_set(vector, handler, entry & 0xFF);
    if (entry >> 16)
        hypercall_1(set_trap_table, table);
}

void guest_main(const start_info_t *start)
{
    (void)start;
    kernel_stack = (uint32_t)user_kernel_stack + sizeof user_kernel_stack;
    shared_info_map();
    user_open(user_start, user_end);
    hypercall_4(set_callbacks, FLAT_KERNEL_CS, failsafe_handler,
                FLAT_KERNEL_CS, failsafe_handler);
    for (uint32_t i = 0; i < word(0); i++) {
        uint32_t at = 1 + 6 * i, vector = word(at);

        if (vector < STEP_FAILSAFE)
            set_entry(vector, word(at + 3));
        shared_info->vcpu_info[0].evtchn_upcall_mask = (uint8_t)word(at + 2);
        if (vector == STEP_FAILSAFE)
            lose_selector();
        else if (vector == STEP_STACK)
            kernel_stack = word(at + 4);
        else
            raise(vector, word(at + 1), word(at + 4), word(at + 5));
    }
    mark_done(0, 0);
}
