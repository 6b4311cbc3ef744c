/* SPDX-License-Identifier: MIT */
/**
 * @file modes.c
 * Driver of the test 1.3/keeps: before paging, it sets bits of CR0 and CR4
 * that boot loaders differ in.
 *
 * The input is two words: the bits to set in CR0, and those in CR4. The
 * driver executes `mark_modes` when they are set. It runs low (see
 * page_tables.c in this folder).
 */
#include "labs/grader/driver.h"

#include "boot.h"

#include "arch_cpu.h"

BOOT_TEXT void test_driver_low(const struct boot_info *info)
{
    const volatile uint32_t *bits =
        (const volatile uint32_t *)LOW_ADDRESS(test_input.data);

    (void)info;
    arch_write_cr0(arch_read_cr0() | bits[0]);
    arch_write_cr4(arch_read_cr4() | bits[1]);
    DRIVER_MARK(modes, arch_read_cr0(), arch_read_cr4(), 0);
}
