/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A made-up guest for unit tests: one domain with one vCPU that runs, some
 * pages of memory at guest addresses, a few segments.
 *
 * The hypervisor's copies (arch_copy_may_fault() and its like) find that
 * memory by its guest addresses and "fault" everywhere else, so the code under
 * test works with the same numbers as on the machine.
 */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include "arch_segmentation.h"
#include "domain.h"
#include "hypercall.h"

/** The guest's memory: pages at FAKE_GUEST_BASE, mapped by fake_map(). */
#define FAKE_GUEST_BASE 0x10000000u
#define FAKE_GUEST_PAGES 8u

/** A data segment that the guest could load into SS. */
struct fake_segment {
    uint16_t selector;
    uint32_t base;
    uint32_t limit; /**< last offset inside */
};

struct fake_guest {
    struct domain domain;
    struct vcpu vcpu;
    struct shared_info shared;
    bool mapped[FAKE_GUEST_PAGES];
    bool writable[FAKE_GUEST_PAGES];
    uint8_t memory[FAKE_GUEST_PAGES * PAGE_SIZE];
    uint16_t reads[FAKE_GUEST_PAGES * PAGE_SIZE]; /**< by ring 0, a byte */
    struct fake_segment segment[4]; /**< for arch_write_guest_stack() */
    descriptor_t gdt[16];           /**< what the GDT's first entries hold */
    bool gdt_mapped;                /**< and whether their page is there */
    char crash[256]; /**< why domain_crash() was called; "" if it was not */
    unsigned nr_crashes;
    bool shut_down;
    unsigned shutdown_reason;
    struct event_port ports[EVENT_PORTS]; /**< the domain's */
    unsigned console_pieces; /**< that its console ring still has */
    unsigned nr_drains;      /**< how often console_ring_drain() was called */
    unsigned nr_answers;     /**< the same of store_ring_answer() */
    unsigned nr_looks_for_ends; /**< the same of domain_end_all() */
};

extern struct fake_guest fake_guest;

/** All zero; the vCPU runs in ring 1, flat, its stack at the end of page 0,
 *  which is mapped; the flat data segments exist. */
void fake_guest_reset(void);

/** Map page `n` of the guest's memory. */
void fake_map(unsigned n, bool writable);

/** The host's pointer to a guest address that is in the memory. */
void *fake_at(uint32_t address);

/** The 32-bit word at a guest address. */
uint32_t fake_word(uint32_t address);

/** Greatest number of times that any byte of a range was read. */
unsigned fake_reads(uint32_t address, uint32_t bytes);

#endif
