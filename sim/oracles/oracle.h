/* SPDX-License-Identifier: MIT */
/**
 * @file oracle.h
 * What an oracle is: an invariant of the machine, watched at every
 * instruction of a run from inside the instrumented simulator.
 *
 * An oracle is one plain C file, sim/oracles/NAME.c, that defines one
 * `const struct oracle oracle_NAME` and is named in table.c; nothing else
 * needs to know it. It sees the machine through struct machine only: a set
 * of queries without side effects on the machine. The simulator's module
 * binds them to the processor; a unit test binds them to a made-up one (fill
 * a struct machine_queries with functions of its own) and calls the
 * callbacks with whatever it likes.
 *
 * Rules:
 *  - ORACLE-I1: an oracle never changes the machine, and what it does is a
 *    function of what it saw: runs stay byte-identical.
 *  - ORACLE-I2: it keeps its state in statics and resets all of it in
 *    start(); there is one machine a process, but tests start many.
 *  - ORACLE-I3: it reports with machine_broken() and goes on: the run
 *    continues, and the same cause should not be reported at each
 *    instruction. Only the first ORACLE_MAX_REPORTS of an oracle are kept.
 *
 * Callbacks that are NULL are not called; `before_rings` and
 * `access_filter` keep the callbacks on the hot path cheap.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../trace/event.h"

#define ORACLE_MAX_REPORTS 16

/* --- What can be asked of the machine ------------------------------------ */

/** Segment registers, in the encoding's order, then the two of the system. */
enum machine_segment {
    SEGMENT_ES,
    SEGMENT_CS,
    SEGMENT_SS,
    SEGMENT_DS,
    SEGMENT_FS,
    SEGMENT_GS,
    SEGMENT_LDTR,
    SEGMENT_TR,
    NR_SEGMENTS,
};

/** A segment register with what the processor cached of its descriptor. */
struct segment_cache {
    uint16_t selector;
    bool valid;    /**< may be used: false after a null selector was loaded */
    bool present;
    bool system;   /**< LDT, TSS or gate: the S bit is 0 */
    uint8_t dpl;
    uint8_t type;  /**< the 4 bits of the descriptor */
    bool big;      /**< D/B */
    uint32_t base;
    uint32_t limit; /**< in bytes, granularity applied; offset of the last
                         byte, or, expand-down, of the byte below the first */
};

/** GDTR or IDTR. */
struct table_register {
    uint32_t base;
    uint16_t limit;
};

/** Where a fresh walk of the page tables leads. */
struct translation {
    uint64_t maddr;
    bool user;     /**< U/S set at every level */
    bool writable; /**< R/W set at every level */
    bool execute;  /**< NX clear at every level, or NXE off */
};

/** Registers that no entry to ring 0 saves: whoever runs others has to. */
struct machine_extra {
    uint32_t debug[4];      /**< DR0 to DR3 */
    uint32_t debug_status;  /**< DR6 */
    uint32_t debug_control; /**< DR7 */
    /** FPU and SSE: control, status (with the top of the stack), a bit for
     *  each register that is not empty, MXCSR; the registers. */
    uint32_t fpu_words[4];
    uint8_t fpu[8][10];
    uint8_t sse[8][16];
};

struct machine;

/**
 * The queries. All of them may be used in every callback but start(), where
 * the processor has just been reset. None has side effects on the machine.
 */
struct machine_queries {
    /** Copy the registers. */
    void (*registers)(const struct machine *, struct event_registers *);
    /** Copy one segment register. */
    void (*segment)(const struct machine *, enum machine_segment,
                    struct segment_cache *);
    /** Copy the debug registers, the FPU's and the SSE ones. */
    void (*extra)(const struct machine *, struct machine_extra *);
    /** Copy GDTR (TABLE_GDT) or IDTR (TABLE_IDT). */
    void (*table)(const struct machine *, enum event_table,
                  struct table_register *);
    /** Walk the page tables in memory, from the four entries that the
     *  processor holds. @return false when nothing is mapped there. */
    bool (*translate)(const struct machine *, uint32_t vaddr,
                      struct translation *);
    /** In before(): where the instruction comes from, by the translation
     *  that the processor uses. @return false if that is not known. */
    bool (*fetch)(const struct machine *, uint32_t *vaddr, uint64_t *maddr);
    /** Read RAM (or ROM). @return bytes read, up to the first that is
     *  neither. */
    size_t (*read_physical)(const struct machine *, uint64_t maddr,
                            void *to, size_t bytes);
    /** Name a possible break of the oracle that is running; see
     *  machine_broken(). */
    void (*broken)(const struct machine *, unsigned code, const uint32_t a[6],
                   const char *sentence);
};

