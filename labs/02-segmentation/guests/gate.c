/* SPDX-License-Identifier: MIT */
/**
 * @file gate.c
 * Driver of the test 2.5/gate: has gates made of entries of a trap table.
 *
 * The input is a list of 32-bit words: how many entries; then, for each, the
 * handler's address, its CS, its DPL, and whether it masks events. For each
 * the driver executes `mark_gate` with eax and edx = the gate's two words, ecx
 * = the entry's number; after the last one `mark_done`.
 */
#include "labs/grader/driver.h"

#include "segmentation.h"

#define ENTRY_WORDS 4u

struct boot_info;

DRIVER_FUNCTION void one_gate(const uint32_t *word, uint32_t number)
{
    const struct guest_trap trap = { .address = word[0],
                                     .cs = (uint16_t)word[1],
                                     .dpl = (uint8_t)word[2],
                                     .mask_events = word[3] != 0 };
    descriptor_t gate = direct_trap_gate(&trap);

    DRIVER_MARK(gate, gate.lo, gate.hi, number);
}

void test_driver(const struct boot_info *info)
{
    const uint32_t *word = (const uint32_t *)(uintptr_t)test_input.data;

    (void)info;
    for (uint32_t i = 0; i < word[0]; i++)
        one_gate(word + 1 + ENTRY_WORDS * i, i);
    DRIVER_MARK(done, 0, 0, 0);
}
