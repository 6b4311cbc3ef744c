/* SPDX-License-Identifier: MIT */
/**
 * @file driver_marks.h
 * Marks of a lab's drivers. A submission runs in ring 0 beside the driver,
 * so it can jump to any of the driver's instructions; what it cannot do is
 * leave out a mark without being missed, or add one without being in turn.
 */
#ifndef GRADER_DRIVER_MARKS_H
#define GRADER_DRIVER_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "labs/grader/test.h"

/** The driver's last mark, which ends the run. */
#define DRIVER_DONE "done"

/** The `index`-th execution of a mark. @retval false it is missing, and the
 *  verdict says why: the run ended before it, or the driver was skipped. */
bool driver_mark(struct verdict *v, const struct run *run, const char *name,
                 size_t index, struct mark *to);

/** The driver came to its end, after exactly `nr` executions of a mark. */
bool driver_done(struct verdict *v, const struct run *run, const char *name,
                 size_t nr);

#endif
