/* SPDX-License-Identifier: MIT */
/**
 * @file spin.c
 * @ingroup guests
 * A guest that computes all the time, until the system time that its command
 * line says (`ms=2000`), and powers off. What part of the processor it gets is
 * seen from outside.
 */
#include "guest.h"

#include <xen/event_channel.h>

MARK(spin_begins)
MARK(spin_over)

/** Our own number: a port that waits for ourselves has it. */
static uint32_t own_number(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_status status = { .dom = DOMID_SELF };

    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &alloc);
    status.port = alloc.port;
    hypercall_2(event_channel_op, EVTCHNOP_status, &status);
    return status.u.unbound.dom;
}

void guest_main(const start_info_t *start)
{
    uint64_t end;

    (void)start;
    shared_info_map();
    end = (uint64_t)argument("ms=") * 1000000u;
    mark_spin_begins(own_number(), 0);
    while (system_time() < end)
        for (unsigned i = 0; i < 1000; i++)
            __asm__ volatile("");
    mark_spin_over(0, 0);
}
