/* SPDX-License-Identifier: MIT */
/**
 * @file tests.h
 * Lab 1's graded tests, one declaration each; table.c puts them in order.
 */
#ifndef LAB1_TESTS_H
#define LAB1_TESTS_H

#include "labs/grader/test.h"

/* memory_map.c, boot.c */
extern const struct lab_tests lab_01_tests;

extern const struct test test_map_holes, test_map_odd_ends,
    test_map_conflicts, test_map_modules, test_map_extremes, test_map_most,
    test_map_boot;

/* page_tables.c, image.c */
extern const struct test test_tables_pages, test_tables_rights,
    test_tables_edges, test_tables_refuses, test_tables_image,
    test_tables_probes;

/* paging.c */
extern const struct test test_paging_order, test_paging_keeps,
    test_paging_high, test_paging_identity, test_paging_stale;

/* frame_alloc.c */
extern const struct test test_alloc_once, test_alloc_orders,
    test_alloc_limits, test_alloc_exhaustion, test_alloc_small,
    test_alloc_fragments, test_alloc_refuses, test_alloc_boot;

#endif
