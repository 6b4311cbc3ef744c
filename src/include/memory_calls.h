/* SPDX-License-Identifier: MIT */
/**
 * @file memory_calls.h
 * Hypercalls 1, 14 and 26 in two forms: the plain ones (memory/mmu_update.c,
 * memory/mmuext_op.c) and the short ones (memory/fast_calls.c), which hand
 * single requests that they do not know to the plain ones.
 *
 * A request is fetched from the guest once, by whichever form begins it.
 */
#ifndef HV_MEMORY_CALLS_H
#define HV_MEMORY_CALLS_H

#include "hypercall.h"
#include "memory.h"
#include "xen_abi.h"

/** Who owns what in one call of mmu_update. */
struct mmu_owners {
    struct domain *tables; /**< the tables that are changed */
    struct domain *pages;  /**< what L1 entries in them may name */
};

/** One operation of mmuext_op and whom it is about. */
struct mmuext_operation {
    struct mmuext_op op;
    struct domain *owner; /**< of the frames in it */
    struct domain *caller;
};

/* memory/mmu_update.c */
int mmu_request(const struct mmu_owners *owners,
                const struct mmu_update *request);
int32_t mmu_update_end(const uint32_t arg[HYPERCALL_ARGS], uint32_t done,
                       int error);
int va_mapping_flush(uint32_t va, uint32_t flags);

/* memory/mmuext_op.c */
int mmuext_request(const struct mmuext_operation *o);
int32_t mmuext_op_end(const uint32_t arg[HYPERCALL_ARGS], uint32_t done,
                      int error);

/* memory/fast_calls.c: the short forms. */
hypercall_fn fast_mmu_update;
hypercall_fn fast_mmu_update_of_many; /* in a multicall */
hypercall_fn fast_update_va_mapping;
hypercall_fn fast_mmuext_op;
hypercall_fn fast_mmuext_op_of_many; /* in a multicall */

#endif
