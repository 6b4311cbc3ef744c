/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The host's version of arch_boot.h: nothing is linked low, and the jump high
 * is a note (fake_cpu.h).
 */
#ifndef HV_ARCH_BOOT_H
#define HV_ARCH_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#define BOOT_TEXT
#define LOW_ADDRESS(high) ((uint32_t)(uintptr_t)(high))

void fake_jump_high(uintptr_t function, uintptr_t argument);
#define arch_jump_high(function, argument)                                   \
    fake_jump_high((uintptr_t)(function), (uintptr_t)(argument))

#endif
