/* SPDX-License-Identifier: MIT */
/**
 * @file owner.h
 * The owner model: whose a frame is, by what the guest and the hypervisor
 * said to each other, never by the hypervisor's own tables.
 *
 * The guest's frames are those of its page list at the start, and its
 * shared_info; memory_op brings and takes some; a privileged guest may map
 * others' (it says so in mmu_update and update_va_mapping_otherdomain). The
 * model also remembers which frames ever changed hands, and which tables the
 * guest has pinned or made its base.
 *
 * Several oracles ask the model; whichever of them is on feeds it, by calling
 * owner_ring_change() at every ring change. Doing it twice changes nothing.
 *
 * Limit: one guest.
 */
#ifndef SIM_ORACLE_OWNER_H
#define SIM_ORACLE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "oracle.h"

#define OWNER_MAX_PINS 4096

/** A table that the guest pinned. */
struct owner_pin {
    uint32_t frame;
    unsigned level; /**< 1..3, Xen's way */
};

void owner_start(void);
void owner_ring_change(const struct machine *m,
                       const struct ring_change *change);

/** The guest has started: before that nobody owns anything. */
bool owner_is_known(void);

/** Whether the guest may have this frame mapped. */
bool owner_allows(const struct machine *m, uint64_t frame);

/** Whether a frame was taken from the guest, or given to it, since its
 *  start. */
bool owner_changed(uint64_t frame);

/** A number that grows when frames are taken away. */
unsigned owner_losses(void);

/** A number that grows when pins or the base change. */
unsigned owner_table_changes(void);

/** The guest's own L3, that it believes CR3 to hold; 0 when not known. */
uint32_t owner_base(void);

/** Pinned tables. @return how many there are. */
unsigned owner_pins(const struct owner_pin **list);

#endif
