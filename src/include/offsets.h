/* SPDX-License-Identifier: MIT */
/**
 * @file offsets.h
 * Numbers that assembly needs from C: never retyped, always generated.
 *
 * A file `src/hypervisor/arch/NAME.offsets.c` has one function full of
 * OFFSET() lines. It is compiled to assembler text only; the build picks the
 * values out of it into `NAME.inc`, which NASM files include.
 */
#ifndef HV_OFFSETS_H
#define HV_OFFSETS_H

#include <stddef.h>

/** Define `name` for NASM as a constant of C. */
#define OFFSET(name, value)                                                  \
    __asm__ volatile("\n->" #name " %0" : : "i"(value))

#endif
