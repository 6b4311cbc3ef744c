/* SPDX-License-Identifier: MIT */
/**
 * @file watchdog.c
 *
 * Source: [XenABI] xen/sched.h, SCHEDOP_watchdog.
 * @ingroup scheduling
 * Watchdogs of a domain: timers that end it, unless it goes on setting them
 * anew.
 */
#include "scheduling.h"

#include "console.h"
#include "domain.h"

#define NS_PER_SECOND 1000000000ull

static void bark(struct timer *t)
{
    struct sched_watchdog_slot *slot = (void *)((char *)t -
        offsetof(struct sched_watchdog_slot, timer));

    printk(LOG_WARNING, "domain %u: its watchdog was not set again in time\n",
           slot->domain->id);
    domain_shutdown(slot->domain, SHUTDOWN_watchdog);
}

static void wind(struct domain *d, unsigned n, uint32_t seconds)
{
    struct sched_watchdog_slot *slot = &d->watchdog[n];

    slot->in_use = true;
    slot->domain = d;
    slot->timer.fire = bark;
    timer_set(&slot->timer, time_now() + seconds * NS_PER_SECOND);
}

static int take_slot(struct domain *d, uint32_t seconds)
{
    for (unsigned n = 0; n < SCHED_WATCHDOGS; n++)
        if (!d->watchdog[n].in_use) {
            wind(d, n, seconds);
            return (int)n + 1;
        }
    return -ENOSPC;
}

static void free_slot(struct sched_watchdog_slot *slot)
{
    timer_cancel(&slot->timer);
    slot->in_use = false;
}

/**
 * Set up, set anew or take down a watchdog.
 *
 * @param d        The domain that it is to end.
 * @param id       0: a new one; else its number.
 * @param seconds  Until it ends the domain. 0: a new one does so at once, one
 *                 that exists is taken down.
 * @context{hypercall}
 * @return the number of a new one, or 0.
 * @retval -ENOSPC  there are as many as there can be.
 * @retval -EINVAL  a number that is none, or that is not set up.
 * @par Source
 * [XenABI] xen/sched.h, SCHEDOP_watchdog.
 */
int sched_watchdog(struct domain *d, uint32_t id, uint32_t seconds)
{
    if (id > SCHED_WATCHDOGS)
        return -EINVAL;
    if (id == 0)
        return take_slot(d, seconds);
    if (!d->watchdog[id - 1].in_use)
        return -EINVAL;
    if (seconds == 0)
        free_slot(&d->watchdog[id - 1]);
    else
        wind(d, id - 1, seconds);
    return 0;
}

/**
 * Part with a domain that is about to be freed: nothing of it is in a queue
 * of timers any more.
 *
 * @param d  A domain whose vCPUs are gone.
 * @context{exit}
 */
void sched_domain_destroy(struct domain *d)
{
    for (unsigned n = 0; n < SCHED_WATCHDOGS; n++)
        if (d->watchdog[n].in_use)
            free_slot(&d->watchdog[n]);
}
