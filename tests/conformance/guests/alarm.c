/* SPDX-License-Identifier: MIT */
/**
 * @file alarm.c
 * @page conformance_alarm Conformance: the virtual alarm
 * Property: with the option `virtual_alarm`, hypercall 48 sets an alarm in
 * virtual time, which does not go on while the vCPU waits.
 * Source: [Xen2003] 3.3.2 "Time and timers". Not in the public interface:
 * without the option the call does not exist (family numbers). Method:
 * VIRQ_ARCH_0's port is masked, so that only its pending bit tells.
 */
#include "check.h"
#include "clock.h"

#include <xen/event_channel.h>
#include <xen/vcpu.h>

static uint32_t port;

static int32_t set(uint64_t at)
{
    return hypercall(__HYPERVISOR_arch_0, (uint32_t)at, (uint32_t)(at >> 32),
                     0, 0, 0);
}

static uint64_t ran(void)
{
    struct vcpu_runstate_info info;

    hypercall_3(vcpu_op, VCPUOP_get_runstate_info, 0, &info);
    return info.time[RUNSTATE_running];
}

static uint32_t after(uint64_t ns)
{
    uint32_t bit = 1u << port % 32;

    clock_spin(ns);
    return (__atomic_fetch_and(&shared_info->evtchn_pending[port / 32], ~bit,
                               __ATOMIC_SEQ_CST) & bit) != 0;
}

void family(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_ARCH_0, .vcpu = 0 };

    hypercall_3(vcpu_op, VCPUOP_stop_periodic_timer, 0, NULL);
    CHECK("virtual_alarm.bind", 0,
          hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &bind));
    port = bind.port;
    __atomic_fetch_or(&shared_info->evtchn_mask[port / 32], 1u << port % 32,
                      __ATOMIC_SEQ_CST);
    CHECK("virtual_alarm.past", 0, set(1));
    CHECK("virtual_alarm.past.at_once", 1, after(0));
    CHECK("virtual_alarm.past.once", 0, after(3 * MS));
    CHECK("virtual_alarm.soon", 0, set(ran() + 2 * MS));
    CHECK("virtual_alarm.soon.not_early", 0, after(MS));
    CHECK("virtual_alarm.soon.in_time", 1, after(2 * MS));
    CHECK("virtual_alarm.stopped", 0, set(ran() + 2 * MS));
    CHECK("virtual_alarm.stopped_by_0", 0, set(0));
    CHECK("virtual_alarm.stopped.none", 0, after(4 * MS));
    CHECK("virtual_alarm.max", 0, set(~0ull));
    CHECK("virtual_alarm.max.none", 0, after(4 * MS));
}
