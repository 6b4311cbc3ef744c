/* SPDX-License-Identifier: MIT */
/**
 * @file arch_hypercall.h
 * Memory accesses that may fault (arch/hypercall_copy.asm).
 *
 * They check nothing: hypercall/copy.c decides which addresses are allowed.
 */
#ifndef HV_ARCH_HYPERCALL_H
#define HV_ARCH_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

/**
 * Copy, and survive a page fault on either side.
 *
 * @retval 0        all bytes copied.
 * @retval -EFAULT  a byte could not be read or written; those before it may
 *                  have been copied.
 */
int arch_copy_may_fault(void *to, const void *from, size_t bytes);

/** Store zeros, and survive a page fault; results as above. */
int arch_clear_may_fault(void *to, size_t bytes);

#endif
