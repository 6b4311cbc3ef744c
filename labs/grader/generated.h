/* SPDX-License-Identifier: MIT */
/**
 * @file generated.h
 * Adding mutants to a lab's: those of its folder, and those that rf-mutate
 * makes; private to mutants.c.
 */
#ifndef GRADER_GENERATED_H
#define GRADER_GENERATED_H

#include "labs/grader/kill.h"

/**
 * Add the mutants of labs/NN/mutants that are of an exercise.
 *
 * @param kills     Where they go.
 * @param exercise  An exercise's id, or NULL for all.
 * @param problems  A line for each that cannot be made.
 */
void kills_add_named(struct kills *kills, const char *exercise,
                     struct text *problems);

/** Add the generated mutants of one exercise, by its index, in the order of
 *  the file. A source that rf-mutate cannot parse ends the program. */
void kills_add_generated(struct kills *kills, unsigned exercise);

/** How many there are of one file, those included that do not compile. */
unsigned generated_number(const struct grader_options *options,
                          const char *file);

#endif
