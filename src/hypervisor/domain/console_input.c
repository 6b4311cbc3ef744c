/* SPDX-License-Identifier: MIT */
/**
 * @file console_input.c
 * Tells a domain that somebody types on the serial line.
 *
 *     control domain   VIRQ_CONSOLE; it reads by console_io
 *     none, but others the first one: the bytes are put into its console's
 *                      ring (console_ring.c), with an event
 *
 * The port could interrupt us. But a person types a few bytes a second, and its
 * FIFO holds 16; so it is looked at now and then, by a timer, and that only
 * after some domain has shown that it has a console: the others, and what is
 * measured in them, are not disturbed.
 *
 *  - INPUT-I1: while nobody can be told, nothing is read: it waits.
 *
 * Sources: [XenABI] xen/xen.h, VIRQ_CONSOLE; xen/io/console.h.
 */
#include "console_ring.h"

#include "console.h"
#include "domain.h"
#include "events.h"
#include "time.h"

/** How often the port is looked at. */
#define LOOK_NS (10ull * NS_PER_MS)

/** The domain that is told: the control domain, else the first with a console
 *  of its own; NULL: none. */
static struct domain *listener(void)
{
    struct domain *first = NULL;

    for (struct domain *d = domain_first(); d; d = d->next) {
        if (d->privileged)
            return d;
        if (!first && d->console.open && !d->is_shut_down)
            first = d;
    }
    return first;
}

static void look(struct timer *t)
{
    struct domain *d = listener();

    if (d && console_has_input()) {
        if (d->privileged)
            event_raise_virq(d->vcpu[0], VIRQ_CONSOLE);
        else
            console_ring_type(d);
    }
    timer_set(t, time_now() + LOOK_NS);
}

/**
 * A domain uses its console: from now on it is told what is typed there.
 *
 * @context{hypercall}
 * @note  Nothing happens from the second time on.
 */
void console_input_wanted(void)
{
    static struct timer timer = { .fire = look };

    if (!timer.queued)
        timer_set(&timer, time_now() + LOOK_NS);
}
