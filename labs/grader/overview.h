/* SPDX-License-Identifier: MIT */
/**
 * @file overview.h
 * All labs in tables: what there is to do, and what proves that it is graded.
 */
#ifndef GRADER_OVERVIEW_H
#define GRADER_OVERVIEW_H

#include "labs/grader/util.h"

/** The page of all labs, labs/README.md, made from the labs' files alone, so
 *  that it is the same on every machine. */
void overview_write(struct text *page);

#endif
