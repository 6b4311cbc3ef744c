/* SPDX-License-Identifier: MIT */
/**
 * @file main.c
 * @ingroup guests
 * From the first instruction to guest_main(), and the end.
 */
#include "guest.h"

const start_info_t *start_info;

/**
 * End this domain.
 *
 * @param reason  SHUTDOWN_*.
 */
_Noreturn void shut_down(unsigned reason)
{
    struct sched_shutdown shutdown = { .reason = reason };

    for (;;)
        hypercall_2(sched_op, SCHEDOP_shutdown, &shutdown);
}

/** Called by start.asm. */
_Noreturn void runtime_main(const start_info_t *start)
{
    start_info = start;
    guest_main(start);
    shut_down(SHUTDOWN_poweroff);
}
