/* SPDX-License-Identifier: MIT */
/**
 * @file driver_marks.c
 * Marks of drivers, none missing and none too many; see driver_marks.h.
 */
#include "labs/grader/driver_marks.h"

static void fail_count(struct verdict *v, const struct run *run,
                       const struct mark *done, const char *name,
                       const char *instead)
{
    verdict_fail(v, done->event,
                 "the driver's end is reached when its point \"%s\" was "
                 "executed %zu times%s: the driver did not run from start to "
                 "end",
                 name, run_nr_marks(run, name), instead);
}

bool driver_mark(struct verdict *v, const struct run *run, const char *name,
                 size_t index, struct mark *to)
{
    struct mark done;

    if (run_mark(run, name, index, to))
        return true;
    if (verdict_reached(v, run, DRIVER_DONE, &done))
        fail_count(v, run, &done, name, ", too few");
    return false;
}

bool driver_done(struct verdict *v, const struct run *run, const char *name,
                 size_t nr)
{
    struct mark done;

    if (verdict_failed(v) || !verdict_reached(v, run, DRIVER_DONE, &done))
        return false;
    if (run_nr_marks(run, name) != nr)
        fail_count(v, run, &done, name,
                   run_nr_marks(run, name) < nr ? ", too few" : ", too often");
    return !verdict_failed(v);
}
