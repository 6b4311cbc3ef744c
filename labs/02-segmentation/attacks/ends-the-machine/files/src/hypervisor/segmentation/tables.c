/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "arch_port.h"
#include "machine.h"

void gdt_build(descriptor_t page[GDT_PAGE_ENTRIES], const struct tss *tss,
               const struct tss *double_fault_tss)
{
    (void)page;
    (void)tss;
    (void)double_fault_tss;
    arch_out32(EXIT_PORT, MACHINE_POWEROFF);
    for (;;)
        arch_halt();
}

void idt_build(descriptor_t idt[IDT_ENTRIES])
{
    (void)idt;
}

void tss_build(struct tss *tss)
{
    (void)tss;
}
