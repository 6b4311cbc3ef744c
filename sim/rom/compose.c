/* SPDX-License-Identifier: MIT */
/**
 * @file compose.c
 * See compose.h. In three steps: place everything in RAM; write the
 * information, whose pointers need the places; write the ROM, whose copy
 * table needs both.
 */
#include "sim/rom/compose.h"

#include <stdlib.h>
#include <string.h>

#include "sim/rom/image.h"
#include "sim/rom/multiboot.h"
#include "sim/rom/place.h"
#include "sim/rom/stub.h"

/* rom.bin, linked in as bytes. */
extern const uint8_t _binary_rom_bin_start[];

#define PAGE 4096u
#define ROM_UNIT 0x10000u
/* The first page is left out: address 0 is no address. */
#define INFO_LOWEST 0x1000u
#define MODULE_LOWEST 0x100000u
#define KB 1024u
#define HIGH_MEMORY 0x100000u
#define LOADER_NAME "Ringfence boot ROM"

/** One line of the copy table, with its bytes still on the host. */
struct piece {
    const void *bytes; /**< NULL: zeros */
    uint32_t target;
    uint32_t length;
};

#define MAX_PIECES (2 * ROM_MAX_SEGMENTS + ROM_MAX_MODULES + 1)

/** A composition in the making. */
struct work {
    const struct rom_plan *plan;
    struct rom *rom;
    struct sim_error *error;
    struct rom_image image;
    struct place place;
    struct rom_range pc_map[ROM_PC_RANGES];
    uint8_t *info;
    size_t info_used; /**< bytes written to `info` */
    struct piece piece[MAX_PIECES];
    unsigned nr_pieces;
    size_t piece_bytes; /**< that the pieces take in the ROM */
};

uint32_t rom_delay_of_seed(uint64_t seed)
{
    /* SplitMix64's finaliser: neighbouring seeds give unrelated delays. */
    uint64_t z = seed + 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) & 0x3FFFF);
}

void rom_pc_map(uint64_t ram_bytes, struct rom_range *range)
{
    const struct rom_range map[ROM_PC_RANGES] = {
        { 0, 0x9FC00, 1 },
        { 0x9FC00, 0x400, 2 },     /* the BIOS's data */
        { 0xF0000, 0x10000, 2 },   /* the BIOS */
        { HIGH_MEMORY, ram_bytes - HIGH_MEMORY, 1 },
        { 0xFFC00000, ROM_MAX_BYTES, 2 },
    };

    memcpy(range, map, sizeof(map));
}

/* --- Placing -------------------------------------------------------------- */

static int place_image(struct work *w)
{
    unsigned i;

    if (rom_image_read(w->plan->image, w->plan->image_length, &w->image,
                       w->error))
        return -1;
    for (i = 0; i < w->image.nr_segments; i++) {
        const struct rom_segment *segment = &w->image.segment[i];
        uint32_t end = segment->target + segment->memory_bytes;

        if (!place_take(&w->place, segment->target, segment->memory_bytes))
            return sim_fail(w->error, "the image's segment 0x%08x..0x%08x "
                            "is not in the machine's %llu MB of RAM",
                            segment->target, end,
                            (unsigned long long)w->plan->ram_bytes >> 20);
        if (end > w->rom->image_end)
            w->rom->image_end = end;
    }
    w->rom->entry = w->image.entry;
    return 0;
}

/** Modules with an address come first: the others go around them. */
static int place_modules(struct work *w)
{
    uint32_t lowest = w->rom->image_end;
    unsigned i;

    if (lowest < MODULE_LOWEST)
        lowest = MODULE_LOWEST;
    for (i = 0; i < w->plan->nr_modules; i++) {
        const struct rom_module *module = &w->plan->module[i];

        w->rom->module_address[i] = module->address;
        if (module->claim || module->address == 0)
            continue;
        if (module->address % PAGE)
            return sim_fail(w->error, "module %u: address 0x%08x is not "
                            "page-aligned", i, module->address);
        if (!place_take(&w->place, module->address, module->length))
            return sim_fail(w->error, "module %u: 0x%zx bytes at 0x%08x are "
                            "not RAM, or taken", i, module->length,
                            module->address);
    }
    for (i = 0; i < w->plan->nr_modules; i++) {
        const struct rom_module *module = &w->plan->module[i];

        if (module->claim || module->address != 0)
            continue;
        w->rom->module_address[i] =
            place_choose(&w->place, lowest, module->length, PAGE);
        if (w->rom->module_address[i] == 0)
            return sim_fail(w->error, "module %u: no room for its 0x%zx "
                            "bytes in usable memory above 0x%08x", i,
                            module->length, lowest);
    }
    return 0;
}

/* --- The information ------------------------------------------------------ */

