/* SPDX-License-Identifier: MIT */
/**
 * @file identity.c
 * Driver of the test 1.3/stale: maps pages below the hypervisor's quarter
 * again, looks at them so that the processor knows the translations, and
 * calls paging_drop_identity() once more.
 *
 * The input is three words: a drawn virtual address under each of the L3
 * entries 0, 1 and 2. The driver executes `mark_look` for each load, with
 * eax = the address, edx = 1 when it faulted, ecx = the load's number: 0 to 2
 * before the call, 3 to 5 after it; then `mark_done` with eax = CR3 and
 * edx = the L3's virtual address.
 */
#include "labs/grader/driver.h"
#include "labs/01-boot/guests/probe.h"

#include "boot.h"

#include "arch_cpu.h"

static uint64_t l2[3][TABLE_ENTRIES] __attribute__((aligned(4096)));
static uint64_t l1[3][TABLE_ENTRIES] __attribute__((aligned(4096)));
static uint32_t page[PAGE_SIZE / 4] __attribute__((aligned(4096)));

DRIVER_FUNCTION void look(uint32_t address, unsigned number)
{
    DRIVER_MARK(look, address, probe_read(address), number);
}

static void map(unsigned slot, uint32_t address)
{
    l1[slot][l1_index(address)] = image_maddr(page).a | PTE_P | PTE_NX;
    l2[slot][l2_index(address)] = image_maddr(l1[slot]).a | PTE_P | PTE_RW;
    hypervisor_l3()[slot].e = image_maddr(l2[slot]).a | PTE_P;
}

void test_driver_early(const struct boot_info *info)
{
    const volatile uint32_t *address =
        (const volatile uint32_t *)(uintptr_t)test_input.data;

    (void)info;
    for (unsigned slot = 0; slot < 3; slot++)
        map(slot, address[slot]);
    arch_write_cr3(arch_read_cr3());
    for (unsigned slot = 0; slot < 3; slot++)
        look(address[slot], slot);
    paging_drop_identity(hypervisor_l3());
    for (unsigned slot = 0; slot < 3; slot++)
        look(address[slot], 3 + slot);
    DRIVER_MARK(done, arch_read_cr3(), hypervisor_l3(), 0);
}
