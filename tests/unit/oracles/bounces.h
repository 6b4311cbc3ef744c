/* SPDX-License-Identifier: MIT */
/**
 * @file bounces.h
 * Entries of the made-up guest's handlers, frames pushed by hand in the ABI's
 * words: nothing of the oracle's own is used. For the tests of *context*.
 */
#ifndef TESTS_ORACLES_BOUNCES_H
#define TESTS_ORACLES_BOUNCES_H

#include "fake_guest.h"

#define IF 0x200u
#define TF 0x100u
#define NT 0x4000u
#define RF 0x10000u

/** A bounce from ring 1, as the ABI describes it. */
void bounce(unsigned vector, bool has_error, uint32_t error);

/** The same from the application: on the kernel stack. */
void bounce_outer(unsigned vector, bool has_error, uint32_t error);

/** The event callback. */
void event(void);

#endif
