/* SPDX-License-Identifier: MIT */
/**
 * @file sched.c
 * @page conformance_sched Conformance: sched_op, waiting and watchdogs
 * Property: a vCPU that blocks lets events in first and does not sleep if one
 * is there; poll waits for its ports, masked or not, for an event that can be
 * delivered, or until its time; watchdogs, remote shutdown and pinning answer
 * as the interface says.
 * Source: xen/sched.h; the observed answers.
 * Method: what is waited for is there already, or never comes and a time-out
 * ends the waiting; times are read from the vCPU's page, as a kernel does.
 */
#include "check.h"
#include "clock.h"

#include <xen/event_channel.h>

static evtchn_port_t quiet, noisy; /* channels to ourselves */
uint32_t nr_upcalls;

/* Count, have it handled, unmask, go on. The page is at shared_info. */
__asm__("event_entry: pushl %eax\n\t"
        "incl nr_upcalls\n\t"
        "movl shared_info, %eax\n\t"
        "movb $0, (%eax)\n\t"
        "movb $0, 1(%eax)\n\t"
        "popl %eax\n\t"
        "iret");
extern char event_entry[];

static int32_t sched(unsigned cmd, void *op)
{
    return hypercall_2(sched_op, cmd, op);
}

static int32_t poll(evtchn_port_t *ports, uint32_t nr, uint64_t timeout)
{
    struct sched_poll op = { .nr_ports = nr, .timeout = timeout };

    set_xen_guest_handle_raw(op.ports, ports);
    return sched(SCHEDOP_poll, &op);
}

static void channels(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };

    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &alloc);
    bind.remote_port = noisy = alloc.port;
    hypercall_2(event_channel_op, EVTCHNOP_bind_interdomain, &bind);
    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &alloc);
    quiet = alloc.port;
    shared_info->evtchn_pending[0] = 0;
    shared_info->vcpu_info[0].evtchn_pending_sel = 0;
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
}

/** An event that can be delivered as soon as events are unmasked. */
static void event(void)
{
    shared_info->vcpu_info[0].evtchn_upcall_pending = 1;
}

static void blocking(void)
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { FLAT_KERNEL_CS, (uint32_t)event_entry },
    };

    hypercall_2(callback_op, CALLBACKOP_register, &callback);
    UPCALL_MASK = 1;
    event();
    CHECK("sched.block.event_pending_mask_set", 0, sched(SCHEDOP_block, 0));
    CHECK("sched.block.event_pending_mask_set.upcalls", 1, nr_upcalls);
    CHECK("sched.block.event_pending_mask_set.mask", 0, UPCALL_MASK);
    UPCALL_MASK = 1;
    event();
    CHECK("sched_compat.block.event_pending_mask_set", 0,
          hypercall_2(sched_op_compat, SCHEDOP_block, 0));
    CHECK("sched_compat.block.event_pending_mask_set.upcalls", 2, nr_upcalls);
    UPCALL_MASK = 1;
}

/** Polls that wait for nothing that comes. @return 1: until their time. */
static uint32_t waited(evtchn_port_t *ports, uint32_t nr)
{
    uint64_t until = clock_now() + 3 * MS;

    return poll(ports, nr, until) == 0 && clock_now() >= until;
}

static void polling(void)
{
    evtchn_port_t list[2] = { noisy, 1024 };
    uint64_t far = clock_now() + 50 * MS;

    shared_info->evtchn_pending[0] |= 1u << noisy;
    CHECK("sched.poll.port_pending_masked", 0, poll(list, 1, far));
    CHECK("sched.poll.port_pending_masked.pending", 1,
          shared_info->evtchn_pending[0] >> noisy & 1);
    CHECK("sched.poll.rest_of_list_not_read", 0, poll(list, 2, far));
    CHECK("sched.poll.not_for_ever", 1, clock_now() < far);
    list[0] = quiet;
    CHECK("sched.poll.bad_port_behind_a_quiet_one", -XEN_EINVAL,
          poll(list, 2, far));
    CHECK("sched.poll.one_port_timeout_past", 0, poll(list, 1, 1));
    CHECK("sched.poll.times_out", 1, waited(list, 1));
    CHECK("sched.poll.no_ports_times_out", 1, waited(0, 0));
    event();
    CHECK("sched.poll.other_event_pending_mask_set", 1, waited(list, 1));
    CHECK("sched.poll.other_event_pending_mask_set.upcalls", 2, nr_upcalls);
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    CHECK("sched.poll.bad_pointer", -XEN_EFAULT,
          sched(SCHEDOP_poll, (void *)IN_XEN_RANGE));
    CHECK("sched.poll.ports_unmapped", -XEN_EFAULT,
          poll((void *)UNMAPPED, 1, far));
}

