/* SPDX-License-Identifier: MIT */
/**
 * @file probe.h
 * Touching memory that may not be there, and coming back either way: each
 * access is listed in the hypervisor's table of instructions that may fault
 * (segmentation/fixup.c).
 */
#ifndef LAB1_PROBE_H
#define LAB1_PROBE_H

#include <stdint.h>

/* One line of the exception table: at a fault here, go on there. */
#define PROBE_FIXUP(fault, resume)                                         \
    ".pushsection .exception_table, \"a\"\n\t"                             \
    ".long " fault ", " resume "\n\t"                                      \
    ".popsection\n\t"

/** Load a word. @return 1 when the load faulted. */
static inline uint32_t probe_read(uint32_t address)
{
    uint32_t faulted = 1, word;

    __asm__ volatile("1: movl (%2), %1\n\t"
                     "movl $0, %0\n\t"
                     "2:\n\t" PROBE_FIXUP("1b", "2b")
                     : "+r"(faulted), "=&r"(word)
                     : "r"(address)
                     : "memory");
    return faulted;
}

/** Store a word that is there already. @return 1 when an access faulted. */
static inline uint32_t probe_write(uint32_t address)
{
    uint32_t faulted = 1, word = 0;

    /* The load may fault as well: then it is the store's turn with 0. */
    __asm__ volatile("3: movl (%2), %1\n\t"
                     "1: movl %1, (%2)\n\t"
                     "movl $0, %0\n\t"
                     "2:\n\t" PROBE_FIXUP("3b", "1b") PROBE_FIXUP("1b", "2b")
                     : "+r"(faulted), "+r"(word)
                     : "r"(address)
                     : "memory");
    return faulted;
}

#endif
