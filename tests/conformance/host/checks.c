/* SPDX-License-Identifier: MIT */
/**
 * @file checks.c
 * Reading the checks from a guest's image: see checks.h.
 */
#include "tests/conformance/host/checks.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/trace/symbols.h"

/** A check as it is in the image: four words. */
struct image_check {
    uint32_t id, expected, seen, flags;
};

static unsigned char *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    unsigned char *image = NULL;
    long size;

    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0) {
        rewind(file);
        *bytes = (size_t)size;
        /* One zero more ends the last text whatever the file says. */
        image = calloc(*bytes + 1, 1);
        if (image && fread(image, 1, *bytes, file) != *bytes) {
            free(image);
            image = NULL;
        }
    }
    fclose(file);
    return image;
}

/** Where a virtual address is in the file. @return NULL: nowhere. */
static const void *at(const struct check_list *list, uint32_t address,
                      uint32_t length)
{
    const Elf32_Ehdr *header = (const void *)list->image;

    for (unsigned i = 0; i < header->e_phnum; i++) {
        size_t where = header->e_phoff + i * sizeof(Elf32_Phdr);
        const Elf32_Phdr *part = (const void *)(list->image + where);

        if (where + sizeof *part > list->bytes)
            return NULL;
        if (part->p_type == PT_LOAD && address >= part->p_vaddr &&
            (uint64_t)address + length <=
                (uint64_t)part->p_vaddr + part->p_filesz &&
            (uint64_t)part->p_offset + part->p_filesz <= list->bytes)
            return list->image + part->p_offset + (address - part->p_vaddr);
    }
    return NULL;
}

static const char *find_table(const char *path, uint32_t *start,
                              uint32_t *end)
{
    struct symbols *symbols;
    bool found;

    if (symbols_open(path, &symbols, NULL))
        return "its symbols cannot be read";
    found = symbols_address(symbols, "checks_start", start) &&
            symbols_address(symbols, "checks_end", end) && *end > *start;
    symbols_close(symbols);
    return found ? NULL : "it has no checks";
}

const char *checks_read(const char *path, struct check_list *list)
{
    const struct image_check *table;
    uint32_t start = 0, end = 0;
    const char *wrong;

    memset(list, 0, sizeof *list);
    list->image = read_file(path, &list->bytes);
    if (!list->image)
        return "it cannot be read";
    wrong = find_table(path, &start, &end);
    if (wrong)
        return wrong;
    table = at(list, start, end - start);
    list->nr = (end - start) / sizeof *table;
    list->check = calloc(list->nr, sizeof *list->check);
    if (!table || !list->check)
        return "its checks are not in the file";
    for (size_t i = 0; i < list->nr; i++) {
        struct check_entry *to = &list->check[i];

        to->id = at(list, table[i].id, 1);
        to->expected = at(list, table[i].expected, 1);
        to->seen = at(list, table[i].seen, 1);
        to->flags = table[i].flags;
        if (!to->id || !to->expected || !to->seen)
            return "a check's texts are not in the file";
    }
    return NULL;
}

void checks_free(struct check_list *list)
{
    free(list->check);
    free(list->image);
}
