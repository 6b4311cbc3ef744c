/* SPDX-License-Identifier: MIT */
/**
 * @file secret.c
 * Driver of the hidden test 1.4/secret: takes two frames, gives the first one
 * back, and takes another.
 *
 * `mark_secret` with eax = the first frame, edx = the second, ecx = the
 * third; the count of free frames before and after is the test's own affair.
 */
#include "labs/grader/driver.h"

#include "boot.h"

void test_driver(const struct boot_info *info)
{
    mfn_t first = frame_alloc(0), second = frame_alloc(0), third;

    (void)info;
    frame_free(first, 0);
    third = frame_alloc(0);
    DRIVER_MARK(secret, first.n, second.n, third.n);
}
