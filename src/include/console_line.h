/* SPDX-License-Identifier: MIT */
/**
 * @file console_line.h
 * What a domain writes to the machine's console, a line at a time once there
 * are several domains.
 */
#ifndef HV_CONSOLE_LINE_H
#define HV_CONSOLE_LINE_H

#include "types.h"

/** Longer lines are cut in pieces of so many bytes. */
#define CONSOLE_LINE_BYTES 120u

struct domain;

struct console_line {
    bool told_apart; /**< it has not been the only domain all the time */
    uint8_t used;    /**< bytes of a line that has not ended yet */
    char text[CONSOLE_LINE_BYTES];
};

/* domain/console_line.c */
void console_line_write(struct domain *d, const char *text, size_t bytes);
void console_line_end(struct domain *d);

#endif
