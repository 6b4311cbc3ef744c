/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What every unit test ends with: run a suite, and exit with 0 when all of it
 * passed. Check's environment variables choose the output (unit.mk).
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#define UNIT_MAIN(suite)                                                     \
    int main(void)                                                           \
    {                                                                        \
        SRunner *runner = srunner_create(suite);                             \
        int failed;                                                          \
                                                                             \
        srunner_run_all(runner, CK_ENV);                                     \
        failed = srunner_ntests_failed(runner);                              \
        srunner_free(runner);                                                \
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;                         \
    }

/** Numbers that look random and are the same in every run (xorshift). */
static inline uint32_t unit_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
