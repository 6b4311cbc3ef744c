/* SPDX-License-Identifier: MIT */
/**
 * @file reboot.c
 * @ingroup guests
 * A guest that asks for a reboot at once.
 */
#include "guest.h"

MARK(before)

void guest_main(const start_info_t *start)
{
    (void)start;
    mark_before(0, 0);
    shut_down(SHUTDOWN_reboot);
}
