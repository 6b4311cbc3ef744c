/* SPDX-License-Identifier: MIT */
/**
 * @file boot_low.h
 * For files that run before paging: include it first (arch_boot.h says why).
 */
#ifndef HV_BOOT_LOW_H
#define HV_BOOT_LOW_H

#define HV_LOW_FILE 1

#include "boot.h"
#include "lib.h"

/* Stop before there is a console: one sentence on the serial line, and the
 * run ends with MACHINE_BAD_BOOT. */
_Noreturn void low_stop(const char *sentence);

/* NULL, or the sentence that says what the processor lacks. */
const char *processor_check(void);

#endif
