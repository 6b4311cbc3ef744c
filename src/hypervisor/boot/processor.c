/* SPDX-License-Identifier: MIT */
/**
 * @file processor.c
 * The first question: can this processor run the hypervisor at all? And how
 * to stop before there is a console. Linked low: it runs before paging.
 *
 * This file is compiled for a processor older than the ones we need, for it
 * must be able to say so on one.
 *
 * Source: [SDM2] "CPUID".
 *
 * @ingroup boot
 */
#pragma GCC target("arch=i486")

#include "boot_low.h"

#include "arch_cpu.h"
#include "arch_port.h"
#include "machine.h"
#include "uart.h"

/** Whether CPUID exists: exactly then the flag ID can be changed. */
static bool has_cpuid(void)
{
    uint32_t before = arch_read_flags();
    uint32_t after;

    arch_write_flags(before ^ FLAG_ID);
    after = arch_read_flags();
    arch_write_flags(before);
    return (before ^ after) & FLAG_ID;
}

/**
 * Say what the processor lacks.
 *
 * @context{boot}
 * @return NULL when it has all that the hypervisor needs, else a sentence.
 * @ingroup boot
 */
const char *processor_check(void)
{
    uint32_t features;

    if (!has_cpuid())
        return "This processor has no CPUID instruction; "
               "Ringfence needs one with PAE.";
    features = arch_cpuid(1, 0).edx;
    if (!(features & CPUID1_EDX_PAE))
        return "This processor has no PAE (36-bit page tables); "
               "Ringfence needs it (under QEMU: -cpu max).";
    if (!(features & CPUID1_EDX_CMOV))
        return "This processor has no CMOV instructions; "
               "Ringfence is compiled for i686.";
    if (!(features & CPUID1_EDX_FXSR))
        return "This processor has no FXSAVE instruction; "
               "Ringfence needs it to keep guests' FPU state apart.";
    return NULL;
}

/**
 * Stop, with a sentence on the serial line.
 *
 * @param sentence  what is wrong
 * @context{boot}
 * @pre paging is off
 * @ingroup boot
 */
_Noreturn void low_stop(const char *sentence)
{
    uart_init(COM1);
    for (const char *p = "\r\nRingfence cannot start. "; *p; p++)
        uart_put(COM1, *p);
    for (; *sentence; sentence++)
        uart_put(COM1, *sentence);
    uart_put(COM1, '\r');
    uart_put(COM1, '\n');
    uart_drain(COM1);
    arch_out32(EXIT_PORT, MACHINE_BAD_BOOT);
    for (;;) {
        arch_interrupts_off();
        arch_halt();
    }
}
