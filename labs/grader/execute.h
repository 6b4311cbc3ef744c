/* SPDX-License-Identifier: MIT */
/**
 * @file execute.h
 * One run of one test on the instrumented simulator, in a sandbox.
 */
#ifndef GRADER_EXECUTE_H
#define GRADER_EXECUTE_H

#include "labs/grader/guest.h"
#include "labs/grader/image.h"
#include "labs/grader/setup.h"
#include "sim/trace/forks.h"

/** A run that took place: what test.h's questions are asked of. */
struct run {
    const struct setup *setup;
    struct image *image;
    struct guest guest; /**< the test's, if it names one */
    struct trace *trace;
    uint8_t *memory; /**< RAM at the end, mapped; or NULL */
    size_t memory_bytes;
    struct event_registers registers; /**< when it ended */
    struct forks *forks; /**< its interleavings, if it has any */
    double seconds;      /**< that the simulator took; never for a report */
};

enum run_result {
    RUN_TOOK_PLACE,
    RUN_MISTAKE, /**< the test asks for what cannot be: a harness error */
    RUN_BROKE,   /**< the simulator gave no complete record */
};

/**
 * Run the image as the test's setup says.
 *
 * @param g  Paths, limits and the sandbox.
 * @param setup   Filled in by the test's prepare(); mistakes that show only
 *                now are noted in it.
 * @param image   Linked with the test's driver; the input is written into
 *                its bytes.
 * @param folder  A job's folder; the run's files stay there.
 * @param seed    Shifts the timer's phase.
 * @param run     Filled in when RUN_TOOK_PLACE; release with run_free().
 * @param why     What broke, as a phrase; free() it. NULL otherwise.
 */
enum run_result run_execute(const struct grader *g, struct setup *setup,
                            struct image *image, const char *folder,
                            uint64_t seed, struct run *run, char **why);
void run_free(struct run *run);

/**
 * One interleaving of a run: a run with everything of that one but its memory
 * at the end.
 *
 * @param run    It has interleavings.
 * @param index  Below forks_about()->nr_children.
 * @param to     Filled in; release with run_close_fork(), before the run.
 * @param why    What is wrong with its records, as a phrase; free() it.
 * @retval false There is something wrong.
 */
bool run_fork(const struct run *run, size_t index, struct run *to,
              char **why);
void run_close_fork(struct run *fork);

/** A symbol of the image, or, as "guest:name", of the guest. */
bool run_find_symbol(const struct run *run, const char *name,
                     uint32_t *address);

/** Map a file of RAM; for run_execute() and tests. */
bool run_map_memory(struct run *run, const char *path);

#endif