static int32_t watchdog(uint32_t id, uint32_t seconds)
{
    struct sched_watchdog op = { .id = id, .timeout = seconds };

    return sched(SCHEDOP_watchdog, &op);
}

static void watchdogs(void)
{
    CHECK("sched.watchdog.cancel_none", -XEN_EINVAL, watchdog(1, 0));
    CHECK("sched.watchdog.first", 1, watchdog(0, 1000));
    CHECK("sched.watchdog.second", 2, watchdog(0, 1000));
    CHECK("sched.watchdog.third", -XEN_ENOSPC, watchdog(0, 1000));
    CHECK("sched.watchdog.id_3", -XEN_EINVAL, watchdog(3, 1000));
    CHECK("sched.watchdog.id_max", -XEN_EINVAL, watchdog(~0u, 1000));
    CHECK("sched.watchdog.again", 0, watchdog(1, 2000));
    CHECK("sched.watchdog.cancel", 0, watchdog(1, 0));
    CHECK("sched.watchdog.cancel_again", -XEN_EINVAL, watchdog(1, 0));
    CHECK("sched.watchdog.after_cancel", 1, watchdog(0, 1000));
    CHECK("sched.watchdog.cancel_first", 0, watchdog(1, 0));
    CHECK("sched.watchdog.cancel_second", 0, watchdog(2, 0));
    CHECK("sched.watchdog.null", -XEN_EFAULT, sched(SCHEDOP_watchdog, 0));
}

/** Set in time, a watchdog does nothing. */
static void kept_quiet(void)
{
    uint64_t end;

    watchdog(0, 1);
    end = clock_now() + 700 * MS;
    poll(0, 0, end);
    watchdog(1, 1);
    poll(0, 0, end + 700 * MS);
    CHECK("sched.watchdog.set_in_time", 0, watchdog(1, 0));
}

static int32_t remote_shutdown(uint32_t domain)
{
    struct sched_remote_shutdown op = { (domid_t)domain, SHUTDOWN_crash };

    return sched(SCHEDOP_remote_shutdown, &op);
}

static int32_t pin(int32_t processor)
{
    struct sched_pin_override op = { processor };

    return sched(SCHEDOP_pin_override, &op);
}

static void others(void)
{
    CHECK("sched.remote_shutdown.dom_unknown", -XEN_ESRCH,
          remote_shutdown(DOM_UNKNOWN));
    CHECK("sched.remote_shutdown.dom_self", -XEN_ESRCH,
          remote_shutdown(DOMID_SELF));
    CHECK("sched.remote_shutdown.null", -XEN_EFAULT,
          sched(SCHEDOP_remote_shutdown, 0));
    CHECK_CONTROL("sched.pin_override.release", -XEN_EINVAL, pin(-1));
    CHECK_CONTROL("sched.pin_override.bad_cpu", -XEN_EINVAL, pin(9999));
    CHECK_CONTROL("sched.pin_override.null", -XEN_EFAULT,
                  sched(SCHEDOP_pin_override, 0));
    CHECK_CONTROL("sched.pin_override.pin", 0, pin(0));
    CHECK_CONTROL("sched.pin_override.pin_again", -XEN_EBUSY, pin(0));
    CHECK_CONTROL("sched.pin_override.release_pinned", 0, pin(-1));
}

void family(void)
{
    shared_info_map();
    channels();
    blocking();
    polling();
    watchdogs();
    kept_quiet();
    others();
}
