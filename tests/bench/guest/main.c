/* SPDX-License-Identifier: MIT */
/**
 * @file main.c
 * The benchmark's guest: what single operations cost, as a guest sees them.
 *
 * It uses the public interface only, so the same binary runs on the real one.
 * A row is one line on the console, "bench ID COUNT". Where the time-stamp
 * counter counts instructions, the counts repeat exactly.
 */
#include "measure.h"

/** What two readings with nothing in between differ by. */
static uint32_t reading;

uint32_t bench_run(const char *id, uint32_t best, uint32_t count,
                   int32_t result, int32_t expected)
{
    if (result != expected) {
        say("bench: %s had the result %d, not %d\n", id, result, expected);
        shut_down(SHUTDOWN_crash);
    }
    return count < best ? count : best;
}

void bench_row(const char *id, uint32_t best)
{
    say("bench %s %u\n", id, best - reading);
}

/** Not a row: it has to come out as 0 afterwards. */
static void measure_reading(void)
{
    uint32_t best = ~0u;

    for (unsigned run = 0; run < 16; run++) {
        uint32_t start, end;

        __asm__ volatile("rdtsc" : "=a"(start) : : "edx", "memory");
        __asm__ volatile("rdtsc" : "=a"(end) : : "edx", "memory");
        best = bench_run("reading", best, end - start, 0, 0);
    }
    reading = best;
}

void guest_main(const start_info_t *start)
{
    (void)start;
    measure_reading();
    bench_calls();
    bench_updates();
    bench_tables();
    bench_traps();
    bench_events();
    bench_grants();
    say("bench complete 0\n");
}
