/* SPDX-License-Identifier: MIT */
/**
 * @file store_ring.h
 * The store of a domain in a machine without a control domain: there is
 * nothing in it but the domain's own number. The guest's page of two rings has
 * the hypervisor at the other end, which answers that.
 */
#ifndef HV_STORE_RING_H
#define HV_STORE_RING_H

#include "types.h"

struct domain;

/** The hypervisor's end of a domain's store. */
struct store_end {
    bool open;     /**< there is one: `page` is held */
    bool broken;   /**< the guest did what cannot be: never answered again */
    bool moved;    /**< something was read or answered: the guest is told */
    uint32_t port; /**< where it is told; 0: nowhere */
    mfn_t page;    /**< the guest's frame with the rings */
    uint32_t got;  /**< bytes read of a request: its header, its payload */
    struct {
        uint32_t type, id, transaction, bytes;
    } request;     /**< its header, as far as it was read */
    char path[8];  /**< the beginning of its payload */
};

/* domain/store_ring.c */
void store_ring_open(struct domain *d, mfn_t page, uint32_t port);
void store_ring_answer(struct domain *d);

#endif
