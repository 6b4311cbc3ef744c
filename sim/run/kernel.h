/* SPDX-License-Identifier: MIT */
/**
 * @file kernel.h
 * What a run can tell the simulator about the image by reading its headers.
 */
#ifndef SIM_RUN_KERNEL_H
#define SIM_RUN_KERNEL_H

#include "sim/run/run.h"

/**
 * Add the `kernel` line: the virtual range of the executable segments from
 * HYPERVISOR_START on. An image without such a segment (a test's own, say)
 * gets no line.
 *
 * @param run    With an image.
 * @param error  What is wrong with the image.
 * @retval -1  The image is not one that rom_image_read() accepts.
 */
int sim_kernel_of_image(struct sim_run *run, struct sim_error *error);

#endif
