/* SPDX-License-Identifier: MIT */
/**
 * @file table.c
 * Lab 3's graded tests, in the order of the report.
 */
#include "labs/03-memory/tests/tests.h"

static const struct test *const tests[] = {
    &test_frames_references,
    &test_frames_types,
    &test_frames_last,
    &test_frames_flush,
    &test_frames_numbers,
    &test_frames_limits,
    &test_tables_entries,
    &test_tables_trees,
    &test_tables_pieces,
    &test_tables_flags,
    &test_tables_hostile,
    &test_tables_undo,
    &test_tables_timer,
    &test_update_entries,
    &test_update_levels,
    &test_update_pins,
    &test_update_base,
    &test_update_hostile,
    &test_update_guest,
    &test_flush_notes,
    &test_flush_page,
    &test_flush_freed,
    &test_flush_tables,
    &test_flush_guest,
    &test_writable_stores,
    &test_writable_others,
    &test_writable_leaving,
    &test_writable_refused,
    &test_writable_guest,
    NULL,
};

const struct lab_tests lab_03_tests = { .lab = 3, .tests = tests };
