/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A clock for modules that only ask for the time: it stands at fake_time_now
 * until the test moves it. All weak: the tests of time itself link the real
 * ones.
 */
#include "fake_time.h"

#include <string.h>

#include "domain.h"
#include "hypercall.h"

#define WEAK __attribute__((weak))

ns_t fake_time_now;

WEAK ns_t time_now(void)
{
    return fake_time_now;
}

WEAK void time_vcpu_init(struct vcpu *v)
{
    memset(&v->time, 0, sizeof(v->time));
    v->info->time.tsc_to_system_mul = 0x80000000u;
    v->info->time.tsc_shift = 1;
}

WEAK void time_vcpu_destroy(struct vcpu *v)
{
    (void)v;
}

WEAK void time_update_vcpu(struct vcpu *v)
{
    (void)v;
}

WEAK void runstate_change(struct vcpu *v, unsigned state)
{
    v->time.runstate.state = (int)state;
}

WEAK void timer_set(struct timer *t, ns_t at)
{
    t->at = at;
    t->queued = true;
}

WEAK void timer_cancel(struct timer *t)
{
    t->queued = false;
}

WEAK void interrupt_take(unsigned vector)
{
    (void)vector;
}

WEAK void wall_clock_show(struct domain *d)
{
    (void)d;
}

WEAK void wall_clock_set(uint64_t seconds, uint32_t ns, ns_t at)
{
    (void)seconds;
    (void)ns;
    (void)at;
}

WEAK void vcpu_info_release(struct vcpu *v)
{
    (void)v;
}
