/* SPDX-License-Identifier: MIT */
/**
 * @file tests.h
 * Lab 3's graded tests, one declaration each; table.c puts them in order.
 */
#ifndef LAB3_TESTS_H
#define LAB3_TESTS_H

#include "labs/grader/test.h"

extern const struct lab_tests lab_03_tests;

/* frames.c */
extern const struct test test_frames_references, test_frames_types,
    test_frames_last, test_frames_flush, test_frames_numbers,
    test_frames_limits;

/* tables.c, hostile.c */
extern const struct test test_tables_entries, test_tables_trees,
    test_tables_pieces, test_tables_flags, test_tables_hostile,
    test_tables_undo;

/* timer.c */
extern const struct test test_tables_timer;

/* update.c */
extern const struct test test_update_entries, test_update_levels,
    test_update_pins, test_update_base, test_update_hostile;

/* flush.c */
extern const struct test test_flush_notes, test_flush_page, test_flush_freed,
    test_flush_tables;

/* writable.c */
extern const struct test test_writable_stores, test_writable_others,
    test_writable_leaving, test_writable_refused;

/* calls.c */
extern const struct test test_update_guest, test_flush_guest,
    test_writable_guest;

#endif
