/* SPDX-License-Identifier: MIT */
/**
 * @file bounces.c
 * See bounces.h.
 */
#include "bounces.h"

void bounce(unsigned vector, bool has_error, uint32_t error)
{
    uint32_t mask = fake.ram[SHARED][1];

    push((guest.eflags & ~IF) | (mask ? 0 : IF));
    push(guest.cs | mask << 16);
    push(guest.eip);
    if (has_error)
        push(error);
    guest.eip = HANDLER(vector);
    guest.cs = KERNEL_CS;
    guest.eflags &= ~(TF | NT | RF);
}

void bounce_outer(unsigned vector, bool has_error, uint32_t error)
{
    uint32_t esp = guest.esp, ss = guest.ss;

    guest.esp = STACK_TOP;
    guest.ss = KERNEL_DS;
    push(ss);
    push(esp);
    bounce(vector, has_error, error);
}

void event(void)
{
    bounce(0, false, 0);
    guest.eip = EVENT_HANDLER;
    set_mask(1);
}
