/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The domains of one input: made, told what to do, ended.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "machine.h"

/*
 * What each domain starts with. Its kernel runs flat in ring 1.
 *
 *     l3[0] -> l2, l2[0] -> l1, l2[1] -> l1b; l3[3] -> xen_l2
 *     0x000000  page 0..11, writable: 1 has code, 2 and 3 are stacks, 4 its
 *               console's ring, 5 its store's
 *     0x00C000  l3 l2 xen_l2 l1 l1b, read-only
 *     0x011000  shared_info, its grant table
 *     0x013000  spare 0..3, read-only; 0 and 1 are full of descriptors
 *     0x200000  page 0..3 read-only, page 4..7 for ring 3 as well
 */
#define WORLD_PAGES 12u
#define WORLD_TABLES 5u
#define WORLD_SPARES 8u
#define WORLD_FRAMES (WORLD_TABLES + WORLD_PAGES + WORLD_SPARES)
#define WORLD_DOMAINS 4u /* at a time, and numbers that they have */
#define WORLD_MAX_FRAMES 48u
#define CODE_VA 0x1000u
#define STACK_VA 0x3000u
#define TABLES_VA 0xC000u
#define SHARED_VA 0x11000u
#define GRANT_VA 0x12000u
#define SPARES_VA 0x13000u

/** The frames that a domain was given first: tables, pages, spares. */
extern mfn_t world_frame[WORLD_DOMAINS][WORLD_FRAMES];

/** How a world is: bits of the input's first bytes. */
struct world_options {
    bool control; /**< domain 0 is there, and privileged */
    bool fast;    /**< the hypervisor's short ways */
    uint8_t sched, assists, nr;
};

void world_start(const struct world_options *o);

/** Make domain `id`; false if memory is short. */
bool world_birth(domid_t id, bool control, uint32_t assists);

/** End all domains, and see that everything comes back. */
void world_end(void);

/* --- input.c: what the input says ---------------------------------------- */

uint8_t take8(void);
uint32_t take32(void);
bool input_left(void);

/* --- choose.c: numbers that mean something, mostly ----------------------- */

struct domain *caller(void);
mfn_t take_frame(void);
uint64_t take_entry(void);
domid_t take_domain(void);
domid_t take_other(void); /* one with which there may be something to do */
uint32_t take_va(void);
uint16_t take_selector(void);
uint64_t take_entry_address(void);
uint64_t take_time(void);
/** Put an argument where the next call can find it. */
uint32_t put(const void *from, size_t bytes);
/** The same place, or now and then another one. */
uint32_t address_of(uint32_t argument);
void arguments_restart(void);

/* --- calls_*.c: calls that are right, or almost -------------------------- */

struct call {
    uint32_t number;
    uint32_t arg[HYPERCALL_ARGS];
};
typedef void call_builder(struct call *c);
void build_call(struct call *c);
call_builder build_mmu_update, build_mmuext_op, build_va_mapping,
    build_va_mapping_other, build_memory_op, build_event_channel_op,
    build_event_compat, build_grant_table_op, build_trap_table, build_set_gdt,
    build_update_descriptor, build_stack_switch, build_set_callbacks,
    build_callback_op, build_debugreg, build_sched_op, build_sched_compat,
    build_vcpu_op, build_set_timer, build_alarm, build_version,
    build_console_io, build_physdev_op, build_physdev_compat, build_vm_assist,
    build_iret, build_nmi_op, build_fpu, build_control, build_unknown;

/* --- guest.c: what guests do besides ------------------------------------- */

/** One thing that a guest does, or that happens to it. */
void world_step(void);

#endif
