/* SPDX-License-Identifier: MIT */
/**
 * @file memory.h
 * Lab 3: frames, their types and counts, page-table entries.
 *
 * Levels count Xen's way: an L1 table is Intel's page table, an L2 the page
 * directory, an L3 the page-directory-pointer table of four entries.
 */
#ifndef HV_MEMORY_H
#define HV_MEMORY_H

#include "types.h"

/* Flag bits of page-table entries, [SDM3A] "PAE Paging". */
#define PTE_P 0x001u
#define PTE_RW 0x002u
#define PTE_US 0x004u
#define PTE_PWT 0x008u
#define PTE_PCD 0x010u
#define PTE_A 0x020u
#define PTE_D 0x040u
#define PTE_PSE 0x080u /* in an L2 entry: a 2 MB page */
#define PTE_GLOBAL 0x100u
#define PTE_NX 0x8000000000000000ull
#define PTE_FRAME 0x00000FFFFFFFF000ull

/** PTE_NX; or 0 on a processor without NX, to which that bit is reserved: no
 *  entry, ours or a guest's, may have it there (boot/start.c). */
extern uint64_t no_execute;

#define TABLE_ENTRIES 512u
#define L3_ENTRIES 4u

/* An entry of each level is a type of its own: they are never mixed. */
typedef struct {
    uint64_t e;
} l1e_t;
typedef struct {
    uint64_t e;
} l2e_t;
typedef struct {
    uint64_t e;
} l3e_t;

static inline unsigned l1_index(uint32_t va)
{
    return (va >> 12) & 511;
}

static inline unsigned l2_index(uint32_t va)
{
    return (va >> 21) & 511;
}

static inline unsigned l3_index(uint32_t va)
{
    return va >> 30;
}

/* The first L2 slot under L3 slot 3 that is the hypervisor's. */
#define FIRST_RESERVED_L2_SLOT 0x1ACu

/** "Not done yet, ask again": between our functions only, no guest sees it.
 *  The interface's headers keep the number for the hypervisor itself. */
#define ERESTART 85

struct domain;
struct vcpu;

/** What a frame is used as; exclusive while its type count is not 0. */
enum frame_type {
    FRAME_NONE,
    FRAME_L1,
    FRAME_L2,
    FRAME_L3,
    FRAME_SEG_DESC, /**< holds descriptors of a GDT or LDT */
    FRAME_WRITABLE,
    FRAME_XEN_L2,   /**< an L2 for slot 3: its entries from
                         FIRST_RESERVED_L2_SLOT on are the hypervisor's, and
                         its type count is never more than 1 */
};

/**
 * One frame of machine memory. 24 bytes: at 16 GB of RAM the table takes
 * 96 MB of our 152 MB of address space, so this structure cannot grow.
 */
struct page_info {
    struct domain *owner; /**< NULL: the hypervisor's, or free */
    uint32_t count;       /**< general references; 1 while allocated */
    uint32_t type_count;  /**< references that need the type below */
    uint8_t type;         /**< enum frame_type; remembered at count 0 */
    uint8_t flags;        /**< PAGE_* below */
    uint16_t partial;     /**< of a table: entries [0, partial) hold their
                               references, while not all of them do */
    uint32_t next;        /**< mfn of the next frame on the owner's list */
    uint32_t prev;        /**< mfn of the one before */
};

#define PAGE_PINNED 0x01
#define PAGE_VALIDATED 0x02
#define PAGE_ALLOCATED 0x04 /* the owner's own general reference is there */
#define PAGE_PARTIAL 0x08  /* its promotion was interrupted: partial.c */
#define PAGE_XEN_HEAP 0x10 /* shared by the hypervisor: never a table */
#define PAGE_IO 0x20       /* no RAM: a device, or nothing at all */
#define PAGE_LEAVING 0x40  /* its demotion was interrupted: partial.c */

_Static_assert(sizeof(void *) != 4 || sizeof(struct page_info) == 24,
               "the frame table's budget (layout.h) is 24 bytes a frame");

/** Highest value of either count: one more reference is refused. */
#define FRAME_COUNT_MAX 0x7FFFFFFFu

/*
 * memory/table.c: the frame table. The boot code maps it, all zero, and calls
 * frame_table_init() once, before the first domain is made.
 */
void frame_table_init(struct page_info *table, uint32_t nr_frames);
uint32_t frame_table_size(void);

/** For frame_info() and nobody else (MM-I1). */
extern struct frame_infos {
    struct page_info *info; /**< of frame 0 */
    uint32_t nr;            /**< frames that have one */
} frame_infos;

