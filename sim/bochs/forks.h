/* SPDX-License-Identifier: MIT */
/**
 * @file forks.h
 * All interleavings of an event with a stretch of a run: at each boundary
 * between two instructions of the stretch (the *window*) the simulator's
 * process forks, the child has the event there and runs to its own end.
 *
 *     run  ----*----*----*----*----*----*---->  the run without the event
 *              |    |    |    |    |    |
 *              v    v    v    v    v    v       one child each: jump, then on
 *
 * The event is a *jump* of the machine's time: so many ticks pass at once, as
 * when firmware or a host takes the processor away. Every device does in them
 * what it had to do, so a timer that was set to a time in the jump is due at
 * exactly this boundary, whichever device it is and whoever reads the clock.
 * Boundaries are ticks of the clock: between instructions, between the
 * rounds of a repeated one, and once where the processor waits in HLT.
 *
 * - FORKS-I1: the run itself is the one that there would be without all this:
 *   a child changes nothing outside its own process but the pipe to us.
 * - FORKS-I2: a jump at boundary k gives the same run as one at k+1 if at k
 *   interrupts are off and the instruction between the two neither looks at
 *   time or interrupts nor changes them (forks_sees()): what is due then waits
 *   in the controller either way, and nobody has asked it. Such boundaries are
 *   one class, and the first one has its child. Only the time that an
 *   interrupt waits differs, and the first waits longest. `fork-every on`
 *   forks at every boundary and compares each child with its class's.
 * - FORKS-I3: children run one at a time and are written down in order, so
 *   the file is the same from run to run.
 *
 * `jump-at N` has the run itself jump at the boundary with N instructions
 * before it: the same run as the child's there, record by record.
 */
#ifndef SIM_BOCHS_FORKS_H
#define SIM_BOCHS_FORKS_H

#include "sim/bochs/runfile.h"

/** The window is open, and has not been left for good. */
extern bool forks_open;
/** This process is a child: nothing of it outlives its end but its records. */
extern bool forks_child;
/** The event has come: in a child, or at `jump-at`. */
extern bool forks_jumped;
/** The processor waits; the next instruction ends that. */
extern bool forks_asleep;

/**
 * Get ready; at the machine's first reset.
 *
 * @param file  The run file; kept.
 * @return NULL, or the name of a file that cannot be written (errno).
 */
const char *forks_start(const struct run_file *file);

/** A mark is about to execute, and has been recorded. */
void forks_mark(unsigned mark);
/** The processor has arrived at a ring above 0. */
void forks_left_ring0(void);
/** The instruction that executes sees or changes time or interrupts. */
void forks_sees(void);
/** HLT is about to execute with interrupts on. */
void forks_halt(void);
/** An instruction is about to execute after that. */
void forks_wake(void);

/** The last bytes of a child, behind its end record, for its comparison with
 *  others; nothing anywhere else. */
void forks_tail(void);

/**
 * The run is over.
 *
 * @return false when what the children did could not be written.
 */
bool forks_end(void);

#endif
