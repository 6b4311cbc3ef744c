/* SPDX-License-Identifier: MIT */
/**
 * @file tests.h
 * Lab 2's graded tests, one declaration each; table.c puts them in order.
 */
#ifndef LAB2_TESTS_H
#define LAB2_TESTS_H

#include "labs/grader/test.h"

extern const struct lab_tests lab_02_tests;

/** The oracles of every test with a guest, ended by NULL. */
extern const char *const guest_oracles[];

/* tables.c */
extern const struct test test_tables_gdt, test_tables_idt, test_tables_tss,
    test_tables_segments;

/* limits.c */
extern const struct test test_tables_vectors, test_enter_start,
    test_enter_limits, test_enter_rings;

/* entering.c */
extern const struct test test_enter_state, test_enter_processor;

/* bounce.c */
extern const struct test test_bounce_refused;

/* gate.c */
extern const struct test test_direct_gate;

/* traps.c */
extern const struct test test_bounce_ring1, test_bounce_ring3,
    test_bounce_failsafe, test_bounce_stack, test_bounce_no_handler,
    test_direct_call, test_direct_registers, test_direct_hostile;

/* descriptors.c */
extern const struct test test_descriptors_taken, test_descriptors_mended,
    test_descriptors_hostile, test_descriptors_selectors;

#endif
