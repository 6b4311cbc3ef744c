/* SPDX-License-Identifier: MIT */
/**
 * @file multiboot.c
 * Copying what the boot loader hands over. Linked low: it runs before paging.
 *
 * The loader's structures lie anywhere in low memory, and point to each other
 * by machine addresses. Nobody vouches for them, so nothing is believed
 * before it is checked (BOOT-I6): a table that would wrap past 4 GB stops the
 * boot; an entry that makes no sense or does not fit is left out and counted
 * in `nr_dropped`, which boot_main() reports.
 *
 * Source: [Multiboot] 0.6.96, 3.3 "Boot information format".
 *
 * @ingroup boot
 */
#include "boot_low.h"

#define MULTIBOOT_LOADER_MAGIC 0x2BADB002u

/* Bits of `flags`: which fields hold something. */
#define INFO_MEMORY 0x001u
#define INFO_COMMAND_LINE 0x004u
#define INFO_MODULES 0x008u
#define INFO_MEMORY_MAP 0x040u

/** The loader's information structure, as far as we read it. */
struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower; /**< KB of RAM from 0 */
    uint32_t mem_upper; /**< KB of RAM from 1 MB, up to the first hole */
    uint32_t boot_device;
    uint32_t command_line; /**< machine address of a string */
    uint32_t mods_count;
    uint32_t mods_addr;
    uint32_t symbols[4];
    uint32_t mmap_length; /**< bytes */
    uint32_t mmap_addr;
};

/** One module, in the loader's table. */
struct multiboot_module {
    uint32_t start;
    uint32_t end;
    uint32_t string;
    uint32_t reserved;
};

/** One range of the memory map, in the loader's table. */
struct multiboot_range {
    uint32_t size; /**< bytes that follow this field: at least 20 */
    uint64_t base;
    uint64_t length;
    uint32_t type;
} __attribute__((packed));

#define RANGE_MIN_SIZE (sizeof(struct multiboot_range) - sizeof(uint32_t))

/** Before paging, a machine address is a pointer. */
static const void *at(uint32_t address)
{
    return (const void *)(uintptr_t)address;
}

/** Whether [address, address + bytes) stays below 4 GB. */
static bool fits(uint32_t address, uint32_t bytes)
{
    return bytes <= 0u - address || address == 0;
}

/** Copy a string, cut to its room; 0 is the address of no string. */
static void copy_string(char to[BOOT_STRING_BYTES], uint32_t from)
{
    unsigned i = 0;

    if (from != 0)
        while (i < BOOT_STRING_BYTES - 1 && from + i != 0 &&
               *(const char *)at(from + i) != 0) {
            to[i] = *(const char *)at(from + i);
            i++;
        }
    to[i] = 0;
}

static void add_range(struct boot_info *info, uint64_t base, uint64_t length,
                      uint32_t type)
{
    if (info->nr_ranges == BOOT_MAX_RANGES) {
        info->nr_dropped++;
        return;
    }
    info->range[info->nr_ranges++] =
        (struct boot_range){ .base = base, .length = length, .type = type };
}

/** The whole table: entries say their own size, so a bad one ends it. */
static void copy_ranges(struct boot_info *info, uint32_t address,
                        uint32_t length)
{
    while (length > 0) {
        struct multiboot_range entry;

        if (length < sizeof(entry)) {
            info->nr_dropped++;
            return;
        }
        memcpy(&entry, at(address), sizeof(entry));
        if (entry.size < RANGE_MIN_SIZE ||
            entry.size > length - sizeof(entry.size)) {
            info->nr_dropped++;
            return;
        }
        add_range(info, entry.base, entry.length, entry.type);
        address += entry.size + sizeof(entry.size);
        length -= entry.size + sizeof(entry.size);
    }
}

/** Whether every byte of a module lies in RAM, by the ranges copied. */
static bool in_ram(const struct boot_info *info, uint64_t start, uint64_t end)
{
    bool further = true;

    while (start < end && further) {
        further = false;
        for (unsigned i = 0; i < info->nr_ranges; i++) {
            const struct boot_range *r = &info->range[i];

            if (r->type == BOOT_RAM && start >= r->base &&
                start - r->base < r->length) {
                start = r->base + r->length;
                further = true;
            }
        }
    }
    return start >= end;
}

static void copy_modules(struct boot_info *info, uint32_t address,
                         uint32_t count)
{
    for (; count > 0; count--, address += sizeof(struct multiboot_module)) {
        struct multiboot_module entry;
        struct boot_module *m = &info->module[info->nr_modules];

        if (info->nr_modules == BOOT_MAX_MODULES) {
            info->nr_dropped += count;
            return;
        }
        memcpy(&entry, at(address), sizeof(entry));
        if (entry.end < entry.start ||
            !in_ram(info, entry.start, entry.end)) {
            info->nr_dropped++;
            continue;
        }
        m->start = entry.start;
        m->end = entry.end;
        copy_string(m->string, entry.string);
        info->nr_modules++;
    }
}

/** The memory map, or what stands in for it: two numbers. */
static const char *copy_memory(struct boot_info *info,
                               const struct multiboot_info *from)
{
    if (from->flags & INFO_MEMORY_MAP) {
        if (!fits(from->mmap_addr, from->mmap_length))
            return "The boot loader's memory map reaches past 4 GB.";
        copy_ranges(info, from->mmap_addr, from->mmap_length);
    } else if (from->flags & INFO_MEMORY) {
        add_range(info, 0, (uint64_t)from->mem_lower << 10, BOOT_RAM);
        add_range(info, 0x100000, (uint64_t)from->mem_upper << 10, BOOT_RAM);
    } else {
        return "The boot loader gave no memory map.";
    }
    return NULL;
}

/**
 * Copy the boot loader's structures, checking every bound (BOOT-I6).
 *
 * @param magic       what the loader left in eax
 * @param info_maddr  what it left in ebx: machine address of its structure
 * @param info        OUT a copy of the command line, ranges and modules;
 *                    `image_end` and `l3` are left to the caller. Zero on
 *                    entry
 * @context{boot}
 * @return NULL, or a sentence that says why the boot cannot go on.
 * @pre paging is off
 * @note A module is left out (and counted in nr_dropped) when it ends before
 *       it starts or is not wholly in usable RAM: looking at it would touch
 *       memory that is not there.
 * @par Source
 * [Multiboot] 0.6.96, 3.3 "Boot information format".
 * @ingroup boot
 */
const char *multiboot_copy(uint32_t magic, uint32_t info_maddr,
                           struct boot_info *info)
{
    struct multiboot_info from;
    const char *wrong;

    if (magic != MULTIBOOT_LOADER_MAGIC)
        return "It was not started by a Multiboot boot loader.";
    if (!fits(info_maddr, sizeof(from)))
        return "The boot loader's information reaches past 4 GB.";
    memcpy(&from, at(info_maddr), sizeof(from));

    if (from.flags & INFO_COMMAND_LINE)
        copy_string(info->command_line, from.command_line);
    wrong = copy_memory(info, &from);
    if (wrong || !(from.flags & INFO_MODULES))
        return wrong;
    if (from.mods_count > 0x10000000u ||
        !fits(from.mods_addr, from.mods_count *
                                  (uint32_t)sizeof(struct multiboot_module)))
        return "The boot loader's module table reaches past 4 GB.";
    copy_modules(info, from.mods_addr, from.mods_count);
    return NULL;
}
