/* SPDX-License-Identifier: MIT */
/**
 * @file kernel.h
 * What the parts of the family `kernel` share: a guest that starts as the
 * 32-bit Linux 5.4 does, with the calls that this makes and in its order.
 *
 *     guests/kernel.c        the order
 *     kernel/batch.c         requests that are made together
 *     kernel/tables.c        frames, page tables, the switch away from the
 *                            boot tables
 *     kernel/processor.c     descriptors, traps, callbacks, what privileged
 *                            instructions are answered
 *     kernel/interrupts.c    event channels, timers, sleep
 *     kernel/devices.c       console, store, grants, memory that comes and goes
 *     kernel/second.c        a second vCPU
 *     kernel/processes.c     address spaces, fork, copies on write
 *     kernel/user.c          programs for ring 3, system calls, switches
 *     kernel/head.asm        entries and exits
 *
 * All memory is mapped from 0xC0000000 on: pfn 0 is there.
 */
#ifndef CONFORMANCE_KERNEL_H
#define CONFORMANCE_KERNEL_H

#include "check.h"

#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

#define KERNEL_BASE 0xC0000000u
#define PAGE 4096u
#define KERNEL_SLOT 3u /* of the L3 */

/* Selectors of the kernel's own descriptors, as the kernel writes them: the
 * hypervisor makes RPL 0 the kernel's. */
#define GDT_TLS 6u
#define SEL_KERNEL_CS 0x60u
#define SEL_KERNEL_DS 0x68u
#define SEL_USER_CS 0x73u
#define SEL_USER_DS 0x7Bu
#define SEL_PERCPU 0xD8u
#define SEL_CANARY 0xE0u
#define SEL_TLS (GDT_TLS * 8 + 3)
#define GDT_ENTRIES 32u

/** PAGE_KERNEL, PAGE_KERNEL_RO, _PAGE_TABLE, _KERNPG_TABLE of that kernel;
 *  NX where the processor has it. */
#define PAGE_RW (L1_PRESENT | L1_WRITABLE | L1_ACCESSED | L1_DIRTY)
#define PAGE_RO (L1_PRESENT | L1_ACCESSED | L1_DIRTY)
#define TABLE_FLAGS (PAGE_RW | L1_USER)

#define ADDRESS_MASK 0x000FFFFFFFFFF000ull

/** The registers at an entry, as head.asm leaves them. */
struct frame {
    uint32_t ebx, ecx, edx, esi, edi, ebp, eax;
    uint32_t ds, es, fs, gs;
    uint32_t vector, error;
    uint32_t eip, cs, eflags, esp, ss;
};

/** A vCPU's own data; FS:0 is its beginning. */
struct percpu {
    vcpu_info_t *vcpu; /**< head.asm reads it */
    uint32_t number;
    vcpu_info_t info __attribute__((aligned(64))); /**< registered for it */
    struct vcpu_runstate_info runstate;
    volatile uint32_t nr_ticks, nr_calls, nr_kicks;
    evtchn_port_t timer, call, kick;
} __attribute__((aligned(64)));
extern struct percpu percpu[2];

static inline vcpu_info_t *this_vcpu(void)
{
    vcpu_info_t *v;

    __asm__ volatile("movl %%fs:0, %0" : "=r"(v));
    return v;
}

/* --- tables.c ------------------------------------------------------------ */

extern const uint32_t *m2p;
extern uint32_t nr_pages;
extern uint64_t swapper_pgd[512], *swapper_pmd;

static inline uint32_t pfn_of(const void *va)
{
    return ((uint32_t)va - KERNEL_BASE) / PAGE;
}

static inline void *page_of(uint32_t pfn)
{
    return (void *)(KERNEL_BASE + pfn * PAGE);
}

uint32_t mfn_of(const void *va);
uint64_t entry_of(const void *va, uint64_t flags);
uint64_t machine_of(const void *va);
void *page_take(void);
void page_give(void *page);
int32_t page_protect(void *page, uint64_t flags);
int32_t table_pin(unsigned cmd, const void *table);
int32_t table_base(const void *pgd);
int32_t table_set(uint64_t *where, uint64_t value);
int32_t flush_page(uint32_t va);
void p2m_set(uint32_t pfn, uint32_t mfn);
void tables_first(void);
void tables_early(void);
void tables_final(void);
void *fixmap(unsigned n, uint64_t entry);

/** The page that an entry points to. */
uint64_t *table_of(uint64_t entry);

/* --- batch.c ------------------------------------------------------------- */

#define BATCH 32u
void batch_call(unsigned op, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                uint32_t e);
void batch_update(uint64_t ptr, uint64_t value);
void batch_ext(unsigned cmd, uint32_t arg);
uint32_t batch_end(void); /* how many failed */

/* --- processor.c --------------------------------------------------------- */

extern uint64_t gdt[2][512];

void features_read(void);
void gdt_early(void);
void percpu_load(unsigned cpu);
void callbacks_register(void);
void traps_load(void);
void processor_start(unsigned cpu);
void processor_asked(void);

/** Handle an exception; part of what was expected. @return false: not ours */
bool exception_fixed(struct frame *f);

/* --- interrupts.c -------------------------------------------------------- */

void interrupts_early(void);
void shared_map(void);
void vcpu_infos(void);
void time_start(void);
void timer_bind(unsigned cpu);
void timer_oneshot(unsigned cpu);
void ipis_bind(unsigned cpu);
int32_t timer_next(unsigned cpu, uint64_t from_now);
void interrupts_on(void);
void interrupts_off(void);
void idle_until(volatile uint32_t *counter, uint32_t value);
uint64_t clock_read(void);
int32_t port_notify(evtchn_port_t port);
evtchn_port_t port_interdomain(evtchn_port_t port);
void port_handler(evtchn_port_t port, void (*handler)(unsigned cpu));
void timers(void);
void ticks(bool on);

/* --- devices.c, second.c, processes.c, user.c ---------------------------- */

void console_early(const char *text);
void memory_found(void);
void ramdisk_found(void);
void privileged_found(void);
void console_start(void);
void store_start(void);
void grants_start(void);
void balloon(void);

void second_start(void);
void locks(void);
void second_end(void);

/** An address space, and where its process is. */
struct process {
    uint64_t *pgd, *pmd[4], *text, *stack; /* tables */
    uint32_t kernel_esp;                   /* while it does not run */
    uint8_t *kernel_stack;
    uint64_t tls[3];
    struct process *parent;
    bool done;
    uint32_t status;
};
extern struct process *current;

struct process *process_make(void);
struct process *process_fork(struct process *from, const struct frame *f);
void process_free(struct process *p);
bool process_fault(const struct frame *f, uint32_t va);
int32_t process_protect(struct process *p, bool writable);
void processes(void);

/* --- head.asm ------------------------------------------------------------ */

extern const uint32_t kernel_entry[20];
void system_call_entry(void);
void sysenter_entry(void);
void hypervisor_callback(void);
void failsafe_callback(void);
void stack_change(uint32_t *from, uint32_t to);
void fork_return(void);
void second_entry(void);

/** The programs: kernel/head.asm's section .user. */
extern const char program_first[], program_page[];

#endif