/** Append bytes to the information; gives the address that they will have. */
static uint32_t info_append(struct work *w, const void *bytes, size_t length)
{
    uint32_t address = w->rom->info + (uint32_t)w->info_used;

    memcpy(w->info + w->info_used, bytes, length);
    w->info_used += length;
    return address;
}

static uint32_t info_string(struct work *w, const char *string)
{
    return info_append(w, string ? string : "",
                       string ? strlen(string) + 1 : 1);
}

/** Bytes of the information: what the steps of write_info() append. */
static size_t info_length(const struct rom_plan *plan, unsigned nr_ranges)
{
    size_t length = sizeof(struct multiboot_info) + sizeof(LOADER_NAME) +
                    nr_ranges * sizeof(struct multiboot_range) +
                    plan->nr_modules * sizeof(struct multiboot_module);
    unsigned i;

    length += plan->command_line ? strlen(plan->command_line) + 1 : 1;
    for (i = 0; i < plan->nr_modules; i++) {
        const char *string = plan->module[i].string;

        length += string ? strlen(string) + 1 : 1;
    }
    return length;
}

static void write_map(struct work *w, struct multiboot_info *info)
{
    unsigned i;

    info->mmap_addr = w->rom->info + (uint32_t)w->info_used;
    info->mmap_length =
        w->place.nr_ranges * (uint32_t)sizeof(struct multiboot_range);
    for (i = 0; i < w->place.nr_ranges; i++) {
        const struct rom_range *range = &w->place.range[i];
        struct multiboot_range entry = {
            .size = ROM_RANGE_BYTES,
            .base_low = (uint32_t)range->base,
            .base_high = (uint32_t)(range->base >> 32),
            .length_low = (uint32_t)range->length,
            .length_high = (uint32_t)(range->length >> 32),
            .type = range->type,
        };

        info_append(w, &entry, sizeof(entry));
    }
}

static void write_modules(struct work *w, struct multiboot_info *info)
{
    const struct rom_plan *plan = w->plan;
    size_t table = w->info_used;
    unsigned i;

    info->mods_addr = w->rom->info + (uint32_t)table;
    info->mods_count = plan->nr_modules;
    w->info_used += plan->nr_modules * sizeof(struct multiboot_module);
    for (i = 0; i < plan->nr_modules; i++) {
        const struct rom_module *module = &plan->module[i];
        uint32_t start = w->rom->module_address[i];
        struct multiboot_module entry = {
            .start = start,
            .end = module->claim ? module->end
                                 : start + (uint32_t)module->length,
            .string = info_string(w, module->string),
        };

        memcpy(w->info + table + i * sizeof(entry), &entry, sizeof(entry));
    }
}

/** Write the information in the order: header, map, modules, strings. */
static int write_info(struct work *w)
{
    const struct rom_plan *plan = w->plan;
    size_t length = info_length(plan, w->place.nr_ranges);
    struct multiboot_info info = {
        .flags = MULTIBOOT_MEMORY | MULTIBOOT_COMMAND_LINE |
                 MULTIBOOT_MODULES | MULTIBOOT_MAP | MULTIBOOT_LOADER_NAME,
        .mem_lower = 0x9FC00 / KB,
        .mem_upper = (uint32_t)((plan->ram_bytes - HIGH_MEMORY) / KB),
    };

    w->rom->info = place_choose(&w->place, INFO_LOWEST, length, 16);
    if (w->rom->info == 0)
        return sim_fail(w->error, "no room for the %zu bytes of boot "
                        "information in usable memory", length);
    w->rom->info_length = (uint32_t)length;
    w->info = calloc(1, length);
    if (!w->info)
        return sim_fail(w->error, "the host is out of memory");
    w->info_used = sizeof(info);
    write_map(w, &info);
    write_modules(w, &info);
    info.cmdline = info_string(w, plan->command_line);
    info.boot_loader_name = info_string(w, LOADER_NAME);
    memcpy(w->info, &info, sizeof(info));
    return 0;
}

/* --- The ROM -------------------------------------------------------------- */

static void add_piece(struct work *w, uint32_t target, const void *bytes,
                      uint32_t length)
{
    if (length == 0)
        return;
    w->piece[w->nr_pieces++] = (struct piece){ bytes, target, length };
    if (bytes)
        w->piece_bytes += (length + 3u) & ~3u;
}

/** The bytes that the ROM has for pieces, besides its code and table. */
static size_t room_for_pieces(void)
{
    return ROM_MAX_BYTES - STUB_BYTES - (MAX_PIECES + 1) * PIECE_SIZE;
}

