/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The fixed builder in a made-up machine: what stands in for the rest of the
 * hypervisor, and running it until it would enter the guest.
 */
#ifndef BUILDING_H
#define BUILDING_H

#include "boot.h"
#include "domain.h"
#include "image_maker.h"

#define KERNEL_FRAME 20u  /* where the "boot loader" put the modules */
#define RAMDISK_START (40u * PAGE_SIZE + 0x123u)

extern struct maker m;
extern struct boot_info info;
extern struct vcpu *entered; /**< NULL: none was */
extern int ended;            /**< enum machine_exit, or -1 */

void start_machine(void);
void place_kernel(const char *string);
void place_ramdisk(uint32_t bytes);

/** Until the guest is entered, or the machine ends. Of its 6 MB, 4 are
 *  mapped at the start. */
void run(void);

/** A usual kernel at this address, in the machine's first module. */
void start_at(uint32_t base);

#endif
