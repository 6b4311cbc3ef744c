/* SPDX-License-Identifier: MIT */
/**
 * @file time.h
 * Lab 6: time, timers, and how long each vCPU was in which state.
 *
 * Everything counts in nanoseconds since the hypervisor's clock started
 * (ns_t), which is what guests call system time: the paper's *real time*. A
 * vCPU's *virtual time* goes on only while it runs; *wall-clock time* is
 * system time and an offset (doc/pages/time.md).
 */
#ifndef HV_TIME_H
#define HV_TIME_H

#include "types.h"
#include "xen_abi.h"

#define NS_PER_S 1000000000u
#define NS_PER_MS 1000000u
#define NS_PER_US 1000u

/** Later than everything: no deadline. */
#define NS_NEVER UINT64_MAX

/* --- Exercise 6.2: conversion, pages, states, queue (scheduling/time.c) --- */

/**
 * How cycles become nanoseconds: ns = ((cycles << shift) * mul) >> 32, where
 * a negative shift is one to the right. Guests compute with the same two
 * numbers.
 */
struct time_scale {
    uint32_t mul; /**< 2^31 or more, so that no precision is lost */
    int8_t shift;
};

struct time_scale time_scale_of(uint64_t hz);
uint64_t time_scaled(struct time_scale scale, uint64_t cycles);
void time_page_write(struct vcpu_time_info *page, uint32_t *version,
                     const struct vcpu_time_info *values);
void runstate_account(struct vcpu_runstate_info *r, unsigned state, ns_t now);

/**
 * Something that is to happen at a time. Its owner embeds it, zeroed and with
 * `fire` set, in a structure of its own; all else belongs to the queue.
 */
struct timer {
    ns_t at;                     /**< when, while `queued` */
    bool queued;
    struct timer *child[2];      /**< none of them is earlier */
    struct timer *parent;        /**< NULL: it is the first of its queue */
    void (*fire)(struct timer *); /**< in ring 0, interrupts off; the timer is
                                       not queued any more, and may be set */
};

/** Timers in the order of their times: a heap, the earliest at the root. */
struct timer_queue {
    struct timer *first; /**< NULL: empty */
};

void timer_queue_insert(struct timer_queue *q, struct timer *t);
void timer_queue_remove(struct timer_queue *q, struct timer *t);

/* --- The clock (scheduling/clock.c) --------------------------------------- */

void time_init(void);
ns_t time_now(void);
extern struct system_clock { /* for fast_time.h */
    uint64_t tsc_at_zero;
    struct time_scale scale;
    ns_t last_now;
} system_clock;
void clock_page_values(struct vcpu_time_info *values);

/* --- Timers (scheduling/timer.c) ------------------------------------------ */

bool timer_move(struct timer *t, ns_t at);
void timer_set(struct timer *t, ns_t at);
void timer_cancel(struct timer *t);
void timer_interrupt(void);

/* --- The device behind them (scheduling/timer_device.c) ------------------- */

void timer_device_init(void);
uint32_t timer_device_count(void);
void timer_device_rate(uint32_t ticks, uint64_t pit_ticks);
void timer_device_arm(ns_t from_now);

/** The oldest timer chip counts at this rate, on every PC. */
#define PIT_HZ 1193182u

void pit_count_freely(void);
uint16_t pit_count(void);
void pit_arm(uint32_t ticks);

/* --- What a vCPU has of time ---------------------------------------------- */

/** One vCPU's part; reset by time_vcpu_init(). */
struct vcpu_time {
    uint32_t page_version; /**< of vcpu_info.time: even */
    uint32_t area_version; /**< of the second copy of that page */
    vaddr_t time_area;     /**< the guest's address of that copy; 0: none */
    vaddr_t runstate_area; /**< of its copy of `runstate`; 0: none */
    struct vcpu_runstate_info runstate; /**< up to its last change */
};

/** Its alarms. */
struct vcpu_timers {
    struct timer periodic; /**< set only while it runs, as is `virtual` */
    struct timer single;
    struct timer virtual;
    ns_t period;           /**< 0: no ticks */
    ns_t last_tick;
    ns_t virtual_at;       /**< virtual time of the alarm; 0: none */
};

/** The virtual alarm's event; each vCPU has its own. */
#define VIRQ_VIRTUAL_ALARM VIRQ_ARCH_0

struct vcpu;

/* scheduling/vcpu_time.c: pages and run states. */
void time_vcpu_init(struct vcpu *v);
void time_vcpu_destroy(struct vcpu *v);
void time_update_vcpu(struct vcpu *v);
void time_update_vcpu_page(struct vcpu *v);
void time_update_areas(struct vcpu *v);
void runstate_change(struct vcpu *v, unsigned state);
void runstate_get(const struct vcpu *v, struct vcpu_runstate_info *to);

/* scheduling/vcpu_timers.c: alarms. */
void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_start(struct vcpu *v);
void vcpu_timers_stop(struct vcpu *v);
void vcpu_timers_destroy(struct vcpu *v);
int vcpu_periodic_set(struct vcpu *v, ns_t period);
void vcpu_single_set(struct vcpu *v, ns_t at, ns_t now);
void vcpu_single_stop(struct vcpu *v);
void vcpu_virtual_alarm_set(struct vcpu *v, ns_t at);

/* --- Wall-clock time (scheduling/wall_clock.c) ---------------------------- */

struct domain;

/** A moment of the calendar, in UTC. */
struct date {
    unsigned year, month, day, hour, minute, second;
};

uint64_t wall_clock_seconds(const struct date *date);
void wall_clock_init(void);
void wall_clock_set(uint64_t seconds, uint32_t ns, ns_t at);
void wall_clock_show(struct domain *d);

#endif
