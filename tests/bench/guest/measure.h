/* SPDX-License-Identifier: MIT */
/**
 * @file measure.h
 * Measuring one operation: the smallest difference of two readings of the
 * time-stamp counter around it, over some runs.
 *
 * Both readings have labels, bench_start_ID and bench_end_ID, so that whoever
 * watches the machine can count what happens between them: the measured
 * program stays as it is.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "tables.h"

/**
 * Take the result of one run; the domain ends when it is a wrong one, because
 * an operation that was refused costs nothing worth knowing.
 *
 * @return the smaller of both counts.
 */
uint32_t bench_run(const char *id, uint32_t best, uint32_t count,
                   int32_t result, int32_t expected);
/** Report a row: what reading the counter costs is taken off. */
void bench_row(const char *id, uint32_t best);

/**
 * Measure a row.
 *
 * @param id         Its identifier, of bench/rows.txt; used once.
 * @param runs       16 to 256.
 * @param prepare    A statement that is run before every operation.
 * @param expected   The value that the operation has to have.
 * @param operation  An expression.
 */
#define MEASURE(id, runs, prepare, expected, operation)                      \
    do {                                                                     \
        uint32_t best_ = ~0u;                                                \
        for (unsigned run_ = 0; run_ < (runs); run_++) {                     \
            uint32_t start_, end_;                                           \
            int32_t result_;                                                 \
            prepare;                                                         \
            __asm__ volatile(".globl bench_start_" #id "\n"                  \
                             "bench_start_" #id ":\trdtsc"                   \
                             : "=a"(start_) : : "edx", "memory");            \
            result_ = (int32_t)(operation);                                  \
            __asm__ volatile(".globl bench_end_" #id "\n"                    \
                             "bench_end_" #id ":\trdtsc"                     \
                             : "=a"(end_) : : "edx", "memory");              \
            best_ = bench_run(#id, best_, end_ - start_, result_,            \
                              (int32_t)(expected));                          \
        }                                                                    \
        bench_row(#id, best_);                                               \
    } while (0)

/* The groups of rows, in their order. */
void bench_calls(void);
void bench_updates(void);
void bench_tables(void);
void bench_traps(void);
void bench_events(void);
void bench_grants(void);

#endif
