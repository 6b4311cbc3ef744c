/* SPDX-License-Identifier: MIT */
/**
 * @file runfile.h
 * The run file: what the simulator's module is told about a run, in the
 * text file that the environment variable RINGFENCE_RUN names.
 *
 * One directive a line, words separated by blanks; `#` starts a comment.
 * Numbers are decimal, or hexadecimal with 0x. A NAME has 1 to 47 of the
 * characters A-Z a-z 0-9 _ . + - * /. A FILE is relative to the folder where
 * the simulator runs.
 *
 *     seed N                noted in EVENT_START
 *     budget N              ticks until MACHINE_BUDGET: one an instruction,
 *                           and the clock's while the processor waits in
 *                           HLT; 2,000,000,000 when there is no such line
 *     events FILE           write the records of event.h
 *     memory FILE           write all of RAM at the end (sparse)
 *     exit-port N           a write there ends the run; default 0xF4
 *     kernel START END      the hypervisor's text, virtual, [START, END)
 *     mark NAME VADDR RING  EVENT_MARK each time the instruction there is
 *                           about to execute at that ring; a fault that
 *                           restarts it counts again
 *     snap NAME BASE OFFSET LEN
 *                           with mark NAME also record LEN bytes at BASE +
 *                           OFFSET; BASE is a number, a register (eax ..
 *                           edi, eip), or `*` and a register: the 32-bit
 *                           word that it points to
 *     end NAME              executing mark NAME ends the run
 *     guest NAME START END  a trusted guest's code, virtual
 *     text START LEN SHA256 trusted bytes, see below
 *     allow START END       the oracle *map*: physical memory that may be
 *                           touched; without such a line, all
 *     oracle NAME on|off    an oracle of sim/oracles/table.c
 *     oracle-stop on|off    end the run at the first broken oracle
 *     arg NAME VALUE        for oracles; VALUE is one word
 *     window FROM TO        the boundaries between instructions from that of
 *                           mark FROM to that of mark TO, each time; TO
 *                           `return`: to the next first one of a ring above
 *                           0. See forks.h for these five
 *     jump TICKS BUDGET     the event: so much time passes at once, and the
 *                           run ends at most BUDGET ticks later
 *     fork FILE MOST        a child at each boundary of the window, MOST at
 *                           the most; what they do goes to FILE. There are
 *                           no more once they have taken more instructions
 *                           together than the run's budget
 *     fork-every on|off     also where one cannot differ from the last
 *     jump-at N             instead of children: the event at the boundary
 *                           of the window with N instructions before it
 *     serial FILE           for whoever writes the simulator's configuration;
 *                           ignored here
 *
 * A text is compared whenever a mark inside it is about to execute: it must
 * be mapped there and have this hash. A text in the `kernel` range, once it
 * was found right, is compared at every other mark and at the end as well. A
 * difference ends the run.
 *
 * The process ends with a status of src/include/machine.h: what the machine
 * wrote to the exit port if that is below 20 (anything else is taken for
 * MACHINE_PANIC), MACHINE_POWEROFF for an `end` mark, MACHINE_BUDGET,
 * MACHINE_TRIPLE_FAULT (also a reset by a device), MACHINE_HUNG (HLT with
 * interrupts off; a device that gave up), MACHINE_ORACLE (a text was
 * changed; an oracle was broken and `oracle-stop on`), and MACHINE_HARNESS
 * when the run file cannot be used. 1 is Bochs' own: its configuration is
 * wrong. Why, in full, is in EVENT_END.
 */
#ifndef SIM_BOCHS_RUNFILE_H
#define SIM_BOCHS_RUNFILE_H

#include "sim/oracles/oracle.h"

#define RUN_DEFAULT_BUDGET 2000000000ull
#define RUN_DEFAULT_EXIT_PORT 0xF4u

/** What a snap's address is counted from. */
enum snap_base {
    SNAP_NUMBER,   /**< a constant, in `offset` */
    SNAP_REGISTER, /**< the register `reg` */
    SNAP_POINTER,  /**< the word that register `reg` points to */
};

struct run_snap {
    enum snap_base base;
    unsigned reg;    /**< index into eax..edi, eip of event_registers */
    uint32_t offset; /**< added, with wrap */
    uint32_t bytes;
    unsigned mark;   /**< index */
};

struct run_mark {
    char name[EVENT_NAME_BYTES];
    uint32_t vaddr;
    unsigned ring;
    bool ends;
};

struct run_text {
    struct machine_text range;
    uint8_t sha256[32];
};

struct run_oracle_switch {
    unsigned index; /**< into oracle_table */
    bool on;
};

/** A run file, read and checked. */
struct run_file {
    uint64_t seed, budget;
    char *events, *memory; /**< or NULL */
    char *forks;           /**< the children's file, or NULL */
    uint32_t exit_port;
    uint32_t kernel_start, kernel_end;
    bool oracle_stop;

    bool has_window, window_returns;
    unsigned window_from, window_to; /**< marks */
    uint64_t jump, jump_budget, jump_at; /**< 0: none */
    uint32_t fork_most;
    bool fork_every;

    struct run_mark *marks;
    size_t nr_marks;
    struct run_snap *snaps;
    size_t nr_snaps;
    struct machine_guest *guests;
    size_t nr_guests;
    struct run_text *texts;
    size_t nr_texts;
    struct machine_range *allowed;
    size_t nr_allowed;
    struct machine_arg *args;
    size_t nr_args;
    struct run_oracle_switch *switches;
    size_t nr_switches;
};

/**
 * Read a run file.
 *
 * @param path     Its name, for messages.
 * @param file     Zeroed first; filled in only as far as it was read.
 * @param message  On failure one sentence, "NAME:LINE: what is wrong".
 * @return true when every line was understood.
 */
bool run_file_read(const char *path, struct run_file *file,
                   char message[256]);

/** Release what run_file_read() allocated. */
void run_file_free(struct run_file *file);

#endif
