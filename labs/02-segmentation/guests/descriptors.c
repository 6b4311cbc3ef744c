/* SPDX-License-Identifier: MIT */
/**
 * @file descriptors.c
 * Driver of the tests 2.4/…: asks about descriptors and selectors.
 *
 * The input is a list of 32-bit words: the number of descriptors, then the
 * two words of each; the number of selectors, then each of them. For each
 * descriptor the driver executes `mark_checked` with eax = what the function
 * returned, edx and ecx = the descriptor afterwards; for each selector
 * `mark_selector` with eax = selector_fix(), edx =
 * selector_may_be_gate_target(), ecx = the selector; then `mark_done`.
 */
#include "labs/grader/driver.h"

#include "segmentation.h"

static uint32_t position; /* in the input, in words */

static uint32_t next_word(void)
{
    const volatile uint32_t *word =
        (const volatile uint32_t *)(uintptr_t)test_input.data;

    return word[position++];
}

DRIVER_FUNCTION void check_one(void)
{
    descriptor_t d;
    int result;

    d.lo = next_word();
    d.hi = next_word();
    result = descriptor_check(&d);
    DRIVER_MARK(checked, result, d.lo, d.hi);
}

DRIVER_FUNCTION void select_one(void)
{
    uint16_t selector = (uint16_t)next_word();

    DRIVER_MARK(selector, selector_fix(selector),
                selector_may_be_gate_target(selector), selector);
}

struct boot_info;

void test_driver_early(const struct boot_info *info)
{
    unsigned nr;

    (void)info;
    nr = next_word();
    for (unsigned i = 0; i < nr; i++)
        check_one();
    nr = next_word();
    for (unsigned i = 0; i < nr; i++)
        select_one();
    DRIVER_MARK(done, 0, 0, 0);
}
