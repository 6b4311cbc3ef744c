/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The host's version of arch_segmentation.h. Loads of tables and registers
 * are noted in fake_processor; a guest's stack is in fake_guest.c.
 */
#ifndef HV_ARCH_SEGMENTATION_H
#define HV_ARCH_SEGMENTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch_cpu.h"

/** What was loaded last. */
struct fake_processor {
    uint32_t gdt_base, idt_base;
    uint16_t gdt_limit, idt_limit, tr, ldt;
    uint32_t debug[8];
    bool fpu_reset;
    uint8_t fpu[512] __attribute__((aligned(16)));
};

extern struct fake_processor fake_processor;

ARCH_INLINE void arch_load_gdt(uint32_t base, uint16_t limit)
{
    fake_processor.gdt_base = base;
    fake_processor.gdt_limit = limit;
}

ARCH_INLINE void arch_load_idt(uint32_t base, uint16_t limit)
{
    fake_processor.idt_base = base;
    fake_processor.idt_limit = limit;
}

ARCH_INLINE void arch_load_tr(uint16_t selector)
{
    fake_processor.tr = selector;
}

ARCH_INLINE void arch_load_ldt(uint16_t selector)
{
    fake_processor.ldt = selector;
}

ARCH_INLINE void arch_reload_segments(uint16_t code, uint16_t data)
{
    (void)code;
    (void)data;
}

#define arch_read_debug(n) (fake_processor.debug[n])
#define arch_write_debug(n, value) ((void)(fake_processor.debug[n] = (value)))

ARCH_INLINE void arch_clear_task_switched(void)
{
    arch_write_cr0(arch_read_cr0() & ~CR0_TS);
}

ARCH_INLINE void arch_reset_fpu(void)
{
    fake_processor.fpu_reset = true;
}

ARCH_INLINE void arch_save_fpu(void *state)
{
    memcpy(state, fake_processor.fpu, sizeof(fake_processor.fpu));
}

ARCH_INLINE void arch_load_fpu(const void *state)
{
    memcpy(fake_processor.fpu, state, sizeof(fake_processor.fpu));
}

#define NR_TRAP_ENTRIES 48u
extern const uint32_t trap_entry_address[NR_TRAP_ENTRIES];

void hypercall_entry(void);
void double_fault_entry(void);
_Noreturn void arch_exit_to_guest(void);
int arch_write_guest_stack(uint16_t ss, uint32_t esp, const uint32_t *words,
                           unsigned n);

struct exception_entry {
    uint32_t fault;
    uint32_t resume;
};

extern const struct exception_entry exception_table_start[];
extern const struct exception_entry exception_table_end[];

#endif
