/* SPDX-License-Identifier: MIT */
/* The audit finds a page of text that became writable. */
#include "boot.h"

void test_driver(const struct boot_info *info)
{
    uint32_t address = (uint32_t)(uintptr_t)boot_complete;
    uint32_t l1_maddr = hypervisor_l2()[l2_index(address)].e & PTE_FRAME;
    l1e_t *l1 = (l1e_t *)(uintptr_t)(l1_maddr + IMAGE_OFFSET);

    (void)info;
    l1[l1_index(address)].e |= PTE_RW;
}
