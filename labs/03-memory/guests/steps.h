/* SPDX-License-Identifier: MIT */
/**
 * @file steps.h
 * The language in which a test of lab 3 tells its driver what to do, and in
 * which the driver shows what became of it. Both sides include this file.
 *
 * The driver owns two domains, A and B, each with a few frames. A test says
 * which frame it means by a *name*, because it cannot know frame numbers:
 * kind in bits 24-31, index below.
 *
 * The input is a list of 32-bit words:
 *
 *     privileged  nr_steps
 *     nr_steps times   operation | number of arguments << 8, the arguments
 *
 * An *entry* takes three arguments: the name of the frame, bits 0 to 11 as
 * they are, and bits 32 to 63 that are set besides the frame's number.
 */
#ifndef LAB3_STEPS_H
#define LAB3_STEPS_H

#include <stdint.h>

#define NR_A 48u
#define NR_B 8u
/** The driver's frames: A's, B's, and A's shared page. */
#define NR_FRAMES (NR_A + NR_B + 1)
#define FRAME_SHARED (NR_A + NR_B)

enum name_kind {
    NAME_A,      /**< frame `index` of A's */
    NAME_B,      /**< of B's */
    NAME_SHARED, /**< A's shared page, a page of the hypervisor's heap */
    NAME_IMAGE,  /**< a page of the hypervisor's image */
    NAME_RAW,    /**< frame number `index`; 0xFFFFFF: 0xFFFFFFFF */
};

#define NAME(kind, index) ((uint32_t)(kind) << 24 | (uint32_t)(index))
#define NAME_KIND(name) ((name) >> 24)
#define NAME_INDEX(name) ((name) & 0xFFFFFFu)

enum owner { OWNER_A, OWNER_B, OWNER_NOBODY };

/** What to do; arguments behind it. `result` is what the mark shows. */
enum operation {
    /* Preparations, which call nothing of the lab's. */
    OP_POKE,     /**< frame index entry: a plain store */
    OP_WORK,     /**< n, below WORK_SHARE: the next call is made once, with
                      n entries of work left; else it is repeated until it is
                      done. Before an OP_FAULT: what earlier calls left is not
                      finished first, as when the fault comes right behind
                      them */
    OP_AMID,     /**< the next call, which asks for a type, is made once, and
                      what earlier calls left is not finished first */
    OP_LIMIT,    /**< frame below: count = FRAME_COUNT_MAX - below, until the
                      next step is done */
    OP_LIMIT_TYPE, /**< frame below: type_count, the same */

    /* Exercise 3.1. */
    OP_GET,      /**< frame owner */
    OP_PUT,      /**< frame */
    OP_GET_TYPE, /**< frame type */
    OP_PUT_TYPE, /**< frame */
    OP_GET_BOTH, /**< frame owner type */
    OP_PUT_BOTH, /**< frame */
    OP_ADOPT,    /**< frame type: memory_adopt(), as at a guest's start */
    OP_DISOWN,   /**< frame: drop its owner's own reference */

    /* Exercise 3.2. */
    OP_CHECK_FLAGS, /**< owner type entry */
    OP_ENTRY_GET,   /**< owner page_owner entry */
    OP_DEMOTE,   /**< frame: table_demote(), and what is left afterwards */
    OP_NX,       /**< on: whether the processor has NX (no_execute) */
    OP_TRY_EACH, /**< frame type entry first step: for each index of the
                      frame, from the first one in steps, put the entry there,
                      ask for the type, restore what was there */

    /* Exercise 3.3. */
    OP_UPDATE,   /**< frame index entry page_owner keep_accessed */
    OP_PIN,      /**< owner frame type */
    OP_UNPIN,    /**< owner frame */
    OP_BASE,     /**< frame: of A's vCPU 0 */
    OP_RUN,      /**< load that base: addresses are A's from here on */
    OP_LDT,      /**< frame: descriptors of A's, found as part of the vCPU's
                      LDT */

    /* Exercise 3.4. */
    OP_NOTE, OP_BEFORE_REUSE, OP_FLUSH_ALL,
    OP_FLUSH_PAGE, /**< address */
    OP_LOAD,     /**< address [enum access, for the test]: result 1 when it
                      faults */
    OP_STORE,    /**< the same, of the word that is there */

    /* Exercise 3.5. */
    OP_ASSIST,   /**< on: the assist that lets A write to its tables */
    OP_BYTES,    /**< frame offset nr words..: code into a frame */
    OP_FAULT,    /**< eip address error ring eax ebx ecx edx; then, for the
                      test: done, table, index, entry, length, eax */
};

/** One frame, as the frame table has it. */
struct frame_report {
    uint32_t owner; /**< enum owner */
    uint32_t count, type_count, type, flags, partial;
};

/** What the driver shows at each mark: a copy, made right before it. */
struct report {
    uint32_t first_a, first_b, shared, image; /**< frame numbers */
    uint32_t own_l2; /**< machine address of the hypervisor's own L2 */
    uint32_t frames_free;
    uint32_t restarts;  /**< how often the call asked to be made again */
    uint32_t index;     /**< OP_TRY_EACH: of the entry */
    uint32_t work;      /**< what the call, all of it, has counted */
    uint32_t windows;   /**< frames that are looked at, and not left yet */
    uint32_t base;      /**< frame number of the vCPU's base */
    uint32_t pdpt[8];   /**< what the processor walks for it */
    uint32_t slot[2];   /**< OP_UPDATE: the entry afterwards */
    uint32_t word;      /**< OP_LOAD: what was there */
    uint32_t eip, eflags, eax, ecx, edx, ebx; /**< OP_FAULT: afterwards */
    struct frame_report frame[NR_FRAMES];
};

#endif
