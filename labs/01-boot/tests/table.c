/* SPDX-License-Identifier: MIT */
/**
 * @file table.c
 * Lab 1's graded tests, in the order of the report.
 */
#include "labs/01-boot/tests/tests.h"

static const struct test *const tests[] = {
    &test_map_holes,
    &test_map_odd_ends,
    &test_map_conflicts,
    &test_map_modules,
    &test_map_extremes,
    &test_map_most,
    &test_map_boot,
    &test_tables_pages,
    &test_tables_rights,
    &test_tables_edges,
    &test_tables_refuses,
    &test_tables_image,
    &test_tables_probes,
    &test_paging_order,
    &test_paging_keeps,
    &test_paging_high,
    &test_paging_identity,
    &test_paging_stale,
    &test_alloc_once,
    &test_alloc_orders,
    &test_alloc_limits,
    &test_alloc_exhaustion,
    &test_alloc_small,
    &test_alloc_fragments,
    &test_alloc_refuses,
    &test_alloc_boot,
    NULL,
};

const struct lab_tests lab_01_tests = { .lab = 1, .tests = tests };
