/* SPDX-License-Identifier: MIT */
/**
 * @file arch_guest.h
 * One word of a guest's memory, read or written by one instruction, in line:
 * for the short ways, to which a call of arch_copy_may_fault() is dear.
 *
 * They check nothing: the caller knows that the address is below M2P_START.
 */
#ifndef HV_ARCH_GUEST_H
#define HV_ARCH_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "arch_cpu.h"

/* Like FIXUP of segmentation_frame.inc: if the instruction at label 1 faults,
 * go on at the C label `fault`. */
#define ARCH_FIXUP                                                           \
    ".pushsection .exception_table, \"a\", @progbits\n\t"                    \
    ".long 1b, %l[fault]\n\t"                                                \
    ".popsection"

/**
 * Read a word.
 *
 * @param address  The guest's, any alignment.
 * @param[out] to  The word, if it could be read.
 * @return false: it could not.
 */
ARCH_INLINE bool arch_guest_read(uint32_t address, uint32_t *to)
{
    uint32_t word;

    __asm__ goto volatile("1: movl %1, %0\n\t" ARCH_FIXUP
                          : "=r"(word)
                          : "m"(*(const uint32_t *)(uintptr_t)address)
                          :
                          : fault);
    *to = word;
    return true;
fault:
    return false;
}

/**
 * Write a word.
 *
 * @param address  The guest's, any alignment.
 * @param word     What to store.
 * @return false: it could not be written, and nothing was, unless the word
 *         lies in two pages.
 */
ARCH_INLINE bool arch_guest_write(uint32_t address, uint32_t word)
{
    __asm__ goto volatile("1: movl %1, %0\n\t" ARCH_FIXUP
                          :
                          : "m"(*(uint32_t *)(uintptr_t)address), "r"(word)
                          : "memory"
                          : fault);
    return true;
fault:
    return false;
}

/**
 * Take a guest's stack segment, so that arch_guest_push() stores through it
 * and the processor checks limit, type, rights and presence.
 *
 * @param ss  The guest's selector. GS holds it afterwards, as after
 *            arch_write_guest_stack().
 * @return false: it cannot be loaded.
 */
ARCH_INLINE bool arch_guest_stack(uint16_t ss)
{
    __asm__ goto volatile("1: movl %0, %%gs\n\t" ARCH_FIXUP
                          :
                          : "r"((uint32_t)ss)
                          :
                          : fault);
    return true;
fault:
    return false;
}

/**
 * Store a word on that stack.
 *
 * @param esp    Offset of the frame's lowest word.
 * @param index  Of the word in the frame; a constant.
 * @param word   What to store.
 * @return false: it could not be stored.
 */
ARCH_INLINE bool arch_guest_push(uint32_t esp, unsigned index, uint32_t word)
{
    __asm__ goto volatile("1: movl %2, %%gs:%c1(%0)\n\t" ARCH_FIXUP
                          :
                          : "r"(esp), "i"(index * sizeof(word)), "r"(word)
                          : "memory"
                          : fault);
    return true;
fault:
    return false;
}

#endif
