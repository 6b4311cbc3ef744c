/* SPDX-License-Identifier: MIT */
/**
 * @file owner.h
 * The owner model: whose each frame is, and who else may map it, by what
 * guests and the hypervisor said to each other, never by the hypervisor's own
 * tables.
 *
 * A domain is known from its first instruction on: its frames are those of
 * its page list, and its shared_info. memory_op brings and takes some, a grant
 * transfer moves them. Others may map a frame by a grant, until they unmap it,
 * or because they are privileged and said so (mmu_update and
 * update_va_mapping_otherdomain with an owner). All such rights end when the
 * frame becomes somebody's: nobody keeps a way to a frame's next life.
 *
 * No call says that a domain is over: it may have crashed. A frame of its that
 * comes to another domain says so, and is a break if it ever runs again.
 *
 * Several oracles ask the model; whichever of them is on feeds it, by calling
 * owner_ring_change() at every ring change. Doing it twice changes nothing.
 */
#ifndef SIM_ORACLE_OWNER_H
#define SIM_ORACLE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "codes.h"
#include "oracle.h"

#define OWNER_MAX_PINS 4096

/** In the place of a domain: none. Domains are counted from 0, in the order of
 *  their first instructions; these are not the numbers of the ABI. */
#define OWNER_NOBODY 0xFFFFFFFFu

/** A table that a domain pinned. */
struct owner_pin {
    uint32_t frame;
    unsigned level; /**< 1..3, Xen's way */
};

/** A root of a domain's tables: a virtual processor's. */
struct owner_root {
    uint32_t cr3;  /**< what the processor is given */
    uint32_t base; /**< its own L3, that it believes CR3 to hold; 0: not
                        known */
};

/** What a domain may do with a frame. */
enum owner_right { OWNER_NOTHING, OWNER_READS, OWNER_WRITES };

/** What the model itself found to be wrong; for *page tables* to report. */
struct owner_complaint {
    enum page_tables_code code;
    uint32_t frame;
    unsigned domain;      /**< whom it is about, or OWNER_NOBODY */
    const char *sentence; /**< what was found */
};

void owner_start(void);
void owner_ring_change(const struct machine *m,
                       const struct ring_change *change);

/** A guest has started: before that nobody owns anything. */
bool owner_is_known(void);

/** The domain that runs, or ran last. */
unsigned owner_domain(void);
unsigned owner_nr_domains(void);

/** A frame of its came to another: it cannot run again. */
bool owner_is_over(unsigned domain);

/** A number that grows when domains are over. */
unsigned owner_nr_over(void);

/** What a domain may do with a frame in its page tables. */
enum owner_right owner_right(const struct machine *m, unsigned domain,
                             uint64_t frame);

/** A domain gave this frame back just now, and maps it: that stays good until
 *  it is somebody else's, for the frame is not free before. */
void owner_still_mapped(uint64_t frame);

/** Whose memory a frame is, or OWNER_NOBODY. What a domain only shares with
 *  the hypervisor is not its memory. */
unsigned owner_of(uint64_t frame);

/** Another virtual processor of the domain asked for what may give it rights,
 *  and has not been told the result: they are not known now. */
bool owner_is_unsettled(unsigned domain);

/** Whether a frame ever came to a domain, or left one, after its start. */
bool owner_changed(uint64_t frame);

/** A number that grows when frames or rights are taken from a domain. */
unsigned owner_losses(unsigned domain);

/** A number that grows when a domain's pins or bases change. */
unsigned owner_table_changes(unsigned domain);

/** The roots of a domain. @return how many there are; `to` gets at most
 *  `room`. */
unsigned owner_roots(unsigned domain, struct owner_root *to, unsigned room);

/** Pinned tables. @return how many there are. */
unsigned owner_pins(unsigned domain, const struct owner_pin **list);

/** The next thing that is wrong. @return false: no more. */
bool owner_complaint(struct owner_complaint *to);

/** The machine ends by its own will, all domains being gone: is every frame
 *  that ever was one's as it has to be for its next owner? */
void owner_end(const struct machine *m);

#endif
