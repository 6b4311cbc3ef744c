/* SPDX-License-Identifier: MIT */
/**
 * @file owner_model.h
 * The parts of the owner model, private to its files:
 *
 *     owner.c         domains and their virtual processors: who runs, how
 *                     each began, what it is asked about
 *     owner_frames.c  frames: whose they are, and who else may map them
 *     owner_calls.c   what hypercalls ask for, and what they did
 *     owner_grants.c  the same of grants
 */
#ifndef SIM_ORACLE_OWNER_MODEL_H
#define SIM_ORACLE_OWNER_MODEL_H

#include "calls.h"
#include "owner.h"

#define FRAME_SHIFT 12
#define PAGE_BYTES 4096u

/** Frames of a grant table that are known: as many as there can be. */
#define OWNER_GRANT_FRAMES 64u

/** A number of the ABI that is not known yet. */
#define OWNER_NO_NUMBER 0xFFFFFFFFu

/** One domain. */
struct owner_domain {
    bool privileged;
    bool over;
    uint32_t number;  /**< as grants name it; learned from them */
    uint32_t shared_info; /**< frame */
    unsigned losses, table_changes;
    struct owner_pin pins[OWNER_MAX_PINS];
    unsigned nr_pins;
    uint32_t grant_frame[OWNER_GRANT_FRAMES]; /**< 0: not known */
};

/** A frame that a call names: it leaves the domain when that succeeds. */
struct leaving {
    unsigned call;   /**< index in `calls` */
    uint32_t extent; /**< index in its list */
    uint32_t order;
    uint32_t frame;
};

/** An operation of mmuext_op's list, as it was when the call was made. */
struct operation {
    uint32_t command, frame;
};

/** One virtual processor. */
struct owner_vcpu {
    uint32_t cr3;
    uint32_t base;
    unsigned domain;
    bool asked;          /**< it is in a hypercall */
    bool repeats;        /**< it went on at its INT: `calls` is half done */
    uint32_t asked_list; /**< ebx then: of a multicall, its list */
    uint32_t asked_at;   /**< behind that INT */
    uint32_t repeat_at;  /**< the same of one that is to be made again, perhaps
                              after others; 0: there is none */
    uint32_t repeat_begin; /**< its `begin` then */
    struct guest_calls calls;
    uint32_t begin; /**< of the first of them, a memory_op: its first extent
                         when it was made, not made again */
    struct leaving *leaving;
    size_t nr_leaving, room_leaving;
    struct operation *operation; /**< those of all calls ... */
    size_t nr_operations, room_operations;
    size_t first_operation[MAX_CALLS + 1]; /**< ... and where each's begin */
};

/* --- owner.c -------------------------------------------------------------- */

/** The one that runs; and whether nobody else did since it was left. */
extern struct owner_vcpu *owner_now;
extern bool owner_undisturbed;

struct owner_domain *owner_domain_at(unsigned domain);

/** Whether a call that is going on may take this frame from a domain. */
bool owner_may_leave(unsigned domain, uint32_t frame);

void owner_complain(enum page_tables_code code, uint32_t frame,
                    unsigned domain, const char *sentence);

/* --- owner_frames.c ------------------------------------------------------- */

void frames_start(void);

/** OWNER-I2. */
void frames_mark_ours(uint64_t frame);

/** A domain starts with it. */
void frames_begin(unsigned domain, uint32_t frame);

/** A page of the hypervisor's that a domain may map. */
void frames_share(unsigned domain, uint32_t frame);

/** It came to a domain; `zero`: from the hypervisor, so nothing of its former
 *  life may be in it. */
void frames_give(const struct machine *m, unsigned domain, uint32_t frame,
                 bool zero);

/** It left one; it may still be mapped, or must not be. */
void frames_take(unsigned domain, uint32_t frame, bool may_be_mapped);

/** It may have left one: a call that named it failed. */
void frames_doubt(unsigned domain, uint32_t frame);

/** A new moment: what was given back before it is given back. */
void frames_tick(void);

/** No handle: the right lasts until the frame changes hands. */
#define RIGHT_FOREVER 0xFFFFFFFFu

/** What a domain may do with another's frame. */
struct frame_right {
    unsigned domain;
    uint32_t frame, handle;
    bool mapped;      /**< in its page tables */
    bool device;      /**< held for a device */
    bool writable;
    unsigned granter; /**< of a grant: whose entry ... */
    uint32_t ref;     /**< ... and which */
};

/** A domain may map what is another's, or holds it. */
void frames_allow(const struct frame_right *right);

/** The mapping by this handle has ended, or what held it for a device. */
void frames_forbid(unsigned domain, uint32_t handle, bool mapped,
                   bool device);

/** A use of a granter's entry, to write if that is asked for; NULL: none. */
const struct frame_right *frames_use(unsigned granter, uint32_t ref,
                                     bool to_write);

/** Whose memory a frame is, or who shares it with the hypervisor. */
unsigned frames_holder(uint64_t frame);

/* --- owner_calls.c, owner_grants.c ---------------------------------------- */

/** The domain that runs makes a hypercall. */
void calls_asked(const struct machine *m, const struct event_registers *left);

/** It goes on: behind that, or to make it again. */
void calls_answered(const struct machine *m,
                    const struct event_registers *now);

/** Whether one of them can give rights to the caller. */
bool calls_may_give(const struct guest_calls *calls);

void add_leaving(struct owner_vcpu *v, struct leaving one);

void grants_asked(const struct machine *m, unsigned index);
/** What came of the first elements of an array; unless `surely`, an error
 *  ended the call before the last of them. */
void grants_answered(const struct machine *m, const struct guest_call *call,
                     uint32_t elements, bool surely);
/** Bytes of an element of a command's array; 0: it has none. */
uint32_t grants_element_bytes(uint32_t command);

#endif
