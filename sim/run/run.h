/* SPDX-License-Identifier: MIT */
/**
 * @file run.h
 * One run of the whole machine, described, carried out and ended: what
 * `make run` and the grader have in common.
 *
 *     run = sim_run_new(SIM_BOCHS, "build/run")
 *     sim_run_image(), sim_run_module...(), sim_mark(), ...
 *     sim_run_prepare()   writes ROM, configuration and run file
 *     sim_run_execute()   starts the simulator, waits, names the end
 *     sim_run_free()
 *
 * - RUN-I1: the simulator's inputs depend on the description only: no time,
 *   no host path (it runs inside the run's folder, by relative names).
 * - RUN-I2: nothing is started before everything that was named has been
 *   read and checked.
 * - RUN-I3: no simulator outlives its caller.
 *
 * The library has no global state: runs in different folders may go on at
 * the same time, in threads or processes.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/rom/compose.h"
#include "sim/run/error.h"

/** Which simulator. Only Bochs checks segment limits and reserved bits, and
 *  only Bochs records events. */
enum sim_machine { SIM_BOCHS, SIM_QEMU };

/** How the image comes into memory. */
enum sim_boot {
    SIM_BOOT_LOADER, /**< Bochs: the boot ROM; QEMU: its -kernel */
    SIM_BOOT_ROM,    /**< the boot ROM on either */
    SIM_BOOT_ISO,    /**< firmware and GRUB from a CD image */
};

/* Files in the run's folder; what a run did not make is not there. */
#define SIM_FILE_ROM "rom.bin"
#define SIM_FILE_RC "bochsrc.txt"
#define SIM_FILE_RUN "run.txt"
#define SIM_FILE_EVENTS "events.bin"
#define SIM_FILE_MEMORY "memory.bin"
#define SIM_FILE_FORKS "forks.bin"
#define SIM_FILE_SERIAL "serial.txt"
#define SIM_FILE_LOG "simulator.log"

/** RAM when the caller does not say. */
#define SIM_DEFAULT_RAM_MB 64u

struct sim_run;

/** How a run ended. */
struct sim_outcome {
    int status;    /**< enum machine_exit */
    bool stopped;  /**< the caller's stop_fd became readable */
    bool timed_out; /**< the limit in seconds was reached */
    char why[256]; /**< one sentence for people */
};

/** How to carry a run out: nothing here changes what the machine does. */
struct sim_options {
    const char *program; /**< the simulator; NULL: bochs-rf beside the
                              running program, or qemu-system-i386 */
    const char *const *wrapper; /**< NULL-ended words put before the command
                                     line (a sandbox), or NULL */
    bool console;   /**< forward the serial line to standard output, while
                         it runs */
    bool interactive; /**< QEMU: the serial line also reads standard input */
    bool gdb;       /**< QEMU: stop at reset, wait for gdb on port 1234 */
    unsigned seconds; /**< wall-clock limit; 0 is none */
    int stop_fd;    /**< readable: end the run; -1 is none */
};

/**
 * A new description, with the defaults: 64 MB, seed 0, the simulator's own
 * budget, no events.
 *
 * @param machine  The simulator.
 * @param folder   Where its files go; made if it does not exist.
 * @return Never NULL; release with sim_run_free().
 */
struct sim_run *sim_run_new(enum sim_machine machine, const char *folder);
void sim_run_free(struct sim_run *run);

void sim_run_boot(struct sim_run *run, enum sim_boot how);
/** RAM that exists, in MB (4 .. 3072). */
void sim_run_ram(struct sim_run *run, unsigned megabytes);
void sim_run_seed(struct sim_run *run, uint64_t seed);
/** Instructions that a run under Bochs may take. */
void sim_run_budget(struct sim_run *run, uint64_t instructions);
/** QEMU: count time in instructions (-icount) instead of the host's. */
void sim_run_icount(struct sim_run *run);

/** The command line, its first word being the image's name, as GRUB legacy
 *  and QEMU hand it over. */
void sim_run_command_line(struct sim_run *run, const char *text);

