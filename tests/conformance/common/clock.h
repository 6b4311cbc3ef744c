/* SPDX-License-Identifier: MIT */
/**
 * @file clock.h
 * Time for the conformance guests, as a kernel reads it: from the time page
 * and the processor's time stamp counter.
 */
#ifndef CONFORMANCE_CLOCK_H
#define CONFORMANCE_CLOCK_H

#include <stdint.h>

#include "guest.h"

#define MS 1000000ull

/** A consistent copy of a time page, by its version protocol. */
struct vcpu_time_info clock_copy(const volatile struct vcpu_time_info *page);

/** System time, by a copy of a page. */
uint64_t clock_by(const struct vcpu_time_info *t);

/** System time, by vCPU 0's page. */
uint64_t clock_now(void);

/** Do nothing for a while. */
void clock_spin(uint64_t ns);

/** Take a port for VIRQ_TIMER, masked; the vCPU's ticks are stopped. */
void alarm_ready(void);

/** Is that port pending? It is not any more afterwards. */
bool alarm_came(void);

#endif
