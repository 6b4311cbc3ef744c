/* SPDX-License-Identifier: MIT */
/**
 * @file tables.c
 * Exercise 2.1: the contents of the GDT, the IDT and the TSS.
 *
 * @defgroup segmentation Segmentation and rings
 * Descriptor tables, trap frames, and the way of an exception into a guest.
 *
 * The tables say three things: which segments exist (the GDT), where the
 * processor goes at each vector and who may ask for it by INT n (the IDT),
 * and which stack it takes when it comes from an outer ring (the TSS).
 *
 *  - SEG-I3  A gate's DPL is 0 unless a guest may use the vector by INT n on
 *    the hardware: 3 (INT3), 4 (INTO) from rings up to 3, HYPERCALL_VECTOR
 *    from ring 1. Every other INT n arrives as \#GP(8 n + 2) and is judged by
 *    the guest's own table (segmentation/protection.c).
 *  - SEG-I4  The TSS permits no port: its I/O bitmap begins past its limit.
 *
 * Sources: [SDM3A] "Protected-Mode Memory Management", "Interrupt and
 * Exception Handling", "Task Management".
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "lib.h"

/** The hypervisor's descriptor at a selector of its own. */
static descriptor_t *entry_of(descriptor_t *page, uint16_t selector)
{
    return &page[(selector >> 3) - FIRST_RESERVED_GDT_ENTRY];
}

//@solution-helper 2.1
/** A present 32-bit TSS, available, of DPL 0. */
static descriptor_t tss_descriptor(const struct tss *tss)
{
    uint32_t base = (uint32_t)(uintptr_t)tss;

    return (descriptor_t){
        .lo = base << 16 | (sizeof(*tss) - 1),
        .hi = (base & 0xFF000000u) | DESC_P | DESC_TYPE_TSS |
              ((base >> 16) & 0xFF),
    };
}
//@end

//@solution-helper 2.1
/** A present gate that turns interrupts off (SEG-I1). */
static descriptor_t interrupt_gate(uint32_t entry, unsigned dpl)
{
    return (descriptor_t){
        .lo = (uint32_t)SEL_HYPERVISOR_CS << 16 | (entry & 0xFFFF),
        .hi = (entry & 0xFFFF0000u) | DESC_P | dpl << DESC_DPL_SHIFT |
              DESC_TYPE_INTERRUPT_GATE,
    };
}
//@end

/**
 * Write the hypervisor's own entries of its GDT page: code and data, flat,
 * 4 GB, DPL 0; the two task state segments.
 *
 * The accessed bits are set from the start, so that the processor never has
 * to write them. Entries of guests (SEL_RING1_CS and so on) are exercise 2.2;
 * SEL_LDT stays empty until a guest has an LDT.
 *
 * @param page              GDT_PAGE_ENTRIES entries, all zero; entry 0 is
 *                          selector 0xE000.
 * @param tss               The main TSS, for SEL_TSS.
 * @param double_fault_tss  For SEL_DOUBLE_FAULT_TSS.
 * @context{boot}
 * @par Source
 * [SDM3A] 3.4.5 "Segment Descriptors", 7.2.2 "TSS Descriptor"; selectors:
 * layout.h.
 */
void gdt_build(descriptor_t page[GDT_PAGE_ENTRIES], const struct tss *tss,
               const struct tss *double_fault_tss)
//@solution 2.1 -- (void)page; (void)tss; (void)double_fault_tss; (void)entry_of;
{
    const uint32_t flat = 0x000F0000u | DESC_G | DESC_D | DESC_P | DESC_S;

    *entry_of(page, SEL_HYPERVISOR_CS) = (descriptor_t){
        0x0000FFFFu, flat | DESC_CODE | DESC_WRITABLE | DESC_ACCESSED,
    };
    *entry_of(page, SEL_HYPERVISOR_DS) = (descriptor_t){
        0x0000FFFFu, flat | DESC_WRITABLE | DESC_ACCESSED,
    };
    *entry_of(page, SEL_TSS) = tss_descriptor(tss);
    *entry_of(page, SEL_DOUBLE_FAULT_TSS) = tss_descriptor(double_fault_tss);
}
//@end

/**
 * Write the whole IDT.
 *
 * Vectors 0 to NR_TRAP_ENTRIES - 1 lead to trap_entry_address[], but the
 * double fault is a task gate; HYPERCALL_VECTOR leads to hypercall_entry.
 * All others stay empty, and an INT n on one of them is a \#GP.
 *
 * @param idt  IDT_ENTRIES entries, all zero.
 * @context{boot}
 * @par Source
 * [SDM3A] 6.11 "IDT Descriptors"; DPLs: SEG-I3.
 */
void idt_build(descriptor_t idt[IDT_ENTRIES])
//@solution 2.1 -- (void)idt;
{
    for (unsigned vector = 0; vector < NR_TRAP_ENTRIES; vector++) {
        bool by_guest = vector == VECTOR_BREAKPOINT ||
                        vector == VECTOR_OVERFLOW;

        if (vector == VECTOR_DOUBLE_FAULT)
            idt[vector] = (descriptor_t){
                .lo = (uint32_t)SEL_DOUBLE_FAULT_TSS << 16,
                .hi = DESC_P | DESC_TYPE_TASK_GATE,
            };
        else
            idt[vector] = interrupt_gate(trap_entry_address[vector],
                                         by_guest ? 3 : 0);
    }
    idt[HYPERCALL_VECTOR] =
        interrupt_gate((uint32_t)(uintptr_t)hypercall_entry, 1);
}
//@end

/**
 * Fill the main TSS: the ring-0 stack, and no ports.
 *
 * esp0 lies below the four words for the guest's data segments, so that the
 * frame that an entry builds is a whole trap_frame_t ending at the stack's
 * top. ss1 and esp1 are the running guest's: direct_stack_load() sets them.
 *
 * @param tss  All zero.
 * @context{boot}
 * @par Source
 * [SDM3A] 7.2.1 "Task-State Segment (TSS)".
 */
void tss_build(struct tss *tss)
//@solution 2.1 -- (void)tss;
{
    tss->ss0 = SEL_HYPERVISOR_DS;
    tss->esp0 = (uint32_t)(uintptr_t)&guest_frame()->es;
    tss->io_map_base = sizeof(*tss);
}
//@end
