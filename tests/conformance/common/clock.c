/* SPDX-License-Identifier: MIT */
/**
 * @file clock.c
 * Time for the conformance guests.
 */
#include "clock.h"

#include "check.h"

#include <xen/event_channel.h>
#include <xen/vcpu.h>

static uint32_t timer_port;

static uint64_t tsc(void)
{
    uint64_t value;

    __asm__ volatile("rdtsc" : "=A"(value));
    return value;
}

struct vcpu_time_info clock_copy(const volatile struct vcpu_time_info *page)
{
    struct vcpu_time_info copy;

    do {
        copy.version = page->version;
        copy.tsc_timestamp = page->tsc_timestamp;
        copy.system_time = page->system_time;
        copy.tsc_to_system_mul = page->tsc_to_system_mul;
        copy.tsc_shift = page->tsc_shift;
    } while (copy.version % 2 != 0 || page->version != copy.version);
    return copy;
}

uint64_t clock_by(const struct vcpu_time_info *t)
{
    uint64_t cycles = tsc() - t->tsc_timestamp;

    cycles = t->tsc_shift >= 0 ? cycles << t->tsc_shift
                               : cycles >> -t->tsc_shift;
    return t->system_time + (cycles >> 32) * t->tsc_to_system_mul +
           ((cycles & 0xFFFFFFFFu) * t->tsc_to_system_mul >> 32);
}

uint64_t clock_now(void)
{
    struct vcpu_time_info t = clock_copy(&shared_info->vcpu_info[0].time);

    return clock_by(&t);
}

void clock_spin(uint64_t ns)
{
    uint64_t until = clock_now() + ns;

    while (clock_now() < until)
        ;
}

void alarm_ready(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };

    hypercall_3(vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
    hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &bind);
    timer_port = bind.port;
    __atomic_fetch_or(&shared_info->evtchn_mask[timer_port / 32],
                      1u << timer_port % 32, __ATOMIC_SEQ_CST);
}

bool alarm_came(void)
{
    uint32_t bit = 1u << timer_port % 32;

    return __atomic_fetch_and(&shared_info->evtchn_pending[timer_port / 32],
                              ~bit, __ATOMIC_SEQ_CST) & bit;
}
