/* SPDX-License-Identifier: MIT */
/**
 * @file cpu.h
 * The two sides of the shim: what the simulator tells us (run_*), and what
 * we may ask of it (cpu_*). shim.cc implements the second and calls the
 * first; it is the only file that knows Bochs. A unit test can take its
 * place.
 */
#ifndef SIM_BOCHS_CPU_H
#define SIM_BOCHS_CPU_H

#include "sim/oracles/oracle.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- The processor and its memory, implemented by the shim --------------- */

/** Where the processor is: what can be asked at every instruction. */
struct cpu_place {
    uint64_t icount;
    uint32_t eip; /**< of the instruction, also while it executes */
    uint32_t cr3;
    uint16_t cs;
    uint8_t ring;
    bool interrupt_pending; /**< the line of the external interrupt is up */
};

void cpu_place(struct cpu_place *to);

/** The few registers that every event has. */
struct cpu_now {
    uint64_t icount;
    uint32_t eip; /**< of the instruction, also while it executes */
    uint32_t esp, eflags, cr0, cr3;
    uint16_t cs, ss;
    uint8_t ring;
};

void cpu_now(struct cpu_now *to);
/** All registers; eip is where execution would go on. */
void cpu_registers(struct event_registers *to);
uint32_t cpu_cr4(void);
void cpu_segment(enum machine_segment which, struct segment_cache *to);
/** Debug registers, FPU, SSE. */
void cpu_extra(struct machine_extra *to);
void cpu_table(enum event_table which, struct table_register *to);
/** Where the instruction about to be executed is fetched from. @return false
 *  in the rare case that only its second page is known. */
bool cpu_fetch(uint32_t *vaddr, uint64_t *maddr);
/** The four page-directory pointers that the processor holds. */
void cpu_pdpt(uint64_t entry[4]);
/** Where the host holds a byte of RAM or ROM, good up to the end of its
 *  4 KB; NULL for devices and for nothing at all. */
const uint8_t *cpu_memory(uint64_t maddr);
/** The same of RAM, to be changed; NULL for anything else. */
uint8_t *cpu_ram(uint64_t maddr);
uint64_t cpu_ram_bytes(void);
/** Have run_budget() called after so many ticks: instructions, and the
 *  clock of a processor that waits in HLT. Again: after so many from now. */
void cpu_set_budget(uint64_t ticks);
/** Have run_step() called after each tick, or no more. */
void cpu_step(bool on);
/** In run_step(): so many ticks pass at once, and every device does in them
 *  what it has to do. */
void cpu_pass(uint64_t ticks);
/** EFLAGS.IF: an external interrupt may be taken. */
bool cpu_interrupts_on(void);
/** End the simulator's process. */
void cpu_exit(int status) __attribute__((noreturn));

/* --- What happens, implemented by run.c and settle.c ---------------------- */

/** Instructions that need more than a glance. */
enum cpu_class {
    CPU_PLAIN = 0,
    CPU_FAR = 1,       /**< may come to another ring: IRET, far branches */
    CPU_SEGMENT = 2,   /**< may load a segment register */
    CPU_LGDT = 4,
    CPU_LIDT = 8,
    CPU_LLDT = 16,
    CPU_LTR = 32,
    CPU_CR0 = 64,      /**< CLTS, LMSW: CR0 changes without a callback */
    CPU_TIME = 128,    /**< sees or changes time or interrupts, by no port
                            and at no address */
};

/** Before the simulator looks at its own configuration. Ends the process
 *  when the run file is missing or wrong. */
void run_init(void);
void run_reset(void);
/** Registers have a new value already. */
void run_cr_write(unsigned reg);
void run_flush(enum flush_kind kind, uint32_t address);
void run_before(uint32_t eip, unsigned ring, unsigned class_bits);
void run_exception(unsigned vector, bool has_error, uint32_t error,
                   bool unresolvable);
void run_external(unsigned vector);
void run_delivery(unsigned vector);
void run_far_branch(enum ring_cause cause);
void run_halt(bool interrupts_on);
void run_port(bool out, unsigned port, unsigned bytes, uint32_t value);
void run_linear(uint32_t vaddr, uint64_t maddr, unsigned bytes,
                enum access_kind kind, unsigned ring);
void run_physical(uint64_t maddr, unsigned bytes, bool write);
void run_msr_write(uint32_t reg, uint64_t value);
void run_budget(void);
/** An instruction, or a round of a repeated one, is done and has taken its
 *  time; an interrupt has not been looked for yet. Implemented by forks.c. */
void run_step(void);
/** The simulator itself gives up, and says why. */
void run_device_failed(const char *why);

#ifdef __cplusplus
}
#endif

#endif
