/* SPDX-License-Identifier: MIT */
/**
 * @file table.c
 * Lab 2's graded tests, in the order of the report.
 */
#include "labs/02-segmentation/tests/tests.h"

const char *const guest_oracles[] = { "rings", "segments", "context", NULL };

static const struct test *const tests[] = {
    &test_tables_gdt,
    &test_tables_idt,
    &test_tables_tss,
    &test_tables_vectors,
    &test_tables_segments,
    &test_enter_state,
    &test_enter_processor,
    &test_enter_start,
    &test_enter_limits,
    &test_enter_rings,
    &test_bounce_ring1,
    &test_bounce_ring3,
    &test_bounce_failsafe,
    &test_bounce_stack,
    &test_bounce_no_handler,
    &test_bounce_refused,
    &test_descriptors_taken,
    &test_descriptors_mended,
    &test_descriptors_hostile,
    &test_descriptors_selectors,
    &test_direct_gate,
    &test_direct_call,
    &test_direct_registers,
    &test_direct_hostile,
    NULL,
};

const struct lab_tests lab_02_tests = { .lab = 2, .tests = tests };
