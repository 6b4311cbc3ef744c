/* SPDX-License-Identifier: MIT */
/**
 * @file console_ring.h
 * The console of a domain that is not the control domain: a page of its own
 * with two rings, and an event channel to say that something is in them. In a
 * machine without a control domain the hypervisor is at the other end.
 */
#ifndef HV_CONSOLE_RING_H
#define HV_CONSOLE_RING_H

#include "types.h"

struct domain;

/** The hypervisor's end of a domain's console. */
struct console_end {
    bool open;     /**< there is one: `page` is held */
    mfn_t page;    /**< the guest's frame with the rings */
    uint32_t port; /**< the guest's, for events; 0: it has none */
    bool accused;  /**< indices that cannot be were reported once */
};

/* domain/console_ring.c */
void console_ring_open(struct domain *d, mfn_t page, uint32_t port);
bool console_ring_drain(struct domain *d);
void console_ring_drain_all(struct domain *d);
void console_ring_type(struct domain *d);

/* domain/console_input.c: who is told of what somebody types. */
void console_input_wanted(void);

#endif