/**
 * Read a file: the image, a CD image, or a module (without an address: see
 * struct rom_module).
 *
 * @retval -1  It cannot be read; the error names it and says why.
 */
int sim_run_image(struct sim_run *run, const char *path,
                  struct sim_error *error);
int sim_run_iso(struct sim_run *run, const char *path,
                struct sim_error *error);
int sim_run_module_file(struct sim_run *run, const char *path,
                        const char *string, struct sim_error *error);

/**
 * Read a module that is a guest's kernel: as sim_run_module_file(), and a
 * packed one is unpacked (sim/run/unpack.h).
 *
 * @retval -1  It cannot be read or unpacked; the error names it and says why.
 */
int sim_run_kernel_file(struct sim_run *run, const char *path,
                        const char *string, struct sim_error *error);
/** A module from memory (copied), or a claim without bytes: see
 *  struct rom_module. */
void sim_run_module(struct sim_run *run, const struct rom_module *module);
/** One more entry of the memory map that is told; see struct rom_plan. */
void sim_run_range(struct sim_run *run, const struct rom_range *range);

/** Record events (events.bin), and dump RAM at the end (memory.bin). */
void sim_run_record(struct sim_run *run, bool events, bool memory);

/* Lines of the run file; what they mean is told in sim/bochs. A name has at
   most 47 of the characters A-Z a-z 0-9 _ . + - * / and anything else makes
   sim_run_prepare() fail with a sentence that names it. */
void sim_kernel(struct sim_run *run, uint32_t start, uint32_t end);
void sim_mark(struct sim_run *run, const char *name, uint32_t vaddr,
              unsigned ring);
void sim_snap(struct sim_run *run, const char *mark, const char *base,
              int32_t offset, uint32_t length);
void sim_end(struct sim_run *run, const char *mark);
void sim_guest(struct sim_run *run, const char *name, uint32_t code_start,
               uint32_t code_end);
void sim_text(struct sim_run *run, uint32_t start, uint32_t length,
              const char *sha256);
void sim_allow(struct sim_run *run, uint64_t start, uint64_t end);
void sim_oracle(struct sim_run *run, const char *name, bool on);
/** A broken oracle ends the run, with MACHINE_ORACLE. */
void sim_oracle_stop(struct sim_run *run);
void sim_arg(struct sim_run *run, const char *name, const char *value);
/**
 * The window in which an event may come, and the event: time jumps, and the
 * run takes at most `budget` ticks more (sim/bochs/forks.h).
 *
 * @param run     The description.
 * @param from    A mark.
 * @param to      A mark, or "return": ring 0's next.
 * @param jump    Ticks, not 0.
 * @param budget  Ticks, not 0.
 */
void sim_window(struct sim_run *run, const char *from, const char *to,
                uint64_t jump, uint64_t budget);
/** A child for each class of the window's boundaries, `most` at the most, or,
 *  to prove the classes, for every boundary. Into SIM_FILE_FORKS. */
void sim_fork(struct sim_run *run, unsigned most, bool every);
/** No children: the event at the boundary after so many instructions. */
void sim_jump_at(struct sim_run *run, uint64_t icount);

/**
 * Write everything that the simulator reads into the folder.
 *
 * @retval -1  The description cannot be carried out (see rom_compose()), or
 *             a file cannot be written; the error says which and why.
 */
int sim_run_prepare(struct sim_run *run, struct sim_error *error);

/** The composed ROM, after sim_run_prepare(); NULL when there is none. */
const struct rom *sim_run_rom(const struct sim_run *run);

/**
 * Run the simulator and wait for its end.
 *
 * @param run      Prepared.
 * @param options  See struct sim_options; NULL for all defaults.
 * @param outcome  Always filled in. Whatever the host could not do has the
 *                 status MACHINE_HARNESS.
 */
void sim_run_execute(struct sim_run *run, const struct sim_options *options,
                     struct sim_outcome *outcome);

/** What a status means, as a phrase: "the guest powered off". */
const char *sim_status_name(int status);

#endif
