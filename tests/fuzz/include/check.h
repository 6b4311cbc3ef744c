/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The unit tests' helpers without the library Check: whatever is not as it
 * should be ends the process, which is what a fuzzer looks for.
 */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define ck_abort_msg(...)                                                    \
    do {                                                                     \
        fprintf(stderr, __VA_ARGS__);                                        \
        fputc('\n', stderr);                                                 \
        abort();                                                             \
    } while (0)

#define ck_assert(what)                                                      \
    do {                                                                     \
        if (!(what))                                                         \
            ck_abort_msg("%s:%d: %s", __FILE__, __LINE__, #what);            \
    } while (0)

#define ck_assert_int_eq(a, b) ck_assert((a) == (b))

#endif
