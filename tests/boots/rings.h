/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The rings of a plain domain in a machine's memory, after its run.
 */
#ifndef TESTS_BOOTS_RINGS_H
#define TESTS_BOOTS_RINGS_H

#include <stdbool.h>
#include <stdint.h>

/** Where a domain's rings stand: what each side has put in and taken out. */
struct rings {
    uint32_t console_prod, console_cons; /**< the guest's text */
    uint32_t request_prod, request_cons; /**< its questions to the store */
    uint32_t answer_prod, answer_cons;   /**< what it was answered */
};

/** Read them from a file with the machine's RAM, where start_info says.
 *  False: there is no such file, or no plain domain's start_info in it. */
bool rings_read(const char *path, struct rings *rings);

#endif
