/* SPDX-License-Identifier: MIT */
/**
 * @file driver.h
 * For the trusted ring-0 drivers of graded tests (labs/NN-name/guests/): what
 * the grader puts into the image, and how a driver reports.
 *
 * A driver reports by being observed: it executes an instruction at a label
 * that the test named as a mark, with the values in registers. The grader
 * reads the registers, and memory that they point to, from outside.
 *
 *     void test_driver_early(const struct boot_info *info)
 *     {
 *         int rc = memory_map_build(info, &map);
 *
 *         DRIVER_MARK(map, &map, rc, 0);     // setup_mark(s, "map",
 *     }                                      //     "mark_map", 0)
 */
#ifndef GRADER_DRIVER_H
#define GRADER_DRIVER_H

#include <stdint.h>

/** The same number as TEST_INPUT_MAX in test.h. */
#define DRIVER_INPUT_MAX 16384u

/** What the test's prepare() gave to setup_input(): linked as read-only
 *  data and filled in by the grader after linking. */
extern const volatile struct test_input {
    uint32_t bytes;
    uint32_t reserved;
    uint8_t data[DRIVER_INPUT_MAX];
} test_input;

/**
 * A mark `mark_NAME`, executed with eax = a, edx = d, ecx = c.
 *
 * The label is global, so one driver has one DRIVER_MARK of a name; put it
 * into a loop, or into a DRIVER_FUNCTION, to execute it more often.
 */
#define DRIVER_MARK(name, a, d, c)                                         \
    __asm__ volatile(".globl mark_" #name "\n"                             \
                     "mark_" #name ":\n\tnop"                              \
                     :                                                     \
                     : "a"((uint32_t)(uintptr_t)(a)),                      \
                       "d"((uint32_t)(uintptr_t)(d)),                      \
                       "c"((uint32_t)(uintptr_t)(c))                       \
                     : "memory")

/** For a function that holds a mark: never copied by the compiler. */
#define DRIVER_FUNCTION __attribute__((noinline, noclone, noipa)) static

#endif
