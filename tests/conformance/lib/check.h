/* SPDX-License-Identifier: MIT */
/**
 * @file check.h
 * What the conformance guests have in common: checks that are named, and
 * instructions that trap.
 *
 * A check is told to whoever watches the machine by one of three marks, with
 * its name; that is the result. The text on the console is for people.
 *
 * The public interface only, so these guests run on Xen as well; there the
 * exit (power off: all good; crash: not) is the result.
 */
#ifndef CHECK_H
#define CHECK_H

#include "guest.h"

/** Does this machine enforce segment limits? Not every simulator does. */
extern bool machine_has_limits;

/** Set up: shared_info, handlers for all exceptions, ring 3. */
void check_begin(void);
/** Say how many checks failed, and end the domain. */
_Noreturn void check_end(void);

/* One check. Names are those of the table of observations, where it has a
 * row for it. */
void check(const char *name, bool good, uint32_t got, uint32_t wanted);
void check_skip(const char *name, const char *why);
static inline void check_eq(const char *name, uint32_t got, uint32_t wanted)
{
    check(name, got == wanted, got, wanted);
}

/** Results as the interface gives them. */
#define EPERM_ ((uint32_t)-1)
#define ENOENT_ ((uint32_t)-2)
#define ESRCH_ ((uint32_t)-3)
#define EFAULT_ ((uint32_t)-14)
#define EBUSY_ ((uint32_t)-16)
#define ENODEV_ ((uint32_t)-19)
#define EINVAL_ ((uint32_t)-22)
#define ENOSYS_ ((uint32_t)-38)

/** No vector: the instruction went through. */
#define NO_TRAP 0x1FFu

/** What became of an instruction, as the handler found it. */
struct caught {
    unsigned vector;        /**< NO_TRAP: nothing happened */
    struct trap trap;       /**< the frame */
    uint32_t offset;        /**< of its eip from the sequence's start */
    uint32_t frame_bytes;   /**< pushed on the kernel's stack */
    uint32_t stack_moved;   /**< ring 1: esp in the frame's place less esp
                                 before; 0 is right */
    uint32_t handler_eflags;
    uint8_t mask_in_handler;
    uint32_t cr2;           /**< from vcpu_info */
};

extern struct caught caught;

static inline unsigned caught_mask(void)
{
    return (caught.trap.cs >> 16) & 0xFF;
}

/* Used by TRY only. */
extern uint32_t try_resume, try_start, try_esp;
void try_prepare(uint8_t mask);

/**
 * Run instructions in ring 1 with the event mask as given, and leave in
 * `caught` what came of it. They may change eax, ecx and edx.
 */
#define TRY_MASK(mask, code, ...)                                            \
    do {                                                                     \
        try_prepare(mask);                                                   \
        __asm__ volatile("movl $1f, try_resume\n\t"                          \
                         "movl $2f, try_start\n\t"                           \
                         "movl %%esp, try_esp\n"                             \
                         "2:\n\t" code "\n"                                  \
                         "1:"                                                \
                         : "+a"(try_eax), "+c"(try_ecx), "+d"(try_edx)       \
                         : __VA_ARGS__                                       \
                         : "memory", "cc");                                  \
    } while (0)
#define TRY(code, ...) TRY_MASK(1, code, __VA_ARGS__)

/** Registers before and after. */
extern uint32_t try_eax, try_ecx, try_edx;

/**
 * A program for ring 3, which ends with INT 0x81 if nothing stops it.
 * Define at file level: USER_PROGRAM(cli, "cli").
 */
#define USER_PROGRAM(name, code)                                             \
    __asm__(".section .user, \"awx\"\n"                                      \
            ".global user_" #name "\n"                                       \
            "user_" #name ":\n\t" code "\n\tint $0x81\n"                     \
            ".previous");                                                    \
    void user_##name(void)

#define VECTOR_USER_END 0x81

/** Run one; `caught` has what ended it. */
void try_user(void (*program)(void));

#endif
