/* SPDX-License-Identifier: MIT */
/**
 * @file drain.c
 * Driver of the tests 1.1/boot and 1.4/boot: when the hypervisor has booted,
 * it takes every frame that there is.
 *
 * `mark_frame` with eax = what frame_alloc(0) returned, edx = what
 * frames_free() says after it, ecx = how often it was called before; the last
 * one returned INVALID_MFN. Then `mark_done` with eax = how many there were.
 */
#include "labs/grader/driver.h"

#include "boot.h"

DRIVER_FUNCTION void report(uint32_t frame, unsigned number)
{
    DRIVER_MARK(frame, frame, frames_free(), number);
}

void test_driver(const struct boot_info *info)
{
    unsigned nr = 0;
    mfn_t frame;

    (void)info;
    report(INVALID_MFN.n, 0xFFFFFFFFu); /* how many there are before */
    do {
        frame = frame_alloc(0);
        report(frame.n, nr++);
    } while (mfn_valid_number(frame));
    DRIVER_MARK(done, nr, 0, 0);
}
