/* SPDX-License-Identifier: MIT */
/**
 * @file timer_pit.c
 * @ingroup scheduling
 * Counter 0 of the 8254 timer chip. It counts down at a rate that is the same
 * on every PC, so other clocks are measured by it; and it gives interrupts on
 * line 0, for machines that have nothing better.
 *
 * Source: [8254] "Mode Definitions".
 */
#include "time.h"

#include "arch_port.h"

#define PIT_COUNTER_0 0x40
#define PIT_COMMAND 0x43

/* Commands, all for counter 0, low byte first. */
#define COMMAND_LATCH 0x00
#define COMMAND_ONE_SHOT 0x30 /* mode 0: the output rises at the end */
#define COMMAND_RATE 0x34     /* mode 2: from the start again */

static void count_from(uint8_t command, uint32_t count)
{
    arch_out8(PIT_COMMAND, command);
    arch_out8(PIT_COUNTER_0, (uint8_t)count);
    arch_out8(PIT_COUNTER_0, (uint8_t)(count >> 8));
}

/**
 * Count 65536 steps down, again and again.
 *
 * @context{boot}
 */
void pit_count_freely(void)
{
    count_from(COMMAND_RATE, 0);
}

/**
 * Where it is: 16 bits that go down, and wrap.
 *
 * @context{boot}
 * @return its 16 bits, which go down, and wrap.
 */
uint16_t pit_count(void)
{
    uint8_t low;

    arch_out8(PIT_COMMAND, COMMAND_LATCH);
    low = arch_in8(PIT_COUNTER_0);
    return (uint16_t)(arch_in8(PIT_COUNTER_0) << 8 | low);
}

/**
 * Have it give one interrupt.
 *
 * @param ticks  In how many steps of PIT_HZ: 1 to 65535.
 * @context{any}
 */
void pit_arm(uint32_t ticks)
{
    count_from(COMMAND_ONE_SHOT, ticks);
}
