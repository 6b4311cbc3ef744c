/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The host's version of arch_guest.h: the guest's memory is what the test's
 * copy functions reach.
 */
#ifndef HV_ARCH_GUEST_H
#define HV_ARCH_GUEST_H

#include "hypercall.h"

static inline bool arch_guest_read(uint32_t address, uint32_t *to)
{
    return copy_from_guest(to, vaddr(address), sizeof(*to)) == 0;
}

static inline bool arch_guest_write(uint32_t address, uint32_t word)
{
    return copy_to_guest(vaddr(address), &word, sizeof(word)) == 0;
}

bool arch_guest_stack(uint16_t ss);
bool arch_guest_push(uint32_t esp, unsigned index, uint32_t word);

#endif