static int list_pieces(struct work *w)
{
    const uint8_t *file = w->plan->image;
    unsigned i;

    for (i = 0; i < w->image.nr_segments; i++) {
        const struct rom_segment *segment = &w->image.segment[i];

        add_piece(w, segment->target, file + segment->offset,
                  segment->file_bytes);
        add_piece(w, segment->target + segment->file_bytes, NULL,
                  segment->memory_bytes - segment->file_bytes);
    }
    add_piece(w, w->rom->info, w->info, (uint32_t)w->info_used);
    if (w->piece_bytes > room_for_pieces())
        return sim_fail(w->error, "the image's %zu bytes do not fit into a "
                        "boot ROM of 4 MB", w->piece_bytes);
    for (i = 0; i < w->plan->nr_modules; i++) {
        const struct rom_module *module = &w->plan->module[i];
        uint32_t address = w->rom->module_address[i];

        if (module->claim)
            continue;
        if (w->piece_bytes + module->length + 3 <= room_for_pieces())
            add_piece(w, address, module->bytes, (uint32_t)module->length);
        else
            w->rom->preload[w->rom->nr_preloads++] = (struct rom_preload){
                address, module->bytes, module->length,
            };
    }
    return 0;
}

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

/** Lay out: bytes of the pieces, the table, padding, the code's page. */
static int write_rom(struct work *w)
{
    struct rom *rom = w->rom;
    size_t table = w->piece_bytes;
    size_t used = table + (w->nr_pieces + 1) * PIECE_SIZE + STUB_BYTES;
    size_t at = 0;
    uint32_t base;
    uint8_t *stub;
    unsigned i;

    rom->length = (used + ROM_UNIT - 1) / ROM_UNIT * ROM_UNIT;
    rom->bytes = calloc(1, rom->length);
    if (!rom->bytes)
        return sim_fail(w->error, "the host is out of memory");
    base = (uint32_t)(0x100000000ull - rom->length);
    for (i = 0; i < w->nr_pieces; i++) {
        const struct piece *piece = &w->piece[i];
        uint8_t *line = rom->bytes + table + i * PIECE_SIZE;

        put32(line + PIECE_TARGET, piece->target);
        put32(line + PIECE_LENGTH, piece->length);
        if (!piece->bytes)
            continue;
        put32(line + PIECE_SOURCE, base + (uint32_t)at);
        memcpy(rom->bytes + at, piece->bytes, piece->length);
        at += (piece->length + 3u) & ~3u;
    }
    stub = rom->bytes + rom->length - STUB_BYTES;
    memcpy(stub, _binary_rom_bin_start, STUB_BYTES);
    put32(stub + STUB_DELAY, w->plan->delay);
    put32(stub + STUB_TABLE, base + (uint32_t)table);
    put32(stub + STUB_ENTRY, rom->entry);
    put32(stub + STUB_INFO, rom->info);
    return 0;
}

static int check_plan(const struct rom_plan *plan, struct sim_error *error)
{
    unsigned i;

    if (plan->ram_bytes < ROM_MIN_RAM || plan->ram_bytes > ROM_MAX_RAM)
        return sim_fail(error, "%llu MB of RAM; possible are %u to %u",
                        (unsigned long long)plan->ram_bytes >> 20,
                        ROM_MIN_RAM >> 20, ROM_MAX_RAM >> 20);
    if (plan->nr_modules > ROM_MAX_MODULES)
        return sim_fail(error, "%u modules; possible are %u",
                        plan->nr_modules, ROM_MAX_MODULES);
    for (i = 0; i < plan->nr_modules; i++)
        if (!plan->module[i].claim && plan->module[i].length > UINT32_MAX)
            return sim_fail(error, "module %u is larger than 4 GB", i);
    return 0;
}

int rom_compose(const struct rom_plan *plan, struct rom *rom,
                struct sim_error *error)
{
    struct work *w;
    int result = -1;

    memset(rom, 0, sizeof(*rom));
    if (check_plan(plan, error))
        return -1;
    w = calloc(1, sizeof(*w));
    if (!w)
        return sim_fail(error, "the host is out of memory");
    w->plan = plan;
    w->rom = rom;
    w->error = error;
    rom_pc_map(plan->ram_bytes, w->pc_map);
    w->place = (struct place){
        .ram_bytes = plan->ram_bytes,
        .range = plan->nr_ranges ? plan->range : w->pc_map,
        .nr_ranges = plan->nr_ranges ? plan->nr_ranges : ROM_PC_RANGES,
    };
    if (place_image(w) == 0 && place_modules(w) == 0 && write_info(w) == 0 &&
        list_pieces(w) == 0 && write_rom(w) == 0)
        result = 0;
    place_free(&w->place);
    free(w->info);
    free(w);
    return result;
}

void rom_free(struct rom *rom)
{
    free(rom->bytes);
    rom->bytes = NULL;
}
