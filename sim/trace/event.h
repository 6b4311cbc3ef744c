/* SPDX-License-Identifier: MIT */
/**
 * @file event.h
 * The event record: what the instrumented simulator writes down of a run,
 * and everything that a verdict may be based on.
 *
 * A file is one struct event_file, then records one after the other: a
 * header of 64 bytes (struct event), then `payload_len` bytes of payload,
 * then zeros up to the next multiple of 8. All numbers are little-endian.
 *
 * Invariants:
 *  - EVENT-I1: `icount` never falls from one record to the next.
 *  - EVENT-I2: the first record is EVENT_START and there is only one.
 *  - EVENT-I3: a complete file ends with EVENT_END. A file without one was
 *    cut short by the host, so it is a harness error and never a verdict.
 *  - EVENT-I4: two runs of the same input give the same bytes: no time, no
 *    host address, no padding that was not zeroed.
 *
 * The general fields describe the processor at the moment of the event, and
 * `eip` is the address of the instruction concerned: the one that is about
 * to execute, or that is executing (a write to a port, a fault), also when
 * what it did can be seen only after it.
 * What a[] means depends on the kind; entries not named below are 0.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <assert.h>
#include <stdint.h>

#define EVENT_MAGIC "rfevent"
#define EVENT_VERSION 1u

/** The first 16 bytes of a file. */
struct event_file {
    char magic[8]; /**< EVENT_MAGIC with its NUL */
    uint32_t version;
    uint32_t header_bytes; /**< sizeof(struct event) */
};

/** What happened; the values are part of the file format: only append. */
enum event_kind {
    /** The run begins. a0,a1 seed (low, high); a2,a3 budget (low, high). */
    EVENT_START = 1,

    /** The processor has come to another privilege level: it is about to
     *  execute its first instruction there (or to be interrupted before it),
     *  and all general fields describe that moment.
     *  a0 old ring, a1 new ring, a2 enum ring_cause, a3 vector (of an
     *  exception, interrupt or INT n; else 0), a4 old cs, a5 old eip (where
     *  execution would have resumed at the old level), a6 old esp,
     *  a7 icount when the old level was left (low 32 bits). */
    EVENT_RING = 2,

    /** A fault or trap is about to be delivered; INT n and external
     *  interrupts are not here. a0 vector, a1 error code (0 without one),
     *  a2 CR2 when the vector is 14. */
    EVENT_EXCEPTION = 3,

    /** An external interrupt or NMI is about to be delivered. a0 vector. */
    EVENT_INTERRUPT = 4,

    /** INT n, INT3 or INTO is about to be delivered. a0 vector,
     *  a1 eax at that moment (the number, of a hypercall). */
    EVENT_SOFT_INTERRUPT = 5,

    /** A MOV to a control register has been executed, or CLTS, LMSW.
     *  a0 register (0, 3 or 4), a1 new value, a2 old value. */
    EVENT_CR_WRITE = 6,

    /** WRMSR has been executed. a0 register, a1,a2 new value (low, high). */
    EVENT_MSR_WRITE = 7,

    /** A table register has been loaded. a0 enum event_table; for the GDT
     *  and IDT a1 base, a2 limit; for the LDT and TR a1 selector, a2 base,
     *  a3 limit (of the descriptor found). */
    EVENT_TABLE_LOAD = 8,

    /** Translations were flushed. a0 enum flush_kind, a1 address (INVLPG)
     *  or the new register value. */
    EVENT_FLUSH = 9,

    /** a0 port, a1 bytes, a2 value. Of reads that one instruction repeats
     *  with the same result, as in a loop that waits for a device, only the
     *  first is recorded. */
    EVENT_PORT_OUT = 10,
    EVENT_PORT_IN = 11,

    /** INT 0x82 at ring 1. a0 number (eax), a1..a6 arguments ebx, ecx, edx,
     *  esi, edi, ebp, a7 the guest's address after the instruction. */
    EVENT_HYPERCALL = 12,

    /** The processor is back at the guest's address after that INT 0x82 (or
     *  at the INT itself: the hypervisor asks for a repetition).
     *  a0 number, a1 result (eax), a2 1 when it is a repetition,
     *  a3,a4 icount of the call (low, high). Hypercalls that never come
     *  back that way (iret, shutdown, a base switched) have no record. */
    EVENT_HYPERCALL_RETURN = 13,

    /** A mark of the run file is about to be executed at its ring.
     *  a0 index of the mark (order of the run file, from 0), a1 times that
     *  this mark has been seen, this one included, a2 number of snaps.
     *  Payload: struct event_mark. */
    EVENT_MARK = 14,

    /** An entry of a page table in use changed its value; tables are known
     *  from CR3 on down (see sim/bochs/tables.h).
     *  a0,a1 machine address of the entry (low, high), a2,a3 new entry,
     *  a4,a5 old entry, a6 level (1..3, Xen's way), a7 enum pt_writer. */
    EVENT_PT_WRITE = 15,

    /** An oracle was broken. a0 index of the oracle (sim/oracles/table.c),
     *  a1 code of the check within the oracle, a2.. what the oracle adds.
     *  Payload: struct event_text. */
    EVENT_ORACLE = 16,

    /** HLT is about to be executed. a0 1 when interrupts are enabled. */
    EVENT_HALT = 17,

