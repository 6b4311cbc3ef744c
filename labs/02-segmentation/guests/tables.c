/* SPDX-License-Identifier: MIT */
/**
 * @file tables.c
 * Driver of the tests 2.1/gdt, 2.1/idt, 2.1/tss and 2.2/segments: has the
 * tables built in memory of its own, which was zero before. It does so before
 * the hypervisor loads its own: those may be as wrong.
 *
 * The input is two words: added to the address of a task state segment that
 * does not exist, for the first and the second one. The driver executes
 * `mark_tables` when `driver_gdt`, `driver_guest_gdt`, `driver_idt` and
 * `driver_tss` are written, with eax and edx = those two addresses; then
 * `mark_done`.
 */
#include "labs/grader/driver.h"

#include "segmentation.h"

descriptor_t driver_gdt[GDT_PAGE_ENTRIES];
descriptor_t driver_guest_gdt[GDT_PAGE_ENTRIES];
descriptor_t driver_idt[IDT_ENTRIES];
struct tss driver_tss;

struct boot_info;

DRIVER_FUNCTION void report(const struct tss *first, const struct tss *second)
{
    DRIVER_MARK(tables, first, second, 0);
}

void test_driver_first(const struct boot_info *info)
{
    const volatile uint32_t *word =
        (const volatile uint32_t *)(uintptr_t)test_input.data;
    const struct tss *first = (const struct tss *)(uintptr_t)word[0];
    const struct tss *second = (const struct tss *)(uintptr_t)word[1];

    (void)info;
    gdt_build(driver_gdt, first, second);
    guest_segments_build(driver_guest_gdt);
    idt_build(driver_idt);
    tss_build(&driver_tss);
    report(first, second);
    DRIVER_MARK(done, 0, 0, 0);
}
