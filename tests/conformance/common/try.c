/* SPDX-License-Identifier: MIT */
/**
 * @file try.c
 * Instructions that may fault: executed, the frame of their exception noted,
 * and gone on behind them.
 */
#include "check.h"

#include "frame.h"

#define FLAG_NT 0x00004000u
#define FLAG_AC 0x00040000u
#define FLAG_DF 0x00000400u

struct tried tried;
uint32_t try_resume, try_esp;
struct failsafe failsafe_frame;
uint32_t nr_failsafes, failsafe_mask;

/** Set by entry.asm. */
uint32_t probe_eflags, probe_esp;

uint8_t user_stack[4096] __attribute__((section(".user"), aligned(16)));

static void noted(struct trap *trap)
{
    tried.nr_traps++;
    tried.trap = *trap;
    tried.handler_eflags = probe_eflags;
    tried.handler_esp = probe_esp;
    tried.handler_mask = UPCALL_MASK;
    if (trap_ring(trap) == 3) {
        tried.frame_bytes = (uint32_t)user_kernel_stack +
                            sizeof(user_kernel_stack) - probe_esp;
        user_leave();
    }
    tried.frame_bytes = try_esp - probe_esp;
    trap->eip = try_resume;
    trap->eflags &= ~(GUEST_FLAG_TF | FLAG_NT | FLAG_AC | FLAG_DF);
}

void trap_ready(unsigned vector, unsigned flags)
{
    trap_info_t table[2] = {
        {
            .vector = (uint8_t)vector,
            .flags = (uint8_t)flags,
            .cs = FLAT_KERNEL_CS,
            .address = probe_entry[vector],
        },
    };

    trap_set(vector, noted, flags & 3);
    hypercall_1(set_trap_table, table);
}

void traps_ready(void)
{
    for (unsigned vector = 0; vector < 20; vector++)
        trap_ready(vector, vector == 3 || vector == 4 ? 3 : 0);
    trap_ready(0x80, 3);
    trap_ready(0x81, 3);
    trap_ready(0x90, 1);
    trap_ready(0x91, 0);
    trap_ready(0x92, 1 | TRAP_MASK_EVENTS);
    trap_ready(0x93, 1);
    user_open(user_start, user_end);
}

uint32_t tried_outcome(void)
{
    if (tried.nr_traps == 0)
        return NO_FAULT;
    return FAULT(tried.trap.vector, tried.trap.error);
}

uint32_t try_read(uint32_t address)
{
    tried.ecx = address;
    return TRY("movl (%%ecx), %%eax");
}

uint32_t try_write(uint32_t address, uint32_t value)
{
    tried.ecx = address;
    return TRY_EAX(value, "movl %%eax, (%%ecx)");
}

uint32_t try_user(const char *fragment)
{
    tried.nr_traps = 0;
    tried.start = (uint32_t)fragment;
    user_run((void (*)(void))(uint32_t)fragment,
             user_stack + sizeof(user_stack));
    return tried_outcome();
}

/** Called by entry.asm. */
void failsafe_noted(const struct failsafe *frame)
{
    failsafe_frame = *frame;
    failsafe_mask = UPCALL_MASK;
    nr_failsafes++;
}

int32_t failsafe_ready(uint16_t flags)
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_failsafe,
        .flags = flags,
        .address = { FLAT_KERNEL_CS, (unsigned long)failsafe_entry },
    };

    return hypercall_2(callback_op, CALLBACKOP_register, &callback);
}
