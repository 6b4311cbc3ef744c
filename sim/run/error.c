/* SPDX-License-Identifier: MIT */
/**
 * @file error.c
 * See error.h.
 */
#include "sim/run/error.h"

#include <stdarg.h>
#include <stdio.h>

int sim_fail(struct sim_error *error, const char *format, ...)
{
    va_list args;

    if (error) {
        va_start(args, format);
        vsnprintf(error->text, sizeof(error->text), format, args);
        va_end(args);
    }
    return -1;
}