/**
 * What we know about a frame. Every change of a page table asks for several,
 * so the answer is in line.
 *
 * @param m  Any number; a guest may have made it up.
 * @return NULL if the machine has no such frame. Holes and devices have an
 *         entry like any frame; its owner is NULL and its count 0 forever.
 */
static inline struct page_info *frame_info(mfn_t m)
{
    return m.n < frame_infos.nr ? &frame_infos.info[m.n] : NULL;
}

/* memory/owners.c: whom a guest may mean by a domain's number. */
struct domain *owner_named(uint16_t id, int *error);
void memory_share_m2p(void);

/* memory/io.c: frames that are no RAM. */
struct boot_info;
void memory_io_init(const struct boot_info *info);
const struct boot_info *memory_machine_map(void); /* as the loader gave it */
bool frame_is_io(mfn_t m);
bool io_frame_allowed(const struct domain *d, mfn_t m);

/* memory/owned.c: a domain's frames. */
mfn_t frame_alloc_to(struct domain *d); /* zeroed, count 1, on its list */
mfn_t frame_alloc_to_below(struct domain *d, uint32_t first_mfn_not_allowed);
mfn_t frame_alloc_run_to(struct domain *d, unsigned order,
                         uint32_t first_mfn_not_allowed);
void frame_share(struct domain *d, mfn_t m); /* a hypervisor page, RW to d */
bool frame_unshare(mfn_t m);
void frame_hold_back(struct domain *d, mfn_t m);
void frame_zero(mfn_t m);
void frame_give(struct domain *d, mfn_t m);
void frame_free_owned(mfn_t m); /* the last reference went */
void frame_free_later(mfn_t m); /* one of many that go at once */
void frame_replace(mfn_t old, mfn_t new, uint32_t pfn);
bool frames_scrub(void);        /* go on with those */
bool frame_can_move(mfn_t m, const struct domain *d);
void frame_move(mfn_t m, struct domain *from, struct domain *to);

/* memory/extents.c: runs of frames for a domain, made ready in pieces. */

/** Frames that were taken from the allocator for a vCPU's call and are nobody's
 *  yet. All 0: there are none. */
struct extents {
    uint32_t first; /**< first frame of the newest run; the next run's is in
                         its page_info.next */
    uint32_t nr;    /**< runs */
    uint32_t dirty; /**< frames at the newest one's beginning that are still
                         to be zeroed */
    uint32_t below; /**< all frames' numbers are less */
    unsigned order; /**< a run is 2^order frames */
};
int extents_ready(uint32_t nr, unsigned order, uint32_t below);
void extents_first(mfn_t *first);
void extents_give(struct domain *d);
void extents_drop(struct vcpu *v);
void extents_given(void);

/* memory/release.c: all of a domain's, when it ends. */
bool memory_release_domain(struct domain *d);

/* memory/frames.c: exercise 3.1, types and counts. */
bool frame_get(mfn_t m, const struct domain *owner);
void frame_put(mfn_t m);
int frame_get_type(mfn_t m, enum frame_type type);
void frame_put_type(mfn_t m);
int frame_get_and_type(mfn_t m, const struct domain *owner,
                       enum frame_type type);
void frame_put_and_type(mfn_t m);

/** True for the types that are page tables. */
static inline bool frame_type_is_table(enum frame_type type)
{
    return type == FRAME_L1 || type == FRAME_L2 || type == FRAME_XEN_L2 ||
           type == FRAME_L3;
}

/* memory/validate.c: exercise 3.2, promotion and demotion. */
int entry_check_flags(const struct domain *d, enum frame_type type,
                      uint64_t entry);
int l1_entry_get(const struct domain *d, const struct domain *page_owner,
                 uint64_t entry);
int entry_get(const struct domain *d, const struct domain *page_owner,
              enum frame_type type, unsigned index, uint64_t entry);
void entry_put(enum frame_type type, uint64_t entry);
int table_promote(mfn_t m);
int table_demote(mfn_t m);

/* memory/fast_tables.c: the two loops' short ways, which lead as far as they
   lead, and then to the loops. They promise the same; so it is these two that
   frames.c and partial.c call. A graded image has no short way. */
void memory_fast_init(void); /* before options.fast means anything */
int table_make(mfn_t m);   /* table_promote() */
int table_unmake(mfn_t m); /* table_demote() */

/** How many entries of a table are the guest's. */
static inline unsigned table_guest_entries(enum frame_type type)
{
    if (type == FRAME_L3)
        return L3_ENTRIES;
    return type == FRAME_XEN_L2 ? FIRST_RESERVED_L2_SLOT : TABLE_ENTRIES;
}

