/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

int descriptor_check(descriptor_t *d)
{
    d->hi &= ~DESC_P;
    return 0;
}

uint16_t selector_fix(uint16_t selector)
{
    (void)selector;
    return SEL_RING1_CS;
}

bool selector_may_be_gate_target(uint16_t selector)
{
    (void)selector;
    return false;
}
