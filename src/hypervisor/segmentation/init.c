/* SPDX-License-Identifier: MIT */
/**
 * @file init.c
 * @ingroup segmentation
 * Loading the descriptor tables, at boot.
 *
 * The GDT is seen through windows at fixed addresses (layout.h): 14 pages that
 * show the running guest's own frames, and behind them a page of the image
 * with our entries. All are writable, because the processor marks descriptors
 * as accessed or busy.
 *
 * Source: [SDM3A] 3.5.1 "Segment Descriptor Tables", 6.10 "Interrupt Descriptor
 * Table (IDT)".
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "boot.h"
#include "lib.h"

struct processor processor __attribute__((aligned(128)));

static descriptor_t hypervisor_gdt[GDT_PAGE_ENTRIES]
    __attribute__((aligned(PAGE_SIZE)));
static descriptor_t idt[IDT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

/** Bytes of the whole virtual GDT, the guest's part and ours. */
#define GDT_BYTES (FIRST_RESERVED_GDT_ENTRY * 8 + PAGE_SIZE)

/**
 * Take over descriptor tables, and set the processor's modes that guests rely
 * on. From here on a fault in ring 0 is a panic with a report.
 *
 * SYSENTER is left without a target (\#GP for whoever tries): guests are told
 * by CPUID that there is none.
 *
 * @context{boot}
 * @pre  windows_init() is done; interrupts are off and stay so (SEG-I1).
 */
void segmentation_init(void)
{
    struct tss *double_fault_tss = double_fault_init();

    gdt_build(hypervisor_gdt, &processor.tss, double_fault_tss);
    guest_segments_build(hypervisor_gdt);
    idt_build(idt);
    tss_build(&processor.tss);

    window_fix(GDT_WINDOW + FIRST_RESERVED_GDT_ENTRY * 8,
               maddr_to_mfn(image_maddr(hypervisor_gdt)), true);
    arch_load_gdt(GDT_WINDOW, GDT_BYTES - 1);
    arch_reload_segments(SEL_HYPERVISOR_CS, SEL_HYPERVISOR_DS);
    arch_load_ldt(0);
    arch_load_tr(SEL_TSS);
    arch_load_idt((uint32_t)(uintptr_t)idt, sizeof(idt) - 1);

    fpu_init();
    interrupt_init();
}

/**
 * Replace the descriptor behind SEL_LDT.
 *
 * @param d  All zero for "no LDT". The caller loads it.
 * @context{any}
 */
void ldt_descriptor_set(descriptor_t d)
{
    hypervisor_gdt[(SEL_LDT >> 3) - FIRST_RESERVED_GDT_ENTRY] = d;
}

/**
 * Replace one gate of the live IDT.
 *
 * @param vector  0..255.
 * @param gate    All zero for "none".
 * @context{any}
 */
void idt_set(unsigned vector, descriptor_t gate)
{
    idt[vector] = gate;
}
