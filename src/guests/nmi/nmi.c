/* SPDX-License-Identifier: MIT */
/**
 * @file nmi.c
 * @ingroup guests
 * A control domain that is given the machine's non-maskable interrupts: one
 * while it computes, and one while it sleeps and the processor is idle; then
 * it asks for a reboot. Somebody must press the button.
 *
 * The iret hypercall ends the handler: until then no further NMI comes.
 */
#include "guest.h"

static volatile uint32_t nr_nmis;

static void pressed(struct trap *trap)
{
    say("NMI at %x\n", trap->eip);
    nr_nmis++;
}

void guest_main(const start_info_t *start)
{
    (void)start;
    trap_set(2, pressed, 0);
    trap_return_by_hypercall = true;
    say("Press the button twice.\n");
    while (nr_nmis == 0)
        ;
    while (nr_nmis == 1)
        (void)hypercall_2(sched_op, SCHEDOP_block, 0);
    shut_down(SHUTDOWN_reboot);
}
