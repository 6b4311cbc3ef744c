/* SPDX-License-Identifier: MIT */
/**
 * @file leaks.h
 * The second half of the oracle *no leaks*: what two runs noted, compared.
 */
#ifndef TESTS_ORACLES_LEAKS_H
#define TESTS_ORACLES_LEAKS_H

#include <stddef.h>

/**
 * Compare what was visible to the guest in two runs that differ in nothing but
 * the value of what nobody wrote.
 *
 * @param one          Folder of the first run.
 * @param other        Of the second.
 * @param[out] why     If they differ: a sentence that says where and what.
 * @param bytes        Room for it.
 * @retval 0   The same, and there is something.
 * @retval 1   They differ: a leak.
 * @retval -1  The notes cannot be read.
 */
int leaks_compare(const char *one, const char *other, char *why,
                  size_t bytes);

#endif
