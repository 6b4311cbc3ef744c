/* SPDX-License-Identifier: MIT */
/**
 * @file domain.h
 * Lab 8: domains and their virtual processors, and the builders that start
 * them.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include "console_line.h"
#include "console_ring.h"
#include "events.h"
#include "grants.h"
#include "memory.h"
#include "scheduling.h"
#include "segmentation.h"
#include "store_ring.h"
#include "time.h"
#include "types.h"
#include "xen_abi.h"

struct domain;

/** The last hypercall that a vCPU made, for its crash report. Written by the
 *  dispatcher before the call runs. */
struct last_hypercall {
    bool any;          /**< it made one at all */
    uint32_t number;   /**< eax */
    uint32_t args[6];  /**< ebx, ecx, edx, esi, edi, ebp */
    uint32_t eip;      /**< after the INT */
};

/** The last exception that a vCPU raised, for its crash report. Written by
 *  the trap path when the exception arrives, before anything is done. */
struct last_fault {
    bool any;
    uint8_t vector;
    uint32_t error;   /**< the processor's error code, 0 if it has none */
    uint32_t address; /**< CR2; only for a page fault */
};

/**
 * One virtual processor. One page of the heap: `pdpt` must stay below 4 GB
 * and 32-byte aligned, because CR3 takes its machine address.
 */
struct vcpu {
    struct domain *domain;
    unsigned id;
    bool initialised;
    bool running; /**< its registers are on the processor's stack */
    struct vcpu_scheduling scheduling;

    /** Registers while it does not run; while it runs they are in the trap
     *  frame at the top of the processor's stack. */
    trap_frame_t frame;

    /** Its slot in shared_info, at the hypervisor's own address. The guest
     *  writes there at any time: every read may differ from the last. */
    struct vcpu_info *info;
    mfn_t info_frame; /**< the guest's own frame with it; INVALID_MFN: none */

    struct vcpu_traps traps;
    struct vcpu_descriptors descriptors;
    struct vcpu_events events;

    struct extents extents; /**< for its call that goes in pieces */
    mfn_t base; /**< the guest's L3: what it believes CR3 to hold; before it
                     has one, INVALID_MFN */
    /** The four entries that the processor really walks: a masked copy of
     *  the guest's L3, because a PDPTE's bits 1, 2 and 5-8 are reserved in
     *  hardware and guests set them; see abi "PAE" notes in lab 3. */
    uint64_t pdpt[4] __attribute__((aligned(32)));

    struct fpu_state fpu; /**< while it does not run */
    uint32_t debug_register[8];
    uint32_t control4;     /**< the guest-settable bits of CR4 */
    bool task_switched;    /**< virtual CR0.TS */
    uint8_t io_privilege;  /**< virtual IOPL, 0..3 */
    vaddr_t io_bitmap;     /**< guest memory: bit n is 0, port n is allowed */
    uint32_t nr_io_ports;  /**< bits of it, at most 65536; 0: no bitmap */

    struct vcpu_time time;
    struct vcpu_timers timers;

    struct last_hypercall last_hypercall;
    struct last_fault last_fault;
};

_Static_assert(sizeof(struct vcpu) <= PAGE_SIZE,
               "a vCPU is one page of the heap");

#define DOMAIN_MAX_VCPUS 32
#define DOMAIN_NAME_BYTES 32

/** One domain. */
struct domain {
    struct domain *next; /**< list of all domains, newest first */
    domid_t id;
    bool privileged; /**< may use the control calls; the first domain */
    bool dying;      /**< domain_destroy() has begun: nobody finds a new way
                          to what it has */
    uint8_t end_step;  /**< of its end, while dying (destroy.c) */
    uint32_t nr_pauses; /**< domain_pause() without domain_unpause() */
    bool crashed;    /**< by domain_crash(): the report is on the console */
    bool is_shut_down;
    bool end_told;   /**< domain_end_all() has seen it */
    unsigned shutdown_reason; /**< SHUTDOWN_* */
    const struct vcpu *reported; /**< its report is on the console, or NULL */
    uint32_t reported_eip;       /**< where it was then */
    bool has_shutdown_code;   /**< SCHEDOP_shutdown_code fixed the reason */
    unsigned shutdown_code;   /**< that reason */
    char name[DOMAIN_NAME_BYTES];

    struct shared_info *shared; /**< the hypervisor's own mapping */
    mfn_t shared_mfn;           /**< below 4 GB: its machine address is u32 */
    uint32_t wall_clock_version; /**< of the date in there: even */

    uint32_t nr_frames;  /**< frames it owns now */
    uint32_t max_frames; /**< its limit */
    uint32_t first_frame; /**< mfn at the head of the list through
                               page_info.next; 0 when it owns none */
    uint32_t first_held;  /**< the same, of frames that it has given up, while
                               it is dying, and that others hold */

    uint32_t assists; /**< VMASST bits that it enabled */

    struct sched_params sched; /**< its part of the processor */
    int64_t cap_left_ns;       /**< credit: until its cap, in this period */
    struct sched_watchdog_slot watchdog[SCHED_WATCHDOGS];

    unsigned nr_vcpus;
    struct vcpu *vcpu[DOMAIN_MAX_VCPUS];

    struct event_channels events; /**< its ports */
    struct grant_table grants;    /**< what it lets others map */
    struct console_line console_line; /**< what it writes to the console */
    struct console_end console;   /**< a plain domain's; else not open */
    struct store_end store;       /**< the same */

    /** Hypercall numbers already logged as missing: once each is enough. */
    uint64_t missing_logged;

    /** The image that it was built from, for symbols in a crash report;
     *  empty when it has none. Machine addresses: read it through a window. */
    uint32_t image_start, image_end;
};

/* domain/domain.c: create, find, shut down, crash, end. */
struct domain *domain_create(domid_t id, bool privileged, uint32_t max_frames);
struct vcpu *domain_add_vcpu(struct domain *d, unsigned id);
struct domain *domain_by_id(domid_t id);  /* dying ones, too */
struct domain *domain_living(domid_t id);
struct domain *domain_first(void); /* of the list through domain.next */
struct domain *domain_named(domid_t id, int *error); /* domain/named.c */
void domain_shutdown(struct domain *d, unsigned reason);
void domain_set_shutdown_code(struct domain *d, unsigned reason);
void domain_crash(struct domain *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool domain_may_run(const struct domain *d);
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);

void domain_unlink(struct domain *d);

/* domain/end.c: what follows from a domain's end. */
void domain_note_memory(void);
void domain_end_all(void);
void domain_gone(struct domain *d);
_Noreturn void domain_all_gone(void);

/* domain/destroy.c, exercise 8.2: everything goes back. */
void domain_destroy(struct domain *d);
void domain_free_vcpu(struct vcpu *v);
bool domain_destroy_step(struct domain *d);

/* domain/report.c: what is known about a vCPU, for people. */
void report_vcpu(struct vcpu *v, const trap_frame_t *frame);
void report_walk(const struct vcpu *v, uint32_t va);
void report_names(const struct domain *d);

/* domain/symbols.c: names from the guest image's own symbol table. */
bool domain_symbol(const struct domain *d, uint32_t address, char *name,
                   size_t bytes, uint32_t *offset);

/* domain/first.c: the fixed builder of labs 2 to 7, and what it builds. */
struct boot_info;
_Noreturn void domain_start_first(const struct boot_info *info);

#endif
