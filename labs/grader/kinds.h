/* SPDX-License-Identifier: MIT */
/**
 * @file kinds.h
 * The kinds of attacks on the grader. All labs together keep some of each, so
 * that no way of cheating that was once thought of is forgotten.
 */
#ifndef GRADER_KINDS_H
#define GRADER_KINDS_H

#include "labs/grader/util.h"

/**
 * Hold the labs' attacks against the list: each can be read, and of each kind
 * at least one says what its report is to say, and is laid over a half-done
 * solution as well as over the starter.
 *
 * @param lines  A result line is added for every kind (see the top Makefile).
 */
void kinds_check(struct text *lines);

/** The kinds as a table for the page of all labs: how many each lab has. */
void kinds_write(struct text *page);

#endif