    /** The run is over. a0 enum end_reason, a1 exit status (machine.h), a2
     *  the mark's index or the value written to the exit port, a3 number of
     *  oracle records. Payload: struct event_text, why, in a sentence. */
    EVENT_END = 18,

    /** Trusted text no longer has the hash of the run file. a0 index of the
     *  text line, a1 virtual address. Payload: struct event_text. */
    EVENT_TEXT_CHANGED = 19,

    /** The run's event: time passed at once at this boundary, before the
     *  instruction at eip. a0,a1 ticks (low, high). */
    EVENT_JUMP = 20,
};

/** Bits of event.flags. */
enum event_flag {
    EVENT_IN_KERNEL = 1,    /**< ring 0 and eip in the run's `kernel` range */
    EVENT_INTERRUPTS = 2,   /**< EFLAGS.IF was set */
    EVENT_PAGING = 4,       /**< CR0.PG was set */
    EVENT_HAS_ERROR = 8,    /**< EVENT_EXCEPTION: the vector has a code */
};

/** How the processor came to another ring. */
enum ring_cause {
    CAUSE_EXCEPTION = 1,
    CAUSE_INTERRUPT = 2,      /**< external, or NMI */
    CAUSE_SOFT_INTERRUPT = 3, /**< INT n, INT3, INTO */
    CAUSE_IRET = 4,
    CAUSE_FAR_BRANCH = 5,     /**< call gate, far return, task switch */
    CAUSE_SYSENTER = 6,
    CAUSE_SYSEXIT = 7,
};

enum event_table { TABLE_GDT = 1, TABLE_IDT = 2, TABLE_LDT = 3, TABLE_TR = 4 };

enum flush_kind {
    FLUSH_CR0 = 1, /**< a CR0 write that flushes */
    FLUSH_CR3 = 2,
    FLUSH_CR4 = 3,
    FLUSH_INVLPG = 4,
    FLUSH_TASK = 5, /**< task switch */
};

/** Who wrote an entry of a page table. */
enum pt_writer {
    PT_BY_RING0 = 0,  /**< an instruction at ring 0 */
    PT_BY_GUEST = 1,  /**< an instruction at ring 1, 2 or 3 */
};

/** Why a run ended. */
enum end_reason {
    END_MARK = 1,         /**< an `end` mark: the trusted guest is done */
    END_EXIT_PORT = 2,    /**< the machine wrote to the exit port */
    END_BUDGET = 3,       /**< as many instructions as the run may take */
    END_TRIPLE_FAULT = 4,
    END_HUNG = 5,         /**< HLT with interrupts off, or shutdown */
    END_TEXT_CHANGED = 6, /**< trusted text was overwritten */
    END_ORACLE = 7,       /**< `oracle-stop on` and an oracle was broken */
    END_DEVICE = 8,       /**< a simulated device or the simulator gave up
                               on what the machine asked of it */
    END_RESET = 9,        /**< the machine was reset by one of its devices */
};

/** The header of a record. */
struct event {
    uint64_t icount; /**< instructions executed before this moment */
    uint16_t kind;   /**< enum event_kind */
    uint8_t ring;    /**< current privilege level */
    uint8_t flags;   /**< enum event_flag */
    uint16_t cs;
    uint16_t ss;
    uint32_t eip;
    uint32_t cr3;
    uint32_t a[8];
    uint32_t payload_len; /**< bytes, without the padding to 8 */
    uint32_t esp;
};

static_assert(sizeof(struct event_file) == 16, "part of the file format");
static_assert(sizeof(struct event) == 64, "part of the file format");

/** Bytes that a payload takes in the file. */
static inline uint32_t event_padded(uint32_t payload_len)
{
    return (payload_len + 7u) & ~7u;
}

/** The registers of the processor, as in payloads. */
struct event_registers {
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi; /**< encoding's order */
    uint32_t eip, eflags;
    uint16_t es, cs, ss, ds, fs, gs; /**< encoding's order */
    uint32_t cr0, cr2, cr3, cr4;
    uint32_t efer; /**< low half; the high half is reserved */
};

static_assert(sizeof(struct event_registers) == 72, "part of the format");

#define EVENT_NAME_BYTES 48

/** Payload of EVENT_MARK; the snaps follow, each a struct event_snap. */
struct event_mark {
    char name[EVENT_NAME_BYTES]; /**< of the run file; ends with NUL */
    struct event_registers registers;
};

/** One snap: the bytes follow, padded with zeros to a multiple of 8. */
struct event_snap {
    uint32_t index;   /**< of the run file's `snap` line, from 0, over all */
    uint32_t address; /**< virtual */
    uint32_t len;     /**< bytes asked for, and that follow */
    uint32_t valid;   /**< of them mapped, counted from the first; the rest
                           are zeros */
};

/** Payload of EVENT_ORACLE, EVENT_END and EVENT_TEXT_CHANGED. */
struct event_text {
    char name[EVENT_NAME_BYTES]; /**< the oracle, mark or text concerned */
    struct event_registers registers;
    char text[]; /**< a sentence; NUL-terminated, counted in payload_len */
};

static_assert(sizeof(struct event_mark) == 120, "part of the file format");
static_assert(sizeof(struct event_snap) == 16, "part of the file format");

#endif
