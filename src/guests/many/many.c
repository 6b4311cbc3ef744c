/* SPDX-License-Identifier: MIT */
/**
 * @file many.c
 * @ingroup guests
 * A guest to start a hundred times. Its command line says what it does:
 *
 *     nothing   some rounds of work, the processor given away after each; then
 *               it powers off
 *     idle      it sets up what a kernel has (traps, an event channel, a grant
 *               table), and sleeps for ever
 *
 * | mark  | first value   | second value        |
 * |-------|---------------|---------------------|
 * | round | rounds so far | what it has computed |
 * | idle  | the port      | 0                   |
 */
#include "guest.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>

MARK(round)
MARK(idle)

#define ROUNDS 40u
#define WORK 500u /* steps of a round */

/** Something that takes time and cannot be left out. */
static uint32_t work(uint32_t x)
{
    for (unsigned i = 0; i < WORK; i++)
        x = x * 1664525u + 1013904223u;
    return x;
}

static void run_rounds(void)
{
    uint32_t x = 1;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        x = work(x);
        mark_round(i, x);
        hypercall_2(sched_op, SCHEDOP_yield, 0);
    }
    say("%u rounds\n", ROUNDS);
}

/** What the smallest kernel asks of its hypervisor. */
static uint32_t set_up(void)
{
    struct evtchn_alloc_unbound channel = { .dom = DOMID_SELF,
                                            .remote_dom = DOMID_SELF };
    xen_pfn_t frame[1] = { 0 };
    struct gnttab_setup_table table = { .dom = DOMID_SELF, .nr_frames = 1 };

    set_xen_guest_handle(table.frame_list, frame);
    hypercall_3(grant_table_op, GNTTABOP_setup_table, &table, 1);
    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &channel);
    return channel.port;
}

void guest_main(const start_info_t *start)
{
    if (start->cmd_line[0] != 'i') {
        run_rounds();
        return;
    }
    mark_idle(set_up(), 0);
    for (;;)
        hypercall_2(sched_op, SCHEDOP_block, 0);
}
