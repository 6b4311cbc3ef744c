/* SPDX-License-Identifier: MIT */
/**
 * @file arch_divide.h
 * Division of 64 bits by 32: the processor's own instruction does it in two
 * steps. (C's `/` on 64 bits would call a function of a library that we do
 * not link.)
 */
#ifndef HV_ARCH_DIVIDE_H
#define HV_ARCH_DIVIDE_H

#include <stdint.h>

/**
 * Divide, rounding down.
 *
 * @param n  any number
 * @param d  not 0
 * @return the quotient, all 64 bits of it.
 */
static inline uint64_t arch_divide(uint64_t n, uint32_t d)
{
    uint32_t high = (uint32_t)(n >> 32) / d;
    uint32_t rest = (uint32_t)(n >> 32) % d;
    uint32_t low = (uint32_t)n;

    __asm__("divl %2" : "+a"(low), "+d"(rest) : "r"(d) : "cc");
    return (uint64_t)high << 32 | low;
}

#endif
