/* SPDX-License-Identifier: MIT */
/**
 * @file fast_events.h
 * The short ways of events (events/fast_events.c).
 */
#ifndef HV_FAST_EVENTS_H
#define HV_FAST_EVENTS_H

#include "hypercall.h"

hypercall_fn fast_event_channel_op;
hypercall_fn fast_sched_op;
void fast_upcall(trap_frame_t *frame); /* for exit_pending */

#endif
