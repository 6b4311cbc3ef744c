/* SPDX-License-Identifier: MIT */
/**
 * @page unit_scheduling_clock Unit test: measuring the clock
 *
 * Property: the rate of the time stamp counter is found by the timer chip, to
 * 1 in 10,000 on a machine that can read the chip twice a tick; also on one
 * that stands still now and then, for as long as it likes. A chip that does
 * not count ends the start.
 *
 * Method: a chip that counts by the counter, of a rate that the test chooses;
 * each reading takes some cycles, and one of them may take long.
 */
#include <signal.h>

#include "fake_cpu.h"
#include "time.h"
#include "unit.h"

#define READING_CYCLES 10u

/** The machine: its rate, and when it stands still, for how long. */
static struct {
    uint64_t hz;
    uint64_t start;
    unsigned nr_readings, stands_at;
    uint64_t stands_cycles;
    bool dead;
} machine;

static uint32_t device_ticks, device_pit_ticks;

void timer_device_init(void)
{
}

uint32_t timer_device_count(void)
{
    return (uint32_t)(fake_cpu.tsc / 2);
}

void timer_device_rate(uint32_t ticks, uint64_t pit_ticks)
{
    device_ticks = ticks;
    device_pit_ticks = (uint32_t)pit_ticks;
}

void pit_count_freely(void)
{
    machine.start = fake_cpu.tsc;
}

uint16_t pit_count(void)
{
    uint16_t count = (uint16_t)-((fake_cpu.tsc - machine.start) * PIT_HZ /
                                 machine.hz);

    fake_cpu.tsc += READING_CYCLES;
    if (++machine.nr_readings == machine.stands_at)
        fake_cpu.tsc += machine.stands_cycles;
    return machine.dead ? 0 : count;
}

static void start(uint64_t hz)
{
    memset(&machine, 0, sizeof(machine));
    machine.hz = hz;
    fake_cpu.tsc = 123456789;
}

/** Whether a second of the machine's is a second, to 1 in `parts`. */
static void is_right(unsigned parts)
{
    uint64_t ns = time_scaled(system_clock.scale, machine.hz);

    ck_assert_uint_ge(ns, NS_PER_S - NS_PER_S / parts);
    ck_assert_uint_le(ns, NS_PER_S + NS_PER_S / parts);
    ns = (uint64_t)device_ticks * PIT_HZ / device_pit_ticks;
    ck_assert_uint_ge(ns, machine.hz / 2 - machine.hz / parts);
    ck_assert_uint_le(ns, machine.hz / 2 + machine.hz / parts);
}

START_TEST(test_rates)
{
    static const uint64_t hz[] = { 50000000, 33333333, 1000000000,
                                   2596140000, 4900000000 };

    start(hz[_i]);
    time_init();
    is_right(10000);
}
END_TEST

/** At any reading, for 1 ms to 1 s: as long as the chip takes to wrap, and much
 *  longer. */
START_TEST(test_stands_still)
{
    static const unsigned ms[] = { 1, 5, 30, 54, 55, 56, 60, 108, 110, 1000 };

    for (unsigned at = 1; at < 40000; at += at < 40 ? 1 : 997) {
        start(50000000);
        machine.stands_at = at;
        machine.stands_cycles = ms[_i] * machine.hz / 1000;
        time_init();
        is_right(2000);
    }
}
END_TEST

START_TEST(test_dead)
{
    start(50000000);
    machine.dead = true;
    time_init();
}
END_TEST

static Suite *clock_suite(void)
{
    Suite *suite = suite_create("scheduling/clock");
    TCase *t = tcase_create("clock");

    tcase_add_loop_test(t, test_rates, 0, 5);
    tcase_add_loop_test(t, test_stands_still, 0, 10);
    tcase_add_test_raise_signal(t, test_dead, SIGABRT);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(clock_suite())
