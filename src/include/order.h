/* SPDX-License-Identifier: MIT */
/**
 * @file order.h
 * The domains that the hypervisor's command line asks for.
 */
#ifndef HV_ORDER_H
#define HV_ORDER_H

#include "types.h"

/** One `domain=`: one domain, or several of the same kind. */
struct domain_order {
    unsigned kernel;       /**< the boot loader's module, from 0 on */
    bool has_ramdisk;
    unsigned ramdisk;      /**< another module; only with `has_ramdisk` */
    bool control;          /**< the control domain, number 0 */
    uint32_t count;        /**< how many; 1 for the control domain */
    uint32_t nr_vcpus;     /**< of each: 1..DOMAIN_MAX_VCPUS */
    uint64_t memory_bytes; /**< of each; 0: an equal share of what is free */
    uint32_t weight;       /**< of the processor's time; 0: the default */
    uint32_t warp_us;      /**< microseconds; see the scheduler's BVT */
};

/* More than a command line has room for. */
#define MAX_DOMAIN_ORDERS 64u

/** Most domains of one order: a number, and no mistyped size. */
#define MAX_ORDER_COUNT 1000u
#define MAX_ORDER_WEIGHT 65535u
#define MAX_ORDER_WARP_US 10000000u

/** All of them, in the command line's order. */
struct domain_orders {
    unsigned nr;
    unsigned nr_wrong; /**< those that could not be understood */
    struct domain_order order[MAX_DOMAIN_ORDERS];
};

extern struct domain_orders domain_orders;

/* domain/order.c */
bool domain_order_add(const char *value);

#endif
