/* SPDX-License-Identifier: MIT */
/**
 * @file crash.c
 * @ingroup guests
 * A guest that ends badly: an exception, and no handler for it. The
 * hypervisor reports it and ends the domain.
 */
#include "guest.h"

MARK(before)

void guest_main(const start_info_t *start)
{
    (void)start;
    say("About to crash.\n");
    mark_before(0, 0);
    __asm__ volatile("movl $0x600d, %eax; ud2");
}