/** A guest image of the run file: `guest NAME CODE_START CODE_END`. */
struct machine_guest {
    char name[EVENT_NAME_BYTES];
    uint32_t code_start, code_end; /**< virtual, [start, end) */
};

/** `text VSTART LEN SHA256`: trusted bytes. */
struct machine_text {
    uint32_t start, bytes;
};

/** `arg NAME VALUE`: a parameter for an oracle. */
struct machine_arg {
    char name[EVENT_NAME_BYTES];
    char value[256];
};

/** `allow PSTART PEND`: physical memory that the machine may touch. */
struct machine_range {
    uint64_t start, end; /**< [start, end) */
};

/** A machine, as oracles see it. */
struct machine {
    const struct machine_queries *queries;
    void *self; /**< of whoever binds the queries */

    /* Now: kept up to date before every callback. */
    uint64_t icount; /**< instructions executed before this moment */
    uint8_t ring;    /**< current privilege level */
    uint16_t cs;
    uint32_t eip;    /**< the instruction's own address, also while it runs */
    uint32_t cr3;
    bool interrupt_pending; /**< an external one is raised, and waits */

    /* Of the run file: they do not change. */
    uint32_t kernel_start, kernel_end; /**< hypervisor's text, or 0, 0 */
    const struct machine_guest *guests;
    size_t nr_guests;
    const struct machine_text *texts;
    size_t nr_texts;
    const struct machine_arg *args;
    size_t nr_args;
    const struct machine_range *allowed;
    size_t nr_allowed;
};

/* Short forms. */

static inline void machine_registers(const struct machine *m,
                                     struct event_registers *to)
{
    m->queries->registers(m, to);
}

static inline void machine_extra(const struct machine *m,
                                 struct machine_extra *to)
{
    m->queries->extra(m, to);
}

static inline struct segment_cache machine_segment(const struct machine *m,
                                                   enum machine_segment which)
{
    struct segment_cache cache;

    m->queries->segment(m, which, &cache);
    return cache;
}

static inline struct table_register machine_table(const struct machine *m,
                                                  enum event_table which)
{
    struct table_register table;

    m->queries->table(m, which, &table);
    return table;
}

static inline bool machine_translate(const struct machine *m, uint32_t vaddr,
                                     struct translation *to)
{
    return m->queries->translate(m, vaddr, to);
}

static inline bool machine_fetch(const struct machine *m, uint32_t *vaddr,
                                 uint64_t *maddr)
{
    return m->queries->fetch(m, vaddr, maddr);
}

static inline size_t machine_read_physical(const struct machine *m,
                                           uint64_t maddr, void *to,
                                           size_t bytes)
{
    return m->queries->read_physical(m, maddr, to, bytes);
}

/**
 * Read virtual memory through the page tables as they are in memory now.
 *
 * @return Bytes read, up to the first that is not mapped.
 */
size_t machine_read_virtual(const struct machine *m, uint32_t vaddr, void *to,
                            size_t bytes);

/** The value of `arg name` in the run file, or NULL. */
const char *machine_arg(const struct machine *m, const char *name);

/** The same as a number (any base that C writes), or `otherwise`. */
uint64_t machine_arg_number(const struct machine *m, const char *name,
                            uint64_t otherwise);

/** The guest of the run file whose code holds this address, or NULL. */
const struct machine_guest *machine_guest_at(const struct machine *m,
                                             uint32_t vaddr);

/**
 * Report that the oracle now running is broken: an EVENT_ORACLE with the
 * machine's state. The run goes on (unless the run file says `oracle-stop`).
 *
 * @param m     The machine that the callback was given.
 * @param code  Which of the oracle's checks, from 1; its tests tell the
 *              checks apart by it, not by the sentence.
 * @param a     Six numbers for a[2]..a[7] of the event, or NULL.
 * @param format  One sentence for people: what was found, and what is
 *              demanded instead.
 */
