/* SPDX-License-Identifier: MIT */
/**
 * @file clock.c
 * @ingroup scheduling
 * The clock: the processor's time stamp counter, whose rate is measured at
 * boot by a timer chip whose rate is known.
 *
 *     8254        |--- 3000 of its ticks ---|---- 3000 -----|
 *     TSC      ---+-----------------------------------------+---- time 0
 *     APIC timer  |                                         |
 *               first sample                           second sample
 *
 * A tick of the 8254 is as long as some thousand cycles of the TSC, so a sample
 * is taken where the 8254 steps: between two readings of it, one before the
 * step and one behind it. A few steps are looked at, and the one whose readings
 * were nearest to each other is kept: on a machine that is itself simulated,
 * others may have run in between.
 *
 * Such a machine may even stand still for longer than the 55 ms after which the
 * 8254's 16 bits wrap. So there are two halves, which must agree; one with a
 * wrap that nobody saw makes a rate that is twice as high, or more.
 *
 * Invariants:
 *  - CLOCK-I1: time_now() never returns less than it did before.
 *
 * Sources: [8254] "Mode Definitions"; [SDM3B] "Time-Stamp Counter".
 */
#include "time.h"

#include "arch_cpu.h"
#include "arch_divide.h"
#include "console.h"

/** How long to measure: twice 2.5 ms, in ticks of the 8254. A sample is wrong
 *  by half of the time between two readings at most: where that is half a tick,
 *  the clock is by 1 in 12,000 of what it shows. */
#define HALF_TICKS 3000u

/** A machine on which so many halves after each other disagree is beyond help:
 *  the last two count. */
#define MOST_HALVES 20u

/** Steps of one sample, of which the best is kept. */
#define SAMPLE_STEPS 4u

/** A chip that has not stepped after so many readings never will. */
#define MOST_READINGS 1000000u

/** The counters at one time. */
struct sample {
    uint64_t tsc;
    uint32_t device;
    uint16_t pit;
};

/** What the counters counted between two samples. */
struct stretch {
    uint64_t tsc;
    uint32_t device;
    uint32_t pit; /**< which counts down */
};

struct system_clock system_clock;

/** The counters at the 8254's next step. Where within a reading it is that the
 *  8254 is read does not matter: it is the same in all samples.
 *  @param[out] took  TSC from before the last reading that did not show the
 *                    step to behind the first that did. */
static struct sample next_step(uint64_t *took)
{
    uint64_t before, now = arch_read_tsc();
    uint16_t from = pit_count();
    struct sample s;
    unsigned readings = 0;

    do {
        if (readings++ > MOST_READINGS)
            panic("the timer chip (8254) does not count");
        before = now;
        now = arch_read_tsc();
        s.pit = pit_count();
    } while (s.pit == from);
    s.device = timer_device_count();
    *took = arch_read_tsc() - before;
    s.tsc = before + *took / 2;
    return s;
}

static struct sample take_sample(void)
{
    uint64_t least = UINT64_MAX, took;
    struct sample best = { 0 };

    for (unsigned i = 0; i < SAMPLE_STEPS; i++) {
        struct sample s = next_step(&took);

        if (took < least) {
            least = took;
            best = s;
        }
    }
    return best;
}

/** Measure one half. @param[in,out] at  Its beginning, then its end. */
static struct stretch measure(struct sample *at)
{
    struct sample from = *at;
    uint16_t pit;

    do {
        *at = take_sample();
        pit = (uint16_t)(from.pit - at->pit);
    } while (pit < HALF_TICKS);
    return (struct stretch){ .tsc = at->tsc - from.tsc,
                             .device = at->device - from.device, .pit = pit };
}

/** Cycles of the TSC a second. */
static uint64_t rate_of(const struct stretch *s)
{
    return arch_divide(s->tsc * PIT_HZ, s->pit);
}

/** Do two halves agree, as far as a wrap is concerned? */
static bool agree(const struct stretch *a, const struct stretch *b)
{
    return rate_of(a) * 2 < rate_of(b) * 3 && rate_of(b) * 2 < rate_of(a) * 3;
}

/**
 * Measure the counters and start the clock; from here on timers can be set.
 *
 * @context{boot}
 * @note Takes 5 ms of the machine's time; up to 50 ms on a machine that is held
 *       up so often that no two stretches agree.
 */
void time_init(void)
{
    struct stretch half[2], all;
    struct sample now;
    unsigned nr = 1;
    uint64_t hz;

    timer_device_init();
    pit_count_freely();
    now = take_sample();
    half[0] = measure(&now);
    do
        half[nr % 2] = measure(&now);
    while (++nr < MOST_HALVES && !agree(&half[0], &half[1]));
    all = (struct stretch){ .tsc = half[0].tsc + half[1].tsc,
                            .device = half[0].device + half[1].device,
                            .pit = half[0].pit + half[1].pit };
    hz = rate_of(&all);
    timer_device_rate(all.device, all.pit);
    system_clock.scale = time_scale_of(hz);
    system_clock.tsc_at_zero = now.tsc;
    printk(LOG_INFO, "Clock: %u kHz\n", (unsigned)arch_divide(hz, 1000));
}

/** Nanoseconds at a reading of the TSC. */
static uint64_t time_at(uint64_t tsc)
{
    return time_scaled(system_clock.scale, tsc - system_clock.tsc_at_zero);
}

/**
 * The time.
 *
 * @context{any}
 * @return nanoseconds since time_init(); 0 before it. Never less than what it
 *         returned before (CLOCK-I1).
 */
ns_t time_now(void)
{
    ns_t now = time_at(arch_read_tsc());

    if (now > system_clock.last_now)
        system_clock.last_now = now;
    return system_clock.last_now;
}

/**
 * What a guest needs to compute the time from the TSC.
 *
 * @param[out] values  All fields are set, the version to 0.
 * @context{any}
 */
void clock_page_values(struct vcpu_time_info *values)
{
    uint64_t tsc = arch_read_tsc();

    *values = (struct vcpu_time_info){
        .tsc_timestamp = tsc,
        .system_time = time_at(tsc),
        .tsc_to_system_mul = system_clock.scale.mul,
        .tsc_shift = system_clock.scale.shift,
    };
}
