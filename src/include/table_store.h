/* SPDX-License-Identifier: MIT */
/**
 * @file table_store.h
 * An instruction of a guest's that stores to a page table: what exercise 3.5
 * is given by the decoder, and gives back to it.
 */
#ifndef HV_TABLE_STORE_H
#define HV_TABLE_STORE_H

#include "segmentation.h"
#include "types.h"

/** What the instruction does with its operand in memory. */
enum store_kind {
    STORE_MOVE, STORE_EXCHANGE, STORE_EXCHANGE_ADD,
    STORE_ADD, STORE_OR, STORE_ADD_CARRY, STORE_SUB_BORROW, STORE_AND,
    STORE_SUB, STORE_XOR, STORE_INCREMENT, STORE_DECREMENT,
    STORE_BIT_SET, STORE_BIT_RESET, STORE_BIT_COMPLEMENT,
    STORE_COMPARE_EXCHANGE, STORE_COMPARE_EXCHANGE_8,
};

/** One such instruction. */
struct table_store {
    /* from store_decode() */
    uint32_t address; /**< linear, of the operand in memory */
    unsigned bytes;   /**< of the operand: 1, 2, 4 or 8 */
    enum store_kind kind;
    bool conditional; /**< a compare-and-exchange */
    unsigned length;  /**< of the instruction */
    unsigned reg;     /**< its register operand, as encoded */
    uint64_t source;  /**< its other operand's value */
    unsigned bit;     /**< of the operand, for the bit instructions */

    /* from store_perform() */
    uint64_t value;   /**< what it would have stored */
    bool writes;      /**< false: the comparison failed, nothing changes */
    uint64_t old;     /**< what the operand was */
    uint32_t eflags;  /**< afterwards, whole */
};

/* memory/store.c, supplied for exercise 3.5. */
int store_decode(trap_frame_t *frame, struct table_store *s);
void store_perform(const trap_frame_t *frame, struct table_store *s,
                   uint64_t old);
void store_finish(trap_frame_t *frame, const struct table_store *s);

/* memory/writable.c, exercise 3.5: writable page tables by emulation. */
bool writable_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address,
                    uint32_t error);

/* memory/fast_store.c: the same for the commonest instructions. */
bool fast_table_store(struct vcpu *v, trap_frame_t *frame, uint32_t address);

#endif
