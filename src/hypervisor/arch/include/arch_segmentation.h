/* SPDX-License-Identifier: MIT */
/**
 * @file arch_segmentation.h
 * Descriptor tables, segment registers, debug registers, and the entry paths
 * of arch/segmentation_entry.asm.
 */
#ifndef HV_ARCH_SEGMENTATION_H
#define HV_ARCH_SEGMENTATION_H

#include <stddef.h>
#include <stdint.h>

#include "arch_cpu.h"

#define MSR_SYSENTER_CS 0x174u

/** The operand of LGDT and LIDT. */
struct arch_table_pointer {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

/**
 * Load the GDT register; what the segment registers hold stays.
 *
 * @param base   Linear address of entry 0.
 * @param limit  Offset of the table's last byte.
 */
ARCH_INLINE void arch_load_gdt(uint32_t base, uint16_t limit)
{
    struct arch_table_pointer p = { limit, base };

    __asm__ volatile("lgdt %0" : : "m"(p) : "memory");
}

/** Load the IDT register; parameters as arch_load_gdt(). */
ARCH_INLINE void arch_load_idt(uint32_t base, uint16_t limit)
{
    struct arch_table_pointer p = { limit, base };

    __asm__ volatile("lidt %0" : : "m"(p) : "memory");
}

/** Load the task register; marks the TSS descriptor busy. */
ARCH_INLINE void arch_load_tr(uint16_t selector)
{
    __asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}

/** Load the LDT register; the null selector means "no LDT". */
ARCH_INLINE void arch_load_ldt(uint16_t selector)
{
    __asm__ volatile("lldt %0" : : "r"(selector) : "memory");
}

/**
 * Load CS and the ring-0 data segments anew, after LGDT: until then the
 * processor goes on with what it remembers of the old table. CS can only be
 * loaded by a far transfer. FS and GS are nobody's in ring 0: null.
 */
ARCH_INLINE void arch_reload_segments(uint16_t code, uint16_t data)
{
    __asm__ volatile("pushl %0\n\t"
                     "pushl $1f\n\t"
                     "lret\n"
                     "1:\n\t"
                     "movl %1, %%ds\n\t"
                     "movl %1, %%es\n\t"
                     "movl %1, %%ss\n\t"
                     "movl %2, %%fs\n\t"
                     "movl %2, %%gs"
                     :
                     : "r"((uint32_t)code), "r"((uint32_t)data), "r"(0)
                     : "memory");
}

/* The number of a debug register is part of the instruction. */
#define arch_read_debug(n)                                                   \
    ({                                                                       \
        uint32_t value_;                                                     \
        __asm__ volatile("mov %%dr" #n ", %0" : "=r"(value_));               \
        value_;                                                              \
    })
#define arch_write_debug(n, value)                                           \
    __asm__ volatile("mov %0, %%dr" #n : : "r"((uint32_t)(value)))

/** Allow FPU and SSE instructions: clear CR0.TS. */
ARCH_INLINE void arch_clear_task_switched(void)
{
    __asm__ volatile("clts" : : : "memory");
}

/** Leave the FPU as after a reset, whatever state it was in. */
ARCH_INLINE void arch_reset_fpu(void)
{
    __asm__ volatile("fninit");
}

/** Store the FPU and SSE registers: 512 bytes, 16-byte aligned. CR0.TS is
 *  clear. */
ARCH_INLINE void arch_save_fpu(void *state)
{
    __asm__ volatile("fxsave (%0)" : : "r"(state) : "memory");
}

/** Load what arch_save_fpu() stored. A reserved bit of MXCSR would be a
 *  \#GP. */
ARCH_INLINE void arch_load_fpu(const void *state)
{
    __asm__ volatile("fxrstor (%0)" : : "r"(state) : "memory");
}

/* --- arch/segmentation_entry.asm ----------------------------------------- */

/** Vectors with an entry: the exceptions and the interrupt controllers'. */
#define NR_TRAP_ENTRIES 48u

/** Address of each vector's entry path; 0 for the double fault's, which is
 *  a task. */
extern const uint32_t trap_entry_address[NR_TRAP_ENTRIES];

/** Entry points by name; never called from C. */
void hypercall_entry(void);
void double_fault_entry(void);

/** Return to the guest whose registers are in guest_frame(). */
_Noreturn void arch_exit_to_guest(void);

/**
 * Store words on a guest's stack through its own stack segment, so that the
 * processor checks limit, type, rights and presence as for the guest itself.
 *
 * @param ss     The guest's selector. GS holds it afterwards: nobody in
 *               ring 0 uses GS, and the exit path loads it anew.
 * @param esp    Offset in that segment of the lowest word.
 * @param words  n words, the one for the lowest address first.
 * @param n      1 or more.
 * @retval 0        all stored.
 * @retval -EFAULT  the segment cannot be loaded or the store faulted; words
 *                  may have been stored.
 */
int arch_write_guest_stack(uint16_t ss, uint32_t esp, const uint32_t *words,
                           unsigned n);

/** An instruction of ring 0 that may fault, and where to go on if it does. */
struct exception_entry {
    uint32_t fault;
    uint32_t resume;
};

/* All of them: image.ld collects what FIXUP lines leave. */
extern const struct exception_entry exception_table_start[];
extern const struct exception_entry exception_table_end[];

#endif
