/* SPDX-License-Identifier: MIT */
/**
 * @file memory_op.h
 * The parts of hypercall 12.
 */
#ifndef HV_MEMORY_OP_H
#define HV_MEMORY_OP_H

#include "hypercall.h"
#include "types.h"

/*
 * The command's upper bits say how many extents earlier parts of the call
 * did. That limits how many a call can have.
 */
#define MEMORY_OP_COMMAND_BITS 6
#define MEMORY_OP_MAX_EXTENTS (UINT32_MAX >> (MEMORY_OP_COMMAND_BITS + 1))

/** A request for frames, checked. */
struct reservation {
    struct domain *domain; /**< whose memory */
    vaddr_t list;          /**< of u32: frame numbers or pfns, in and out */
    uint32_t nr;           /**< extents */
    unsigned order;        /**< of each: 2^order frames */
    uint32_t below;        /**< frame numbers must be less */
};

/* memory/memory_op.c */
struct domain *domain_for_memory(domid_t id);
int32_t memory_op_continue(unsigned cmd, uint32_t done,
                           const uint32_t arg[HYPERCALL_ARGS]);

/* memory/reservation.c */
uint32_t reservation_below(uint32_t flags);
bool frame_disown(struct domain *d, mfn_t m);
bool reservation_read(vaddr_t where, uint32_t done, struct reservation *r);
int32_t memory_reservation(unsigned cmd, uint32_t done,
                           const uint32_t arg[HYPERCALL_ARGS]);

/* memory/exchange.c */
int32_t memory_exchange(const uint32_t arg[HYPERCALL_ARGS]);

#endif
