/* SPDX-License-Identifier: MIT */
/**
 * @file check.h
 * What the conformance guests share: checks, and instructions that are tried.
 *
 * A check compares one value that was seen with the one that the interface
 * promises. Its place in the source is also its entry in a table of the image
 * (section `checks`), which the host reads: so a check that was never reached
 * is missed, and the pages about the interface are made from the same lines.
 *
 * The verdict is the host's, from observing mark_check() and the way the run
 * ends; what is printed is for people.
 *
 * A check's id is CALL.CASE or CALL.SUB-OPERATION.CASE.
 */
#ifndef CONFORMANCE_CHECK_H
#define CONFORMANCE_CHECK_H

#include "guest.h"

#include <xen/errno.h>

/** One check: part of the format that the host reads (host/checks.c). */
struct check {
    const char *id;
    const char *expected; /**< as it stands in the source */
    const char *seen;     /**< the expression that is compared with it */
    uint32_t flags;       /**< CHECK_* */
};

/** Needs a processor that checks segment limits and saves EFLAGS.RF: some
 *  emulators do neither. */
#define CHECK_NEEDS_EXACT 1u

/** Of the control domain only: a domain without privilege gets another
 *  answer, which the family `plain` asks for. */
#define CHECK_NEEDS_CONTROL 2u

/** Of two domains that talk to each other, the one that makes this check. */
#define CHECK_NEEDS_FIRST 4u
#define CHECK_NEEDS_SECOND 8u

bool check_wanted(const struct check *check);
void check_result(const struct check *check, uint32_t expected,
                  uint32_t seen);

#define CHECK_FLAGGED(flags_, id_, expected_, expected_text_, seen_,         \
                      seen_text_)                                            \
    do {                                                                     \
        static const struct check check_                                     \
            __attribute__((section("checks"), used, aligned(4))) = {         \
                (id_), (expected_text_), (seen_text_), (flags_),             \
            };                                                               \
        if (check_wanted(&check_)) {                                         \
            uint32_t want_ = (uint32_t)(expected_);                          \
            check_result(&check_, want_, (uint32_t)(seen_));                 \
        }                                                                    \
    } while (0)

