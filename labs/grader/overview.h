/* SPDX-License-Identifier: MIT */
/**
 * @file overview.h
 * All labs in tables: what there is to do, and what proves that it is graded.
 */
#ifndef GRADER_OVERVIEW_H
#define GRADER_OVERVIEW_H

#include "labs/grader/grader.h"

/**
 * The page of all labs, labs/README.md, made from the labs' files alone, so
 * that it is the same on every machine.
 *
 * @param options  Of every command: rf-mutate is in its build folder.
 * @param page     Where to.
 */
void overview_write(const struct grader_options *options, struct text *page);

#endif