/* memory/work.c: how much a call has done already. */
/* What a call does before it lets interrupts in, in steps: see work.c. */
#ifndef WORK_SHARE /* the fuzzer has a small one: more calls are cut */
#define WORK_SHARE 1280u
#endif
#define ENTRY_WORK 4u   /* what taking or putting an entry's references takes */
#define REQUEST_WORK 6u /* one request of a list, or one frame of many */
#define MOVE_WORK 3u    /* a frame that changes hands without being zeroed */
extern unsigned work_done; /* since work_reset() */
void work_reset(void);
void work_reset_to_part(void);
bool work_exhausted(void); /* time to let interrupts in */

/** Count work: 1 is what looking at one entry takes, or 50 instructions. */
static inline void work_add(unsigned amount)
{
    work_done += amount;
}

/** More than so many frames change hands only with a whole share before it. */
#define MOVE_FRESH 32u

/** Whether so many frames may change hands in this part of a call. If not, the
 *  share is used up by that: in a multicall only the next one is fresh. */
static inline bool work_fresh_for(uint32_t nr_frames)
{
    if (nr_frames <= MOVE_FRESH || work_done == 0)
        return true;
    work_add(WORK_SHARE);
    return false;
}

/* memory/partial.c: long work in pieces. */
extern unsigned tables_leaving; /* that tables_finish() has to finish */
bool work_begin(void); /* a hypercall about memory begins */
void table_release(mfn_t m);
int table_interrupted(mfn_t m);
int table_resume(mfn_t m, enum frame_type type);
bool tables_finish(void);
void table_abandon(mfn_t m);

/* memory/update.c: exercise 3.3, changing tables that are in use. */

/** One change of one entry. */
struct entry_update {
    struct domain *owner;            /**< whose the table is */
    const struct domain *page_owner; /**< whose frames an L1 entry may name */
    mfn_t table;
    unsigned index;
    uint64_t entry;
    bool keep_accessed; /**< add the old entry's accessed and dirty bits */
};

/** In the count of requests: this is the rest of a call. The bit is not in
 *  the public headers, but guests may set it, and it has a meaning. */
#define REST_OF_A_CALL 0x80000000u
void count_done(vaddr_t where, uint32_t done, bool before); /* mmu_update.c */
int entry_update(const struct entry_update *u);
int va_mapping_update(struct vcpu *v, uint32_t va, uint64_t entry,
                      const struct domain *page_owner);
int table_pin(const struct domain *owner, mfn_t m, enum frame_type type);
int table_unpin(const struct domain *owner, mfn_t m);
int base_switch(struct vcpu *v, mfn_t l3);

/* memory/flush.c: exercise 3.4, when translations must be dropped. The bit is
 * in table.c. */
extern bool stale; /* a right was taken since the last flush of everything */
void flush_note(void);         /* a right was taken from some mapping */
void flush_before_reuse(void); /* a frame is about to be something else */
void flush_all(void);
void flush_page(uint32_t va);

/*
 * memory/adopt.c: types for tables that the hypervisor itself wrote, without
 * the exercises' code. Takes one general and one type reference on `m`, and
 * at the first of them those of everything that it refers to.
 */
void memory_adopt(struct domain *d, mfn_t m, enum frame_type type);

/* memory/walk.c: guest page tables, read as the processor would. */

/** What a walk from a vCPU's base found, entry by entry. */
struct table_walk {
    unsigned levels;   /**< entries read: 1 (L3 only) to 3 */
    uint64_t entry[3]; /**< the L3, L2 and L1 entry */
    mfn_t table[3];    /**< the frame each entry was read from */
    bool present;      /**< all entries are: `frame` is valid */
    mfn_t frame;       /**< the 4 KB frame that holds the address */
};
void memory_walk(const struct vcpu *v, uint32_t va, struct table_walk *walk);
/* Read without a fault through the walk, any frame it names; short if not
 * mapped. For reports and decoders, not for hypercall arguments. */
size_t memory_peek(const struct vcpu *v, uint32_t va, void *to, size_t bytes);

/* memory/base.c: the masked copy of the guest's L3 that the processor walks,
 * and the hypervisor's own entries below it. */
void memory_refresh_pdpt(struct vcpu *v);
void table_write_reserved_slots(uint64_t *l2);

/* memory/recount.c: every count anew, for debugging and tests. */
unsigned memory_recount(void);
extern char memory_recount_found[160];

#endif
