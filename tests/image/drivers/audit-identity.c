/* SPDX-License-Identifier: MIT */
/* The audit finds an identity map that was left. */
#include "boot.h"

void test_driver(const struct boot_info *info)
{
    (void)info;
    hypervisor_l3()[0].e = hypervisor_l3()[3].e;
}
