/* SPDX-License-Identifier: MIT */
/**
 * @file exits.c
 * Guest of the interleavings' test: between mark_from and mark_to it leaves
 * ring 0 in the ways there are, with events masked and not, and blocks. A timer
 * is set. It must come exactly once, wherever it comes due, and not while
 * events are masked.
 *
 * | mark     | first value      | second value                    |
 * |----------|------------------|---------------------------------|
 * | from, to | 0                | 0                               |
 * | masked   | 0                | 0; events are masked from here  |
 * | unmasked | 0                | 0; up to here                   |
 * | event    | events so far    | the mask in the handler's frame |
 * | done     | events           | 0                               |
 */
#include "guest.h"

#include <xen/event_channel.h>
#include <xen/vcpu.h>

/** The window takes a hundredth of it: whoever wants the event in the window
 *  has time pass. */
#define ALARM_NS 100000000ull

MARK(from)
MARK(to)
MARK(masked)
MARK(unmasked)
MARK(event)
MARK(done)

static volatile uint32_t nr_events;

void event_entry(void);
__asm__(".text\nevent_entry:\n\t"
        "pushal\n\tcld\n\tpushl 36(%esp)\n\tcall on_event\n\taddl $4, %esp\n\t"
        "popal\n\tpushl %eax\n\tmovl $23, %eax\n\tint $0x82"); /* iret */

/** @param cs  Of the frame, with the mask as it was in bits 16 to 23. */
__attribute__((used)) static void on_event(uint32_t cs)
{
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    __atomic_store_n(&shared_info->vcpu_info[0].evtchn_pending_sel, 0,
                     __ATOMIC_SEQ_CST);
    __atomic_store_n(&shared_info->evtchn_pending[0], 0, __ATOMIC_SEQ_CST);
    nr_events++;
    mark_event(nr_events, cs >> 16 & 0xFF);
}

/** An undefined instruction: go on behind it. */
static void on_undefined(struct trap *trap)
{
    trap->eip += 2;
}

static void mask(uint8_t value)
{
    __atomic_store_n(&shared_info->vcpu_info[0].evtchn_upcall_mask, value,
                     __ATOMIC_SEQ_CST);
}

/** What came while events were masked is told on the next way out. */
static void unmask(void)
{
    mask(0);
    if (shared_info->vcpu_info[0].evtchn_upcall_pending)
        hypercall_2(xen_version, XENVER_version, 0);
}

static void listen(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { FLAT_KERNEL_CS, (unsigned long)event_entry },
    };

    trap_set(6, on_undefined, 0);
    hypercall_3(vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
    hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &bind);
    shared_info->evtchn_mask[0] = ~(1u << bind.port);
    hypercall_2(callback_op, CALLBACKOP_register, &callback);
}

/** What is interrupted. */
static void ways_out(void)
{
    hypercall_2(xen_version, XENVER_version, 0);
    __asm__ volatile("ud2");
    mask(1);
    mark_masked(0, 0);
    hypercall_2(xen_version, XENVER_version, 0);
    __asm__ volatile("ud2");
    mark_unmasked(0, 0);
    unmask();
    /* As a kernel's idle loop: look, and sleep; what comes in between stays
     * pending, and the call that lets events in does not sleep then. */
    mask(1);
    if (!nr_events)
        hypercall_2(sched_op, SCHEDOP_block, 0);
    unmask();
}

void guest_main(const start_info_t *start)
{
    uint64_t alarm;

    (void)start;
    shared_info_map();
    listen();
    alarm = system_time() + ALARM_NS;
    hypercall_2(set_timer_op, alarm, alarm >> 32);
    mask(0);
    mark_from(0, 0);
    ways_out();
    mark_to(0, 0);
    mark_done(nr_events, 0);
}
