/* SPDX-License-Identifier: MIT */
/**
 * @file kernel.c
 * @page conformance_kernel Conformance: a kernel's start
 * Property: a kernel that starts as the 32-bit Linux 5.4 does, with its notes,
 * its calls, their arguments and their order, comes up: as the control domain
 * and as a plain one, with two vCPUs and processes that fork.
 * Source: that kernel's arch/x86/xen and drivers/xen, as traced on the real
 * hypervisor.
 * Method: the same calls in the same order (../kernel/), each a check where
 * that kernel would stop at an error; what it only tolerates is made, too.
 * Programs in ring 3 report what they found by system calls.
 */
#include "kernel/kernel.h"

void family(void)
{
    /* xen_start_kernel() */
    features_read();
    tables_first();
    gdt_early();
    tables_early();
    processor_start(0);
    privileged_found();

    /* setup_arch() */
    tables_final();
    memory_found();
    ramdisk_found();
    shared_map();
    traps_load();
    callbacks_register();
    processor_asked();
    vcpu_infos();

    /* start_kernel() */
    interrupts_early();
    time_start();
    timer_bind(0);
    timer_oneshot(0);
    interrupts_on();
    timers();
    ipis_bind(0);
    second_start();
    locks();

    /* initcalls */
    grants_start();
    store_start();
    console_start();
    balloon();
    processes();
    second_end();
    interrupts_off();
}
