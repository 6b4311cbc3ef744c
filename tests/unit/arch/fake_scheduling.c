/* SPDX-License-Identifier: MIT */
/*
 * A scheduler that schedules nothing, for tests of modules that only tell it
 * of changes; and what it asks of events.
 */
#include "domain.h"

#define WEAK __attribute__((weak))

WEAK void sched_domain_init(struct domain *d)
{
    (void)d;
}

WEAK void sched_vcpu_init(struct vcpu *v)
{
    (void)v;
}

WEAK void sched_vcpu_destroy(struct vcpu *v)
{
    (void)v;
}

WEAK void sched_domain_settle(struct domain *d)
{
    (void)d;
}

WEAK void vcpu_up(struct vcpu *v)
{
    v->scheduling.wish = VCPU_READY;
}

WEAK void vcpu_down(struct vcpu *v)
{
    v->scheduling.wish = VCPU_DOWN;
}

WEAK void vcpu_block(struct vcpu *v)
{
    v->scheduling.wish = VCPU_BLOCKED;
}

WEAK void vcpu_wake(struct vcpu *v)
{
    v->scheduling.wish = VCPU_READY;
}

WEAK void vcpu_pause(struct vcpu *v)
{
    v->scheduling.nr_pauses++;
}

WEAK void vcpu_unpause(struct vcpu *v)
{
    v->scheduling.nr_pauses--;
}

WEAK void vcpu_settle(struct vcpu *v)
{
    (void)v;
}

WEAK void schedule_request(void)
{
}

WEAK void vcpu_poll(struct vcpu *v, ns_t until)
{
    v->scheduling.wish = VCPU_POLLING;
    v->scheduling.poll_ends.at = until;
}

WEAK int sched_watchdog(struct domain *d, uint32_t id, uint32_t seconds)
{
    (void)d;
    return (int)(id * 1000 + seconds);
}

WEAK void sched_domain_destroy(struct domain *d)
{
    (void)d;
}

/** Ports of a domain that has no records: those below nr_known. */
WEAK const struct event_port *event_port_in_use(const struct domain *d,
                                                uint32_t port)
{
    static const struct event_port any;

    return port != 0 && port < d->events.nr_known ? &any : NULL;
}

WEAK bool event_port_pending(const struct domain *d, uint32_t port)
{
    return d->shared->evtchn_pending[port / 32] >> port % 32 & 1;
}

WEAK bool event_deliverable(const struct vcpu *v)
{
    return v->info->evtchn_upcall_pending && !v->info->evtchn_upcall_mask;
}

WEAK void nmi_take(void)
{
}

WEAK void event_raise(struct domain *d, uint32_t port)
{
    (void)d;
    (void)port;
}
