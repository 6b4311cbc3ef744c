/* SPDX-License-Identifier: MIT */
/**
 * @file model.h
 * What frames, their types and their counts must be, followed step by step on
 * the host: the contract of lab 3 once more, written without any of its
 * cleverness. A failed promotion restores a copy of everything; counts are
 * told by who holds them.
 */
#ifndef LAB3_MODEL_H
#define LAB3_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "labs/03-memory/guests/steps.h"
#include "labs/grader/test.h"

#define ENTRIES 512u
#define ENTRIES_L3 4u
#define ENTRIES_XEN_L2 0x1ACu /* FIRST_RESERVED_L2_SLOT */

/* Flags of entries; the same numbers as memory.h, which is for 32 bits. */
#define P 0x001u
#define RW 0x002u
#define US 0x004u
#define PWT 0x008u
#define PCD 0x010u
#define A_D 0x060u /* accessed and dirty */
#define PSE 0x080u
#define GLOBAL 0x100u
#define NX_HIGH 0x80000000u /* of the upper word */
#define FRAME_BITS 0x00000FFFFFFFF000ull

/** enum frame_type of memory.h. */
enum type { T_NONE, T_L1, T_L2, T_L3, T_SEG_DESC, T_WRITABLE, T_XEN_L2 };

/* What work_add() is given, as in memory.h and by supplied code. */
#define ENTRY_WORK 4u
#define ZERO_WORK 24u

/* Errors, negative as they are returned. */
#define E_PERM (-1)
#define E_BUSY (-16)
#define E_INVAL (-22)
#define E_RESTART (-85)

#define COUNT_MAX 0x7FFFFFFFu

/** One frame. */
struct frame_state {
    enum owner owner;
    uint32_t count, type_count;
    enum type type;
    bool pinned, allocated;
};

/** Everything. Frames are numbered as in struct report. */
struct model {
    bool privileged; /**< A */
    bool without_nx; /**< the processor has no NX: the bit is reserved */
    uint32_t first_a, first_b, shared, image;
    struct frame_state frame[NR_FRAMES];
    uint64_t content[NR_FRAMES][ENTRIES];
    /** Slots behind the guest's are the hypervisor's, and were at some time. */
    bool reserved[NR_FRAMES];
    int base;         /**< frame of the vCPU's base, or -1 */
    int ldt;          /**< frame found as part of the vCPU's LDT, or -1 */
    uint32_t nr_free; /**< frames that came back, since the start */
    bool stale;       /**< a right was taken since the last flush */
    bool must_flush;  /**< a frame changes its use while `stale` */
    uint32_t work;    /**< that the call at hand has to count, at least */
};

/** All frames as the driver makes them. */
void model_start(struct model *m, bool privileged, const struct report *r);

/** A name as a frame of the model, or -1: none of them. */
int model_frame(const struct model *m, uint32_t name);
/** The machine's number for a name. */
uint32_t model_number(const struct model *m, uint32_t name);

/** "A7"; in a buffer that the next six calls leave alone. */
const char *frame_name(int frame);
const char *type_name(uint32_t type);

bool model_get(struct model *m, uint32_t mfn, enum owner owner);
void model_put(struct model *m, int frame);
int model_get_type(struct model *m, int frame, enum type type);
void model_put_type(struct model *m, int frame);
int model_get_both(struct model *m, uint32_t mfn, enum owner owner,
                   enum type type);

int model_check_flags(const struct model *m, enum owner owner,
                      enum type type, uint64_t entry);
int model_entry_get(struct model *m, enum owner owner, enum owner page_owner,
                    enum type type, unsigned index, uint64_t entry);

/** What OP_UPDATE asks for. */
struct update {
    int table;
    unsigned index;
    uint64_t entry;
    enum owner page_owner;
    bool keep_accessed;
};
int model_update(struct model *m, const struct update *u);
int model_pin(struct model *m, enum owner owner, uint32_t mfn,
              enum type type);
int model_unpin(struct model *m, enum owner owner, uint32_t mfn);
int model_base(struct model *m, uint32_t mfn);

/** Entries of a table that are the guest's. */
unsigned model_entries(enum type type);
bool model_is_table(enum type type);

/** The frame that an entry of a table names, or -1. */
int model_target(const struct model *m, uint64_t entry);

#endif
