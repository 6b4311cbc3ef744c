/* SPDX-License-Identifier: MIT */
/**
 * @file multiboot.h
 * The Multiboot 1 information as a boot loader writes it: the structures of
 * [Multiboot] 0.6.96, 3.3 "Boot information format". All fields are
 * little-endian; addresses are of machine memory.
 */
#ifndef SIM_ROM_MULTIBOOT_H
#define SIM_ROM_MULTIBOOT_H

#include <stdint.h>

enum multiboot_flag {
    MULTIBOOT_MEMORY = 1u << 0,       /**< mem_lower, mem_upper are valid */
    MULTIBOOT_COMMAND_LINE = 1u << 2, /**< cmdline is valid */
    MULTIBOOT_MODULES = 1u << 3,
    MULTIBOOT_MAP = 1u << 6,
    MULTIBOOT_LOADER_NAME = 1u << 9,
};

/** The information's start; what is behind the flags above is all we fill
 *  in, the rest stays 0. */
struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower; /**< KB from 0 */
    uint32_t mem_upper; /**< KB from 1 MB */
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count;
    uint32_t mods_addr;
    uint32_t syms[4];
    uint32_t mmap_length; /**< bytes */
    uint32_t mmap_addr;
    uint32_t drives_length;
    uint32_t drives_addr;
    uint32_t config_table;
    uint32_t boot_loader_name;
    uint32_t apm_table;
    uint32_t vbe[4];
};

struct multiboot_module {
    uint32_t start; /**< of its first byte */
    uint32_t end;   /**< after its last */
    uint32_t string;
    uint32_t reserved;
};

/** `size` counts the bytes that follow it. */
struct multiboot_range {
    uint32_t size;
    uint32_t base_low, base_high;
    uint32_t length_low, length_high;
    uint32_t type;
};

_Static_assert(sizeof(struct multiboot_info) == 88, "as specified");
_Static_assert(sizeof(struct multiboot_module) == 16, "as specified");
_Static_assert(sizeof(struct multiboot_range) == 24, "as specified");

#endif
