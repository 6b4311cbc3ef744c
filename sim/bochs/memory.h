/* SPDX-License-Identifier: MIT */
/**
 * @file memory.h
 * Reading the machine's memory, physical and virtual, without the machine
 * noticing: no accessed bits, no faults, no translation is cached.
 */
#ifndef SIM_BOCHS_MEMORY_H
#define SIM_BOCHS_MEMORY_H

#include "sim/bochs/cpu.h"

/** Copy RAM or ROM. @return Bytes copied, up to the first that is neither. */
size_t memory_read(uint64_t maddr, void *to, size_t bytes);

/** One 8-byte page-table entry, aligned; 0 where there is no RAM. */
uint64_t memory_entry(uint64_t maddr);

/**
 * Walk the tables in memory, as the processor's mode now demands: no paging,
 * 32-bit, or PAE from the four entries that the processor holds.
 *
 * @return false when nothing is mapped at that address.
 */
bool memory_translate(uint32_t vaddr, struct translation *to);

/** Copy virtual memory. @return Bytes copied, up to the first unmapped. */
size_t memory_read_virtual(uint32_t vaddr, void *to, size_t bytes);

/**
 * Write all of RAM into a file, with holes for zeros.
 *
 * @return false when it cannot be written; errno says why.
 */
bool memory_dump(const char *path);

#endif
