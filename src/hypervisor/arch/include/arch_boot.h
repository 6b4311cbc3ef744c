/* SPDX-License-Identifier: MIT */
/**
 * @file arch_boot.h
 * What code needs that runs before paging: its place in the image, and the
 * jump to where the rest of the hypervisor lives.
 *
 * The image is linked in two parts. Most of it is linked *high*, at
 * HYPERVISOR_START and up, where it can run only when paging is on. A few
 * files are linked *low*, at the very addresses they are loaded at; image.ld
 * lists them. A low file is ordinary C: its globals, string literals and
 * helper functions are all low as well. Only a reference from a low file to
 * something high would go wrong, and the linker refuses it with "prohibited
 * cross reference".
 *
 * The compiler may turn a loop or an assignment into a call of memcpy() or
 * memset(). Low files include this header first: it gives those four names a
 * second, low copy (boot/low_string.c).
 */
#ifndef HV_ARCH_BOOT_H
#define HV_ARCH_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/** Put one function of a high file low (in a declaration, as paging.h does). */
#define BOOT_TEXT __attribute__((section(".boot.text"), noinline))

#ifdef HV_LOW_FILE
void *memcpy(void *to, const void *from, size_t bytes) __asm__("low_memcpy");
void *memmove(void *to, const void *from, size_t bytes) __asm__("low_memmove");
void *memset(void *to, int byte, size_t bytes) __asm__("low_memset");
int memcmp(const void *a, const void *b, size_t n) __asm__("low_memcmp");
size_t strlen(const char *s) __asm__("low_strlen");
#endif

/**
 * The machine address of something in the image that is linked high: where
 * code that runs before paging reaches it.
 */
#define LOW_ADDRESS(high) ((uint32_t)(high) - IMAGE_OFFSET)

/**
 * Go on at a function that is linked high, with the stack seen high too.
 *
 * Same memory, another address: the stack pointer moves by IMAGE_OFFSET. The
 * frame pointer becomes 0, which ends every backtrace here. The argument is
 * passed as a C function expects its only one.
 */
#define arch_jump_high(function, argument)                                   \
    __asm__ volatile("addl %0, %%esp\n\t"                                    \
                     "xorl %%ebp, %%ebp\n\t"                                 \
                     "pushl %1\n\t"                                          \
                     "pushl $0\n\t"                                          \
                     "jmp *%2"                                               \
                     :                                                       \
                     : "i"(IMAGE_OFFSET), "r"(argument), "r"(function)       \
                     : "memory")

#endif
