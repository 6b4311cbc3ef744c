/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The guest that asks for anything: what its parts share.
 */
#ifndef FUZZ_GUEST_H
#define FUZZ_GUEST_H

#include "guest.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/vcpu.h>

/* A playground: pages whose mappings, types and owners may change. The rest of
 * the image is left alone, mostly. */
#define POOL_PAGES 48u
extern uint8_t pool[POOL_PAGES + 1][4096];

extern uint64_t pool_mfn[POOL_PAGES]; /**< its frames, as far as it has them */

/** What calls point to. */
#define ARGUMENT_BYTES 16384u
extern uint8_t arguments[ARGUMENT_BYTES + 4096];

/** One vCPU's state: the second one plays as well. */
struct player {
    uint64_t random;
    uint32_t calls;
    bool ready;      /**< `resume` is */
    void *resume[5]; /**< __builtin_setjmp's: where a fault leads */
    uint8_t stack[8192] __attribute__((aligned(16)));
    uint8_t kernel_stack[8192]; /**< for traps from ring 3 */
};
extern struct player players[2];
/** The one whose stack this is. */
struct player *self(void);

/** The machine checks segment limits. Where it does not, ring 1 could reach the
 *  hypervisor, and no address that would be is used. */
extern bool exact;
extern bool steady; /* oracles watch: frames come and go by calls that mean it
                       only, and lists are where they seem to be */
extern domid_t own_id;
extern uint32_t nr_domains;

/** Everything by which it survives, registered anew. */
void survive(void);
/** Forget what is being done, and go on with the next step. */
_Noreturn void give_up(void);

/* entry.asm */
void fuzz_upcall(void);
void fuzz_failsafe(void);
void fuzz_second(void);
extern const uint8_t user_bytes[], user_bytes_end[];

/* choose.c */
uint32_t draw(uint32_t below); /* 0 .. below - 1 */
uint32_t draw32(void);
bool one_in(uint32_t n);
uint64_t draw_frame(void);
uint64_t draw_entry(void);
uint32_t draw_va(void);
uint32_t draw_stack(void);
uint16_t draw_selector(void);
domid_t draw_domain(void);
uint64_t draw_entry_address(void);
uint64_t draw_time(void);
uint64_t pool_frame(unsigned n);
/** Room for an argument; its address, or now and then another one. */
void *room(uint32_t bytes);
uint32_t passed(const void *argument);

/* calls.c */
struct asked {
    uint32_t number, arg[5];
};
void draw_call(struct asked *c);
void make_call(const struct asked *c);

/* deeds.c: what is no call */
void draw_deed(void);

#endif
