/* SPDX-License-Identifier: MIT */
/**
 * @file descriptor.h
 * Segment descriptors: what their eight bytes say, and which addresses a
 * segment lets its user reach.
 *
 *     63      56 55 54 53 52 51   48 47 46 45 44 43   40 39           16 15     0
 *     | base    | G| D|  |  |limit | P| DPL | S| type  | base          | limit |
 *
 * Source: [SDM3A] "Segment Descriptors" and "Limit Checking".
 */
#ifndef SIM_ORACLE_DESCRIPTOR_H
#define SIM_ORACLE_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "oracle.h"

/** Bits of a code or data descriptor's type. */
#define TYPE_CODE 8u
#define TYPE_CONFORMING 4u  /* of code */
#define TYPE_EXPAND_DOWN 4u /* of data */
#define TYPE_READABLE 2u    /* of code */
#define TYPE_WRITABLE 2u    /* of data */

/** Types of system descriptors that the oracles tell apart. */
#define SYSTEM_RESERVED 0x0u
#define SYSTEM_CALL_GATE_32 0xCu

/** A descriptor, taken apart. */
struct descriptor {
    bool present;
    bool system; /**< the S bit is 0: a gate, a TSS or an LDT */
    uint8_t dpl;
    uint8_t type;
    bool big;       /**< D/B */
    uint32_t base;
    uint32_t limit; /**< in bytes: granularity applied */
};

struct descriptor descriptor_decode(uint64_t raw);

/**
 * Which linear addresses a segment lets its user reach, as a first and a last
 * byte that do not wrap: the last one is at or beyond 2^32 when the range
 * goes through the top of the address space.
 *
 * @return false when it reaches nothing (expand-down, no offset allowed).
 */
bool descriptor_reach(uint32_t base, uint32_t limit, uint8_t type, bool big,
                      uint64_t *first, uint64_t *last);

/** Whether one of those addresses is in [from, 4 GB). */
bool descriptor_reaches(uint32_t base, uint32_t limit, uint8_t type, bool big,
                        uint32_t from);

/**
 * The descriptor that a selector names, in the tables as they are in memory.
 *
 * @return false for a null selector, one beyond its table, or one whose
 *         descriptor is not mapped.
 */
bool descriptor_of(const struct machine *m, uint16_t selector,
                   struct descriptor *to);

/** Whether ring 0 can load DS, ES, FS or GS with a guest's selector. */
bool descriptor_data_loadable(const struct machine *m, uint16_t selector);

/** Whether an IRET by ring 0 can return to this CS:EIP and SS. */
bool descriptor_returnable(const struct machine *m, uint16_t cs, uint32_t eip,
                           uint16_t ss);

#endif
