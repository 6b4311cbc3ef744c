/* SPDX-License-Identifier: MIT */
/**
 * @file echo.c
 * @ingroup guests
 * A guest that says what somebody types, for the control domain's way of
 * reading the console: it asks for bytes, and when there are none it sleeps
 * until the hypervisor's event. `r` asks for a reboot, `q` powers off.
 */
#include "guest.h"

#include <xen/event_channel.h>

/** Sleep until there is an event at a port. */
static void wait_for(evtchn_port_t port)
{
    struct sched_poll poll = { .nr_ports = 1 };

    poll.ports.p = &port;
    (void)hypercall_2(sched_op, SCHEDOP_poll, &poll);
    __atomic_fetch_and(&shared_info->evtchn_pending[port / 32],
                       ~(1u << port % 32), __ATOMIC_SEQ_CST);
}

void guest_main(const start_info_t *start)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_CONSOLE };
    char typed[16];
    int32_t n;

    (void)start;
    if (shared_info_map() != 0 ||
        hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &bind) != 0)
        shut_down(SHUTDOWN_crash);
    say("Type something; r and q end it.\n");
    for (;;) {
        n = hypercall_3(console_io, CONSOLEIO_read, sizeof(typed), typed);
        if (n < 0)
            shut_down(SHUTDOWN_crash);
        if (n == 0)
            wait_for(bind.port);
        for (int32_t i = 0; i < n; i++) {
            say("%c", typed[i]);
            if (typed[i] == 'r')
                shut_down(SHUTDOWN_reboot);
            if (typed[i] == 'q')
                return;
        }
    }
}
