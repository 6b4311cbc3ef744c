/* SPDX-License-Identifier: MIT */
/**
 * @file qemu.h
 * The QEMU side of a run: for interactive use, speed and size. QEMU's TCG
 * checks neither segment limits nor reserved bits of a PDPTE, so it is never
 * asked for a verdict on isolation.
 *
 * Its exit status alone would not do: 1 means both "the machine wrote 0 to
 * the exit port" and "bad option". So QEMU is started stopped and told to go
 * on through its control channel (QMP): what comes before the answer is the
 * host's fault, what comes after is the machine's doing. The same channel
 * tells a reset (after a triple fault) from a power-off, and can be asked
 * whether the processor sleeps with interrupts off.
 */
#ifndef SIM_QEMU_H
#define SIM_QEMU_H

#include "sim/run/description.h"

/** Write the modules as files: QEMU's loader reads them by name. */
int sim_qemu_prepare(const struct sim_run *run, struct sim_error *error);

/**
 * The command line.
 *
 * @param run      Prepared.
 * @param options  Which program, and how.
 * @param channel  The simulator's end of the control channel, or -1 without.
 * @param words    Appended to.
 */
void sim_qemu_command(const struct sim_run *run,
                      const struct sim_options *options, int channel,
                      struct sim_words *words);

/** What the control channel has told so far. */
struct qemu_channel {
    int fd;          /**< our end, or -1 */
    char line[16384]; /**< what has come of the next line */
    size_t used;
    bool started;    /**< the machine runs: what follows is its own doing */
    bool reset;      /**< it asked for a reset: a triple fault */
    bool off;        /**< it was powered off by ACPI */
    bool asleep;     /**< the last answer: HLT with interrupts off */
};

/** Ask QEMU whether it is ready; when it is, the machine is started. */
void qemu_start(struct qemu_channel *channel);

/** Ask whether the processor sleeps for good; the answer arrives later. */
void qemu_ask_asleep(struct qemu_channel *channel);

/** Read what has arrived; never blocks. @retval false the channel closed. */
bool qemu_receive(struct qemu_channel *channel);

/**
 * What QEMU's end means.
 *
 * @param channel      What it has told.
 * @param exit_status  As from waitpid()'s WEXITSTATUS.
 * @return enum machine_exit.
 */
int qemu_status(const struct qemu_channel *channel, int exit_status);

#endif
