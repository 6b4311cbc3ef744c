/* SPDX-License-Identifier: MIT */
/**
 * @file labs.c
 * All labs: one line each in both lists when a lab is added.
 */
#include "labs/grader/labs.h"

extern const struct lab_tests lab_01_tests, lab_03_tests;

const struct lab_tests *const all_labs[] = {
    &lab_01_tests,
    &lab_03_tests,
};

const unsigned nr_all_labs = sizeof all_labs / sizeof all_labs[0];
