/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A machine made up for the fuzzer: memory, a processor with page tables, a
 * TLB and segments, a timer, and the way from ring 0 back to a guest.
 *
 * The hypervisor's own code, all of it but boot/ and arch/, runs on it. What
 * the real machine would answer with a fault in ring 0 ends the process here,
 * and so does what no hypervisor may let happen: see broken().
 *
 *     frames 0..15                         never handed out
 *     frames 16..MACHINE_HEAP_START-1      the frame allocator's
 *     frames MACHINE_HEAP_START..          the hypervisor's heap
 */
#ifndef FUZZ_MACHINE_H
#define FUZZ_MACHINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "boot.h"
#include "domain.h"
#include "hypercall.h"
#include "memory.h"
#include "segmentation.h"

#define MACHINE_FRAMES 640u
#define MACHINE_HEAP_START (MACHINE_FRAMES - 160u)
#define MACHINE_M2P_FRAME 4u
#define MACHINE_DEVICE_FRAME 15u

/** Something is as it must never be: say what, and end the process. */
_Noreturn void broken(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/** Say more: each request and what came of it, for whoever replays an input.
 *  Set by FUZZ_SHOW in the environment. */
extern bool machine_shows;
void show(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- frames.c ------------------------------------------------------------ */

/** Everything as at power on. */
void frames_reset(void);

/** A frame's content. */
void *frame_bytes(mfn_t m);

/** Let an allocation fail after so many more; 0: let none fail. */
void frames_shortage(unsigned after);

/** Frames that the hypervisor looked at since the last frames_forget(). */
bool frame_touched(uint32_t n);
void frames_forget(void);

/** Windows held now: between two calls none, but those of vcpu_info. */
extern unsigned windows_held, windows_kept;

/** What window_fix() shows at an address; INVALID_MFN: nothing. */
mfn_t fixed_window(uint32_t address);

/* --- processor.c --------------------------------------------------------- */

void processor_reset(void);

/** Memory that every guest finds at these addresses whatever its tables say:
 *  arguments of calls are put there. */
#define ARGUMENTS 0x00C00000u
#define ARGUMENT_BYTES 0x10000u
extern uint8_t arguments[ARGUMENT_BYTES];

/**
 * What an access of the guest's own comes to.
 *
 * @param address  Linear.
 * @param write    A store.
 * @param user     From ring 3.
 * @param error    The page fault's error code, if there is one.
 * @return The byte, or NULL for a page fault.
 */
uint8_t *processor_reach(uint32_t address, bool write, bool user,
                         uint32_t *error);

/** The descriptor behind a selector, as the processor reads it; false: it
 *  would fault. */
bool processor_descriptor(uint16_t selector, descriptor_t *d);

/** Could IRET go there; could this be loaded into a data segment register? */
bool processor_returns_to(const trap_frame_t *frame);
bool processor_loads(uint16_t selector, unsigned ring);

/** What a page fault's address register holds. */
void processor_set_cr2(uint32_t address);

/** Every remembered translation may still be used (oracle: stale). */
void processor_check(void);

/* --- passage.c ----------------------------------------------------------- */

extern jmp_buf world_over; /**< where the machine's end leads */

/** The machine's end was asked for in this way. */
extern enum machine_exit machine_ended;

void passage_reset(void);

/** Back to a guest, as arch/segmentation_entry.asm goes: whoever is current
 *  afterwards is at an instruction of its own. */
void passage_back(void);

/** The running guest executes INT 0x82 with these registers; eip is behind the
 *  instruction. */
void passage_call(uint32_t number, const uint32_t arg[HYPERCALL_ARGS]);

/** The running guest's instruction raised an exception. */
void passage_trap(unsigned vector, uint32_t error, uint32_t cr2);

/** Time goes by; what is due, interrupts. */
void passage_time(ns_t ns);

/** Nobody runs from now on, and timers end all domains. */
void passage_last_sleep(void);

/** Where a guest's INT 0x82 is: a frame there is a call to be made again. */
#define CALL_EIP 0x00401000u
#define INT_BYTES 2u

/** Calls made; parts of one count as one. */
extern uint64_t machine_calls;

/* --- touched.c ----------------------------------------------------------- */

/** Forget all; the next look is at everything. */
void touched_reset(void);

/** Recount the tables that were touched, and compare every count. */
void touched_check(const char *when);

/** No domain maps what is neither its own nor granted (owners.c). */
void owners_check(const char *when);

/** Everything anew, by the hypervisor's own check. */
void recount_check(const char *when);

#endif
