/* SPDX-License-Identifier: MIT */
/**
 * @file pool.h
 * Work done in child processes, a few at a time. A child that dies takes
 * nothing with it but its own piece of work, and the parent learns of it.
 */
#ifndef GRADER_POOL_H
#define GRADER_POOL_H

#include "labs/grader/util.h"

/** In a child: do piece `index` and add its result to `out`. */
typedef void pool_work(void *context, unsigned index, struct text *out);

/**
 * In the parent, when a piece has ended, in any order.
 *
 * @param context  As given to pool_run().
 * @param index  The piece, from 0.
 * @param size  Bytes of `result`.
 * @param result NULL
 * when the child died or ended with another status than 0.
 */
typedef void pool_done(void *context, unsigned index, const char *result,
                       size_t size);

/**
 * Do pieces 0 .. nr-1, at most `jobs` at the same time.
 *
 * Standard input and outputs are the parent's; a child must not read them.
 */
void pool_run(unsigned nr, unsigned jobs, pool_work *work, pool_done *done,
              void *context);

#endif
