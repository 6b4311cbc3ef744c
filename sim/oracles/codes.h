/* SPDX-License-Identifier: MIT */
/**
 * @file codes.h
 * Which check of an oracle was broken: a1 of an EVENT_ORACLE record. Tests
 * and the grader tell the checks apart by these numbers, never by the
 * sentence. The values are part of the record: only append.
 */
#ifndef SIM_ORACLE_CODES_H
#define SIM_ORACLE_CODES_H

/** Checks of the oracle *rings*. */
enum rings_code {
    RINGS_LOW_FETCH = 1,   /**< ring 0 executes below the hypervisor */
    RINGS_FIRST_ENTRY = 2, /**< the first guest instruction is not at CPL 1 */
    RINGS_RING_2 = 3,      /**< CPL 2 by no descriptor of the guest's */
    RINGS_APPLICATION = 4, /**< application code at another ring than 3 */
    RINGS_KERNEL = 5,      /**< guest kernel code at another ring than 1 */
    RINGS_UNASKED = 6,     /**< ring 3 before the guest ever went there */
};

/** Checks of the oracle *segments*. */
enum segments_code {
    SEGMENTS_LOADED_DPL = 1,   /**< a loaded descriptor has DPL 0 */
    SEGMENTS_LOADED_RANGE = 2, /**< one reaches the hypervisor */
    SEGMENTS_TABLE_DPL = 3,    /**< a guest's descriptor has DPL 0 */
    SEGMENTS_TABLE_RANGE = 4,  /**< one reaches the hypervisor */
    SEGMENTS_TABLE_SYSTEM = 5, /**< one is a gate to ring 0, a TSS or LDT */
    SEGMENTS_RESERVED = 6,     /**< one of the hypervisor's own page that a
                                    guest may load reaches it */
};

/** Checks of the oracle *context*. */
enum context_code {
    CONTEXT_PLACE = 1,    /**< cs:eip is neither saved nor registered */
    CONTEXT_STACK = 2,    /**< ss:esp */
    CONTEXT_FRAME = 3,    /**< a word of the frame on the guest's stack */
    CONTEXT_FLAGS = 4,    /**< EFLAGS */
    CONTEXT_MASK = 5,     /**< evtchn_upcall_mask after the return */
    CONTEXT_REGISTER = 6, /**< a general register */
    CONTEXT_SEGMENT = 7,  /**< DS, ES, FS or GS */
    CONTEXT_CR2 = 8,      /**< the fault's address in vcpu_info */
    CONTEXT_START = 9,    /**< the guest's first state */
    CONTEXT_STORE = 10,   /**< ring 0 wrote to the guest's image */
    CONTEXT_DIRECT = 11,  /**< a direct trap goes to no handler of the guest */
    CONTEXT_TABLES = 12,  /**< the base, a page of the GDT, or the LDT */
    CONTEXT_FPU = 13,     /**< registers of FPU and SSE, or CR0.TS */
    CONTEXT_DEBUG = 14,   /**< a debug register that is in use */
    CONTEXT_CONTROL = 15, /**< CR4.TSD */
};

/** Checks of the oracle *map*. */
enum map_code {
    MAP_READ = 1,
    MAP_WRITE = 2, /**< a read-modify-write too */
    MAP_WALK = 3,  /**< the processor's own: page tables */
    MAP_FETCH = 4, /**< an instruction */
};

/** Checks of the oracle *page tables*. */
enum page_tables_code {
    PAGE_TABLES_WRITE = 1,   /**< a guest's instruction writes to a table */
    PAGE_TABLES_FOREIGN = 2, /**< an L1 entry maps a denied frame */
    PAGE_TABLES_LARGE = 3,   /**< an L2 entry maps denied frames, 2 MB */
    PAGE_TABLES_M2P = 4,     /**< the M2P is writable, or open to ring 3 */
    PAGE_TABLES_TABLE = 5,   /**< a table is in another's memory */
    PAGE_TABLES_READ_ONLY = 6, /**< an entry to write for a right to read */
    PAGE_TABLES_GIVEN = 7,   /**< a frame is two domains', or the
                                  hypervisor's as well */
    PAGE_TABLES_SCRUB = 8,   /**< a frame's former life can be read */
    PAGE_TABLES_GRANT = 9,   /**< a grant was mapped that no entry makes */
};

/** Checks of the oracle *stale translations*. */
enum stale_code {
    STALE_CHANGED = 1, /**< the frame changed hands */
    STALE_TABLE = 2,   /**< the frame is a page table */
    STALE_FETCH = 3,   /**< instructions come from either */
};

/** Checks of the oracle *fetch once*. */
enum fetch_once_code {
    FETCH_TWICE = 1, /**< an argument's byte was read a second time */
};

/** Checks of the oracle *time to respond*. */
enum respond_code {
    RESPOND_LATE = 1, /**< an interrupt waited too long */
};

#endif
