/* SPDX-License-Identifier: MIT */
/**
 * @file make_exit.c
 * A function for GNU make: $(rf-exit FILE) ends make with the number in FILE.
 *
 * GNU make ends with 2 whenever a recipe failed, whatever the recipe's own
 * status was, so the end of a guest would not reach who called `make run`.
 * The number is written by the run; the function is called in a recipe that
 * make expands after the run is over. Loaded by sim/run/targets.mk.
 *
 * The file is removed, so that `make -n`, which expands recipes without
 * running them, does not find an old one.
 */
#include <gnumake.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** GNU make loads only what says so. */
int plugin_is_GPL_compatible;

static char *exit_with_file(const char *name, unsigned int nr_arguments,
                            char **argument)
{
    FILE *file = fopen(argument[0], "r");
    int status = 0;

    (void)name;
    (void)nr_arguments;
    if (!file)
        return NULL;
    if (fscanf(file, "%d", &status) != 1)
        status = 2;
    fclose(file);
    unlink(argument[0]);
    if (status) {
        fflush(NULL);
        exit(status);
    }
    return NULL;
}

/** Called by GNU make; named in the `load` line. */
int rf_make_exit_setup(const gmk_floc *where)
{
    (void)where;
    gmk_add_function("rf-exit", exit_with_file, 1, 1, GMK_FUNC_DEFAULT);
    return 1;
}
