/* SPDX-License-Identifier: MIT */
/* On a processor without NX the audit finds an entry that has the bit. */
#include "boot.h"

void test_driver(const struct boot_info *info)
{
    (void)info;
    /* Of nothing that is touched before the audit. */
    hypervisor_l2()[l2_index(M2P_START)].e |= PTE_NX;
}
