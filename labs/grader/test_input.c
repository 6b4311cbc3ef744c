/* SPDX-License-Identifier: MIT */
/**
 * @file test_input.c
 * Where a graded test's input lies in the image: read-only data, zeros until
 * the grader writes the drawn input into the linked file.
 *
 * driver.h declares it as volatile, because the compiler must not take the
 * zeros for its value; volatile data would not be put among constants, so
 * this file does not include it.
 */
#define TEST_INPUT_BYTES (8 + 16384)

const unsigned char test_input[TEST_INPUT_BYTES]
    __attribute__((aligned(8))) = { 0 };
