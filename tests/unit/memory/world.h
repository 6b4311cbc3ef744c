/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A small world for tests of lab 3: one domain with page tables, another one
 * with a frame to covet, a device.
 *
 *     l3[0] -> l2, l2[0] -> l1, l1[0..7] -> page[0..7], writable
 *     l3[3] -> xen_l2, without anything of the guest's
 *
 * The L3 is the base of vCPU 0, which runs. `spare` frames are mapped nowhere.
 */
#ifndef WORLD_H
#define WORLD_H

#include "fake_frames.h"
#include "hypercall.h"

#define WORLD_PAGES 8u
#define WORLD_SPARES 16u
#define WORLD_DEVICE_FRAME 0xFu /* below the allocator's; marked PAGE_IO */

struct world {
    struct domain *d, *other;
    struct vcpu *v;
    mfn_t l3, l2, l1, xen_l2;
    mfn_t page[WORLD_PAGES], spare[WORLD_SPARES];
    mfn_t foreign; /**< other's */
};

extern struct world world;

/** false in a starter: see no_short_ways.c. */
extern const bool world_short_ways;

void world_start(bool privileged, uint32_t seed);

/** Set an entry as the hypervisor's builder would, without any rule. */
void world_poke(mfn_t table, unsigned index, uint64_t entry);
uint64_t world_entry(mfn_t table, unsigned index);

/** An entry for a frame. */
static inline uint64_t entry_for(mfn_t m, uint64_t flags)
{
    return mfn_to_maddr(m).a | flags;
}

/* Arguments of hypercalls: the only guest memory that copies can reach. */
#define WORLD_ARGUMENTS 0x500000u
#define WORLD_ARGUMENT_BYTES 0x4000u
extern uint8_t world_arguments[WORLD_ARGUMENT_BYTES];

/** Make a hypercall with four arguments, again and again while it continues
 *  itself; all counts are checked after each part. */
int32_t world_call(hypercall_fn *call, uint32_t a, uint32_t b, uint32_t c,
                   uint32_t d);
extern unsigned world_continuations; /**< how often it did, last time */
extern bool world_continued;         /**< the last part of a call did */
extern uint32_t world_rest[HYPERCALL_ARGS]; /**< the call to make then */

/** All counts right, no window held; else the test fails. */
void world_check(const char *when);

#endif
