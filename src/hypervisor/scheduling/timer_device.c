/* SPDX-License-Identifier: MIT */
/**
 * @file timer_device.c
 * @ingroup scheduling
 * The device behind the timers: the local APIC's own timer where the processor
 * has one, else counter 0 of the 8254. Either gives one interrupt, after a
 * number of ticks.
 *
 * The APIC's is nearer (a store instead of three writes to a slow bus), finer,
 * and counts further: 32 bits against 16, which last for 55 ms.
 *
 * Sources: [SDM3A] 10.5.4 "APIC Timer"; [8254] "Mode Definitions".
 */
#include "time.h"

#include "arch_apic.h"
#include "arch_divide.h"
#include "segmentation.h"

/* Registers of the APIC's timer, [SDM3A] 10.5.4 "APIC Timer". */
#define APIC_LVT_TIMER 0x320
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3E0

#define LVT_MASKED 0x00010000u
#define DIVIDE_BY_1 0xBu
#define APIC_LAST_TICK UINT32_MAX
#define PIT_LAST_TICK 65535u

/** Longest time to set it for: a product with any rate fits in 64 bits. */
#define LONGEST_NS (2ull * NS_PER_S)

/** Ticks a second. */
static uint32_t rate;

/**
 * Have the device count, and give no interrupt yet.
 *
 * @context{boot}
 */
void timer_device_init(void)
{
    if (!interrupt_enable_apic())
        return;
    arch_apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    arch_apic_write(APIC_LVT_TIMER, LVT_MASKED | TIMER_VECTOR);
    arch_apic_write(APIC_TIMER_INITIAL, APIC_LAST_TICK);
}

/**
 * How far it has counted since timer_device_init().
 *
 * @context{boot}
 * @return ticks of the APIC's timer; 0 where there is none, whose part the 8254
 *         takes.
 */
uint32_t timer_device_count(void)
{
    if (!interrupt_has_apic())
        return 0;
    return APIC_LAST_TICK - arch_apic_read(APIC_TIMER_CURRENT);
}

/**
 * Say how fast it counts; from here on it gives interrupts.
 *
 * @param ticks      It counted so far,
 * @param pit_ticks  while the 8254 counted so far. Not 0.
 * @context{boot}
 */
void timer_device_rate(uint32_t ticks, uint64_t pit_ticks)
{
    if (!interrupt_has_apic()) {
        rate = PIT_HZ;
        interrupt_open_line(0);
        return;
    }
    rate = (uint32_t)arch_divide((uint64_t)ticks * PIT_HZ,
                                 (uint32_t)pit_ticks);
    arch_apic_write(APIC_TIMER_INITIAL, 0); /* stop */
    arch_apic_write(APIC_LVT_TIMER, TIMER_VECTOR);
}

/**
 * Have it give one interrupt; one that it was to give before is forgotten.
 *
 * @param from_now  When: not before, and not much later. What is too far away
 *                  for the device comes earlier.
 * @context{any}
 */
void timer_device_arm(ns_t from_now)
{
    uint32_t last = interrupt_has_apic() ? APIC_LAST_TICK : PIT_LAST_TICK;
    uint64_t ticks;

    if (from_now > LONGEST_NS)
        from_now = LONGEST_NS;
    /* 1 more: rounding down would come before the time. */
    ticks = arch_divide(from_now * rate, NS_PER_S) + 1;
    if (ticks > last)
        ticks = last;
    if (interrupt_has_apic())
        arch_apic_write(APIC_TIMER_INITIAL, (uint32_t)ticks);
    else
        pit_arm((uint32_t)ticks);
}
