/* SPDX-License-Identifier: MIT */
/**
 * @file offsets.h
 * Numbers that assembly needs from C: never retyped, always generated.
 *
 * A file `NAME_offsets.c` in src/hypervisor/arch has one function full of
 * OFFSET() lines. It is compiled to assembler text only; the build picks the
 * values out of it into a file of the same name that ends in .inc, which NASM
 * files include.
 */
#ifndef HV_OFFSETS_H
#define HV_OFFSETS_H

#include <stddef.h>

/** Define `name` for NASM as a constant of C. */
#define OFFSET(name, value)                                                  \
    __asm__ volatile("\n->" #name " %0" : : "i"(value))

#endif
