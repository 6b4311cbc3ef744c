/* SPDX-License-Identifier: MIT */
#include "fake_cpu.h"

#include <stdlib.h>
#include <string.h>

#include "arch_boot.h"
#include "arch_cpu.h"
#include "arch_port.h"
#include "arch_segmentation.h"
#include "arch_tlb.h"

#define COM1_STATUS 0x3FD

struct fake_cpu fake_cpu;
struct fake_processor fake_processor;

void fake_cpu_reset(void)
{
    memset(&fake_cpu, 0, sizeof(fake_cpu));
    fake_cpu.in8[COM1_STATUS] = 0x20;
    fake_cpu.last_extended_leaf = 0x80000001u;
}

unsigned fake_count(enum fake_event_kind kind)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < fake_cpu.nr_events; i++)
        nr += fake_cpu.event[i].kind == kind;
    return nr;
}

static void note(enum fake_event_kind kind, uint32_t a, uint64_t value)
{
    if (fake_cpu.nr_events == FAKE_MAX_EVENTS)
        abort();
    fake_cpu.event[fake_cpu.nr_events++] =
        (struct fake_event){ .kind = kind, .a = a, .value = value };
}

uint32_t arch_read_cr0(void)
{
    return fake_cpu.cr0;
}

void arch_write_cr0(uint32_t value)
{
    fake_cpu.cr0 = value;
    note(FAKE_WRITE_CR0, 0, value);
}

uint32_t arch_read_cr2(void)
{
    return fake_cpu.cr2;
}

uint32_t arch_read_cr3(void)
{
    return fake_cpu.cr3;
}

void arch_write_cr3(uint32_t value)
{
    fake_cpu.cr3 = value;
    note(FAKE_WRITE_CR3, 0, value);
}

uint32_t arch_read_cr4(void)
{
    return fake_cpu.cr4;
}

void arch_write_cr4(uint32_t value)
{
    fake_cpu.cr4 = value;
    note(FAKE_WRITE_CR4, 0, value);
}

/** EFER came with NX; where it is not, RDMSR and WRMSR fault. */
static void need_efer(void)
{
    if (!(fake_cpu.cpuid_extended.edx & CPUID_EXT1_EDX_NX))
        abort();
}

uint64_t arch_read_msr(uint32_t msr)
{
    if (msr != MSR_EFER)
        return 0;
    need_efer();
    return fake_cpu.efer;
}

void arch_write_msr(uint32_t msr, uint64_t value)
{
    if (msr == MSR_EFER) {
        need_efer();
        fake_cpu.efer = value;
    }
    note(FAKE_WRITE_MSR, msr, value);
}

struct cpuid_result arch_cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)subleaf;
    if (leaf == 1)
        return fake_cpu.cpuid1;
    if (leaf == 0x80000001u)
        return fake_cpu.cpuid_extended;
    return (struct cpuid_result){
        .eax = leaf ? fake_cpu.last_extended_leaf : 1,
    };
}

uint64_t arch_read_tsc(void)
{
    return fake_cpu.tsc;
}

uint32_t arch_read_flags(void)
{
    return fake_cpu.flags;
}

void arch_write_flags(uint32_t value)
{
    fake_cpu.flags = value;
    note(FAKE_WRITE_FLAGS, 0, value);
}

void arch_interrupts_off(void)
{
    fake_cpu.flags &= ~FLAG_IF;
}

void arch_interrupts_on(void)
{
    fake_cpu.flags |= FLAG_IF;
}

/** A processor that halts for good would hang the test. */
void arch_halt(void)
{
    note(FAKE_HALT, 0, 0);
    abort();
}

__attribute__((weak)) void fake_halted(void)
{
}

void arch_interrupts_on_and_halt(void)
{
    fake_cpu.flags |= FLAG_IF;
    note(FAKE_HALT, 0, 0);
    fake_halted();
}

uint8_t arch_in8(uint16_t port)
{
    return fake_cpu.in8[port];
}

uint16_t arch_in16(uint16_t port)
{
    return fake_cpu.in8[port];
}

uint32_t arch_in32(uint16_t port)
{
    return fake_cpu.in8[port];
}

void arch_out8(uint16_t port, uint8_t value)
{
    note(FAKE_OUT, port, value);
}

void arch_out16(uint16_t port, uint16_t value)
{
    note(FAKE_OUT, port, value);
}

void arch_out32(uint16_t port, uint32_t value)
{
    note(FAKE_OUT, port, value);
}

void arch_flush_page(uint32_t address)
{
    note(FAKE_FLUSH_PAGE, 0, address);
}

void arch_flush_all(void)
{
    arch_write_cr3(arch_read_cr3());
}

void fake_jump_high(uintptr_t function, uintptr_t argument)
{
    note(FAKE_JUMP_HIGH, (uint32_t)function, argument);
}
