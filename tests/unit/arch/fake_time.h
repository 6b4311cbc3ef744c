/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The clock of unit tests that are not about time.
 */
#ifndef FAKE_TIME_H
#define FAKE_TIME_H

#include "time.h"

/** What time_now() returns, where the real one is not linked. */
extern ns_t fake_time_now;

#endif
