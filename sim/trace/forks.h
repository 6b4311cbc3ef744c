/* SPDX-License-Identifier: MIT */
/**
 * @file forks.h
 * Reading what a run's children did (forks_file.h): each child as a trace of
 * its own, from power-on to its end.
 *
 * - TRACE-I3: forks_read() checks that every child lies inside the file and
 *   its prefix inside the run's own; forks_trace() checks the records of one,
 *   as trace_open() would (TRACE-I1).
 */
#ifndef SIM_TRACE_FORKS_H
#define SIM_TRACE_FORKS_H

#include "sim/trace/forks_file.h"
#include "sim/trace/reader.h"

struct forks;

/**
 * Read a children's file.
 *
 * @param path    The file.
 * @param events  The run's own event file, complete.
 * @param forks   Its children; release with forks_free().
 * @param error   What is wrong with either.
 * @retval -1     One cannot be read, or they are not what they should be.
 */
int forks_read(const char *path, const char *events, struct forks **forks,
               struct sim_error *error);
void forks_free(struct forks *forks);

/** How many boundaries and children, and why there are no more. */
const struct forks_file *forks_about(const struct forks *forks);
/** The index-th child, from 0; NULL beyond the last. */
const struct forks_child *forks_nth(const struct forks *forks, size_t index);

/**
 * A child's run as one trace.
 *
 * @param forks  Where it is.
 * @param index  Below forks_about()->nr_children.
 * @param trace  Its trace; release with trace_close().
 * @param error  What is wrong with its records.
 * @retval -1    They are no complete, well-formed trace.
 */
int forks_trace(const struct forks *forks, size_t index,
                struct trace **trace, struct sim_error *error);

#endif
