/* SPDX-License-Identifier: MIT */
/* The audit finds what ring 3 could reach. */
#include "boot.h"

void test_driver(const struct boot_info *info)
{
    (void)info;
    hypervisor_l2()[l2_index(HEAP_START)].e |= PTE_US;
}
