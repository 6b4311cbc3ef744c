/* SPDX-License-Identifier: MIT */
/**
 * @file domains.h
 * Several domains, as a person names them, turned into the modules and the
 * `domain=` options that the hypervisor is given.
 */
#ifndef SIM_RUN_DOMAINS_H
#define SIM_RUN_DOMAINS_H

#include <stdbool.h>

#include "sim/rom/compose.h"
#include "sim/run/error.h"

/** Room for the options of all domains: more than the hypervisor's command
 *  line has. */
#define DOMAINS_TEXT_BYTES 2048u
#define DOMAINS_PATH_BYTES 512u

struct domains {
    unsigned nr_modules;
    char module[ROM_MAX_MODULES][DOMAINS_PATH_BYTES]; /**< files, each once */
    bool kernel[ROM_MAX_MODULES]; /**< some domain starts from this file */
    char text[DOMAINS_TEXT_BYTES]; /**< " domain=0,count=3 domain=1" */
};

/**
 * Add the domains of one description:
 *
 *     FILE[*COUNT][,ramdisk=FILE][,OPTION]...
 *
 * What is neither the kernel, its count nor a ramdisk is handed on as it is:
 * the hypervisor knows what it takes (src/hypervisor/domain/order.c).
 *
 * @param domains  Zeroed before the first call.
 * @param text     The description.
 * @param error    The sentence; only if -1 is returned.
 * @retval 0   Added; a file that was named before is the same module.
 * @retval -1  Nothing has changed; the error says what is wrong and where.
 */
int domains_add(struct domains *domains, const char *text,
                struct sim_error *error);

#endif