void machine_broken(const struct machine *m, unsigned code,
                    const uint32_t a[6], const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* --- What happens --------------------------------------------------------- */

/** The processor has come to another ring. */
struct ring_change {
    unsigned from, to;
    enum ring_cause cause;
    unsigned vector;  /**< of an exception, interrupt or INT n; else 0 */
    bool has_error;   /**< an error code was pushed */
    uint32_t error;
    uint64_t left_icount; /**< when the old ring was left */
    /** State in which the old ring was left: what an entry to an inner ring
     *  has to save. For faults eip is the instruction's own address, for
     *  traps and INT n the next one. For IRET and far branches the state
     *  before that instruction. */
    struct event_registers left;
};

/** Bits of struct access.kind and of oracle.access_filter. */
enum access_kind {
    ACCESS_READ = 1,
    ACCESS_WRITE = 2,
    ACCESS_MODIFY = 4, /**< read-modify-write, by one instruction */
};

/** One access to memory by linear address; never crosses a page. */
struct access {
    uint32_t vaddr;   /**< linear */
    uint64_t maddr;   /**< physical */
    uint32_t bytes;
    uint8_t kind;     /**< exactly one of enum access_kind */
    uint8_t ring;     /**< privilege level when it was made; pushes during a
                           delivery carry the level that is being left */
    bool delivering;  /**< by the delivery of an exception or interrupt:
                           descriptors, TSS, the frame */
};

/** One access by physical address that has no linear one: the page walker's
 *  reads and its accessed/dirty updates, PDPTE loads. */
struct physical_access {
    uint64_t maddr;
    uint32_t bytes;
    bool write;
};

/** An entry of a page table in use has changed. */
struct table_write {
    uint64_t maddr, old_entry, new_entry;
    unsigned level;      /**< 1..3, Xen's way */
    enum pt_writer by;
};

/** INT 0x82 at ring 1. */
struct hypercall {
    uint32_t number;
    uint32_t arg[6];
    uint32_t return_eip; /**< the guest's address after the INT */
    uint64_t icount;
};

/** One oracle: its name and callbacks, all of which may be NULL. */
struct oracle {
    const char *name; /**< as in `oracle NAME on|off` */
    const char *demands; /**< the invariant, one sentence */
    bool off_by_default; /**< on only when the run file says so */

    /** false: this run has nothing to watch for it, and no callback of it
     *  is called. NULL: always wanted. */
    bool (*wanted)(const struct machine *);

    /** true: before() and access() are not called until an instruction at
     *  CPL > 0 is about to execute. NULL: they always are. */
    bool (*sleeps)(const struct machine *);

    /** Bit n: before() is wanted at ring n. */
    unsigned before_rings;
    /** enum access_kind wanted by access(), one nibble a ring:
     *  ACCESS_AT(ring, kinds) joined by |. */
    unsigned access_filter;

    /** The processor has been reset; nothing has run. */
    void (*start)(const struct machine *);
    /** An instruction is about to execute: machine.eip, .ring. Repeated
     *  string instructions are told once. */
    void (*before)(const struct machine *);
    /** About to execute the first instruction at another ring. Comes before
     *  segments() and before() of the same instruction. */
    void (*ring_change)(const struct machine *, const struct ring_change *);
    /** At ring > 0: about to execute the first instruction after a ring
     *  change or after one that may have loaded a segment register, LDTR or
     *  TR. */
    void (*segments)(const struct machine *);
    /** Memory is about to be read or written by an instruction or by the
     *  processor itself; a store has not happened yet. */
    void (*access)(const struct machine *, const struct access *);
    void (*physical)(const struct machine *, const struct physical_access *);
    /** An exception (not INT n, not external) is about to be delivered. */
    void (*exception)(const struct machine *, unsigned vector, bool has_error,
                      uint32_t error);
    /** Any delivery is about to begin, exceptions, INT n and external:
     *  the state is the one that will be saved. */
    void (*delivery)(const struct machine *, enum ring_cause cause,
                     unsigned vector);
    /** LGDT, LIDT, LLDT or LTR has been executed. */
    void (*table_load)(const struct machine *, enum event_table which);
    /** A control register was written: 0, 3 or 4. */
    void (*control)(const struct machine *, unsigned reg, uint32_t new_value,
                    uint32_t old_value);
    void (*flush)(const struct machine *, enum flush_kind kind,
                  uint32_t address);
    void (*port_out)(const struct machine *, unsigned port, unsigned bytes,
                     uint32_t value);
    void (*hypercall)(const struct machine *, const struct hypercall *);
    /** Back at the guest's address after it; eax is the result. */
    void (*hypercall_return)(const struct machine *, const struct hypercall *,
                             bool repeated);
    void (*table_write)(const struct machine *, const struct table_write *);
    /** HLT is about to be executed. */
    void (*halt)(const struct machine *, bool interrupts_on);
    /** A mark of the run file is about to be executed at its ring. */
    void (*mark)(const struct machine *, unsigned index, const char *name);
    /** The run is over; the last chance to report. */
    void (*end)(const struct machine *, enum end_reason reason);
};

#define ACCESS_AT(ring, kinds) ((unsigned)(kinds) << (4 * (ring)))

/** For struct oracle.sleeps: boot is none of this oracle's business. */
bool oracle_sleeps(const struct machine *m);

/** All oracles, in the order of their index; ends with NULL (table.c). */
extern const struct oracle *const oracle_table[];

#endif