/** Compare: `seen` is evaluated once, after `expected`. */
#define CHECK(id, expected, seen)                                            \
    CHECK_FLAGGED(0, id, expected, #expected, seen, #seen)

/** The same, where a segment's limit (or RF) is what answers. */
#define CHECK_EXACT(id, expected, seen)                                      \
    CHECK_FLAGGED(CHECK_NEEDS_EXACT, id, expected, #expected, seen, #seen)

/** The same, where privilege is what answers. */
#define CHECK_CONTROL(id, expected, seen)                                    \
    CHECK_FLAGGED(CHECK_NEEDS_CONTROL, id, expected, #expected, seen, #seen)

/** The same, in one of two domains. */
#define CHECK_FIRST(id, expected, seen)                                      \
    CHECK_FLAGGED(CHECK_NEEDS_FIRST, id, expected, #expected, seen, #seen)
#define CHECK_SECOND(id, expected, seen)                                     \
    CHECK_FLAGGED(CHECK_NEEDS_SECOND, id, expected, #expected, seen, #seen)

/** Which of the two this is: told on its command line. */
bool is_second(void);

/** A family's checks; common/check.c calls it and ends the domain. */
void family(void);

/* --- Addresses that arguments are made of --------------------------------- */

#define IN_XEN_RANGE 0xFFFF0000u
#define IN_M2P 0xF5800000u
#define UNMAPPED 0x30000000u
#define FRAME_BEYOND_MEMORY 0xFFF000u
#define DOM_UNKNOWN 0x7EE0u

/* --- Instructions that are tried ------------------------------------------ */

/** What an exception is in a comparison; no exception is 0 (NO_FAULT). */
static inline uint32_t FAULT(uint32_t vector, uint32_t error)
{
    return 0x40000000u | vector << 20 | error;
}

enum { NO_FAULT = 0 };

/** The registers of the instruction, and what came of it. */
struct tried {
    uint32_t eax, ecx, edx, ebx, esi, edi; /**< given, and afterwards */
    uint32_t start; /**< address of the instruction */
    uint32_t nr_traps;
    struct trap trap; /**< the last one */
    uint32_t handler_esp;
    uint32_t handler_eflags; /**< at the handler's first instruction */
    uint32_t handler_mask;   /**< evtchn_upcall_mask there */
    uint32_t frame_bytes;    /**< pushed by the hypervisor */
};
extern struct tried tried;

/** Where the handler goes on, and ESP there (and before the instruction). */
extern uint32_t try_resume, try_esp;

/** FAULT() of the last trap, or NO_FAULT. */
uint32_t tried_outcome(void);

/** Execute instructions in ring 1 with the registers of `tried`. */
#define TRY(instructions)                                                    \
    (tried.nr_traps = 0,                                                     \
     ({                                                                      \
         __asm__ volatile("movl $2f, %[start]\n\t"                           \
                          "movl $1f, %[resume]\n\t"                          \
                          "movl %%esp, %[esp]\n"                             \
                          "2:\t" instructions "\n"                           \
                          "1:\tmovl %[esp], %%esp"                           \
                          : "+a"(tried.eax), "+c"(tried.ecx),                \
                            "+d"(tried.edx), "+b"(tried.ebx),                \
                            "+S"(tried.esi), "+D"(tried.edi),                \
                            [start] "=m"(tried.start),                       \
                            [resume] "=m"(try_resume), [esp] "+m"(try_esp)   \
                          :                                                  \
                          : "memory", "cc");                                 \
     }),                                                                     \
     tried_outcome())

/** The same with one register given. */
#define TRY_EAX(value, instructions)                                         \
    (tried.eax = (uint32_t)(value), TRY(instructions))

/** Read or write one word where it may fault. */
uint32_t try_read(uint32_t address);
uint32_t try_write(uint32_t address, uint32_t value);

/** A fragment for ring 3, which ends with INT 0x81 if nothing happens. */
#define USER(name, instructions)                                             \
    __asm__(".pushsection .user, \"awx\", @progbits\n" #name ":\n\t"         \
            instructions "\n\tint $0x81\n\t.popsection");                    \
    extern char name[]

/** Run a fragment. @return its outcome; FAULT(0x81, 0): it went through. */
uint32_t try_user(const char *fragment);
#define WENT_THROUGH FAULT(0x81, 0)

/** Register the handlers that TRY() needs, with these privileges: exceptions
 *  0 (3 and 4: 3), 0x80 and 0x81 3, 0x90 and 0x93 1, 0x91 0, 0x92 1 and
 *  masking events. */
void traps_ready(void);
/** The same for one vector. @param flags  DPL, and TRAP_MASK_EVENTS. */
void trap_ready(unsigned vector, unsigned flags);

extern const uint32_t probe_entry[256]; /* common/entry.asm */

/* --- Pages and tables (common/page.c) ------------------------------------- */

/** A page of the image: its machine address, and its mapping. */
uint64_t maddr_of(const void *page);
int page_read_only(void *page);
int page_writable(void *page);
int page_away(void *page);

/** One operation of mmuext_op, on our own behalf; likewise mmu_update. */
int32_t mmuext(unsigned cmd, uint32_t arg1, uint32_t arg2);
int32_t update_entry(uint64_t where, uint64_t entry);

/* --- The failsafe callback ------------------------------------------------ */

/** Its frame, from the lowest address on. */
struct failsafe {
    uint32_t ds, es, fs, gs, eip, cs, eflags;
};

/** What was found when it was entered; it goes on as a handler does. */
extern struct failsafe failsafe_frame;
extern uint32_t nr_failsafes, failsafe_mask;

void failsafe_entry(void); /* common/entry.asm */
/** Register it. @param flags  CALLBACKF_*. @return the call's result. */
int32_t failsafe_ready(uint16_t flags);

/* --- The event mask ------------------------------------------------------- */

#define UPCALL_MASK (shared_info->vcpu_info[0].evtchn_upcall_mask)

#endif
