/* SPDX-License-Identifier: MIT */
/**
 * @file guest.h
 * What every guest of ours links: start of day, hypercalls, text on the
 * console, handlers for traps, a way into ring 3.
 *
 * Public interface only: none of this knows which hypervisor is below.
 *
 * @defgroup guests Guests
 * Our own small kernels for ring 1.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>

#include <xen/callback.h>
#include <xen/sched.h>
#include <xen/version.h>

#define GUEST_FLAG_TF 0x00000100u
#define GUEST_FLAG_IF 0x00000200u

/** The registers at a trap, as the entry code of runtime/start.asm leaves
 *  them. What is above `error` was pushed by the hypervisor (or, in a direct
 *  trap, by the processor). */
struct trap {
    uint32_t edi, esi, ebp, unused_esp, ebx, edx, ecx, eax;
    uint32_t vector;
    uint32_t error; /**< 0 if the vector has none */
    uint32_t eip;
    uint32_t cs; /**< bits 16-23: evtchn_upcall_mask as it was */
    uint32_t eflags;
    uint32_t esp, ss; /**< only if cs is of ring 3 */
};

static inline unsigned trap_ring(const struct trap *trap)
{
    return trap->cs & 3;
}

/** What a handler changes in `trap` is what is returned to. */
typedef void trap_handler(struct trap *trap);

/* Every guest has this one: it is called on a stack of the runtime's, events
 * masked, no trap handler set. When it returns the guest powers off. */
void guest_main(const start_info_t *start);

/* runtime/main.c */
extern const start_info_t *start_info;
_Noreturn void shut_down(unsigned reason);

/* runtime/print.c */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* runtime/clock.c */
uint64_t system_time(void);
void sleep_until(uint64_t until);
uint32_t argument(const char *word);

/* runtime/memory.c */
extern shared_info_t *shared_info;
uint64_t frame_of(const void *page);
int page_map(void *page, uint64_t entry);
int shared_info_map(void);

/** Flags of an L1 entry. */
#define L1_PRESENT 0x001u
#define L1_WRITABLE 0x002u
#define L1_USER 0x004u
#define L1_ACCESSED 0x020u
#define L1_DIRTY 0x040u
#define L1_ALL (L1_PRESENT | L1_WRITABLE | L1_ACCESSED | L1_DIRTY)

/* runtime/trap.c */
#define TRAP_MASK_EVENTS 4u /* added to a DPL */
void trap_set(unsigned vector, trap_handler *handler, unsigned dpl);
void trap_print(const struct trap *trap);

/* runtime/user.c: ring 3. */
int user_open(void *start, void *end); /* pages for ring 3 */
void user_run(void (*program)(void), void *stack_top);
extern uint8_t user_kernel_stack[8192]; /* where traps from ring 3 arrive */
_Noreturn void user_leave(void); /* back to where user_run() was called */

/* runtime/start.asm */
extern char image_start[], image_end[];
extern char user_start[], user_end[];
extern uint8_t hypercall_page[4096];
extern const uint32_t trap_entry[256];
extern bool trap_return_by_hypercall;

/** The registers at the guest's first instruction. */
struct start_registers {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp, eflags;
};
extern struct start_registers start_registers;

/** Make hypercall `number` through the page; unused arguments are 0. */
static inline int32_t hypercall(uint32_t number, uint32_t a1, uint32_t a2,
                                uint32_t a3, uint32_t a4, uint32_t a5)
{
    uint32_t entry = (uint32_t)hypercall_page + number * 32;
    int32_t result;

    __asm__ volatile("call *%[entry]"
                     : "=a"(result), "+b"(a1), "+c"(a2), "+d"(a3), "+S"(a4),
                       "+D"(a5)
                     : [entry] "0"(entry)
                     : "memory", "cc");
    return result;
}

#define hypercall_1(number, a) \
    hypercall(__HYPERVISOR_##number, (uint32_t)(a), 0, 0, 0, 0)
#define hypercall_2(number, a, b) \
    hypercall(__HYPERVISOR_##number, (uint32_t)(a), (uint32_t)(b), 0, 0, 0)
#define hypercall_3(number, a, b, c)                                         \
    hypercall(__HYPERVISOR_##number, (uint32_t)(a), (uint32_t)(b),           \
              (uint32_t)(c), 0, 0)
#define hypercall_4(number, a, b, c, d)                                      \
    hypercall(__HYPERVISOR_##number, (uint32_t)(a), (uint32_t)(b),           \
              (uint32_t)(c), (uint32_t)(d), 0)

/** An observation point: nothing happens here, but whoever watches the
 *  machine sees that the guest came by, with two values in eax and edx. */
#define MARK(name)                                                           \
    __attribute__((noinline, noclone, regparm(2))) void                      \
    mark_##name(uint32_t a, uint32_t b)                                      \
    {                                                                        \
        __asm__ volatile("" : : "r"(a), "r"(b));                             \
    }

#endif
