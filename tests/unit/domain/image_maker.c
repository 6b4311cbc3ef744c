/* SPDX-License-Identifier: MIT */
/**
 * @file image_maker.c
 * The layout of a made image's file:
 *
 *     0x0000 ELF header, two program headers
 *     0x0800 notes
 *     0x1000 one segment of 0x1000 bytes, 0x1800 in memory, at 1 MB
 *     0x2000 section headers
 *     0x2400 section names
 *     0x2800 content of the added section, symbols
 */
#include "image_maker.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen_abi.h"

static void read_bytes(const struct image_source *source, uint32_t offset,
                       void *to, uint32_t bytes)
{
    memcpy(to, (const uint8_t *)source->host + offset, bytes);
}

static void point_at(struct maker *m, uint32_t size)
{
    m->size = size;
    m->elf = (Elf32_Ehdr *)(void *)m->bytes;
    m->load = (Elf32_Phdr *)(void *)(m->bytes + sizeof(Elf32_Ehdr));
    m->note = m->load + 1;
    m->source = (struct image_source){ .bytes = size, .read = read_bytes,
                                       .host = m->bytes };
}

/** An image that is right, but has no notes yet. */
void maker_start(struct maker *m)
{
    m->bytes = calloc(1, MAKER_BYTES);
    point_at(m, MAKER_BYTES);
    m->notes_at = 0x800;
    memcpy(m->elf->e_ident, ELFMAG, SELFMAG);
    m->elf->e_ident[EI_CLASS] = ELFCLASS32;
    m->elf->e_ident[EI_DATA] = ELFDATA2LSB;
    m->elf->e_type = ET_EXEC;
    m->elf->e_machine = EM_386;
    m->elf->e_version = EV_CURRENT;
    m->elf->e_entry = 0x100010;
    m->elf->e_phoff = sizeof(Elf32_Ehdr);
    m->elf->e_phentsize = sizeof(Elf32_Phdr);
    m->elf->e_phnum = 2;
    *m->load = (Elf32_Phdr){ .p_type = PT_LOAD, .p_offset = 0x1000,
                             .p_vaddr = 0x100000, .p_paddr = 0x100000,
                             .p_filesz = 0x1000, .p_memsz = 0x1800 };
    *m->note = (Elf32_Phdr){ .p_type = PT_NOTE, .p_offset = 0x800 };
}

static void add_note(struct maker *m, uint32_t type, const void *descriptor,
                     uint32_t bytes)
{
    Elf32_Nhdr header = { .n_namesz = 4, .n_descsz = bytes, .n_type = type };

    memcpy(m->bytes + m->notes_at, &header, sizeof(header));
    memcpy(m->bytes + m->notes_at + 12, "Xen", 4);
    memcpy(m->bytes + m->notes_at + 16, descriptor, bytes);
    m->notes_at += 16 + ((bytes + 3) & ~3u);
    m->note->p_filesz = m->notes_at - 0x800;
}

void maker_number(struct maker *m, uint32_t type, uint32_t value)
{
    add_note(m, type, &value, sizeof(value));
}

void maker_string(struct maker *m, uint32_t type, const char *value)
{
    add_note(m, type, value, (uint32_t)strlen(value) + 1);
}

/** The three notes without which nothing is accepted. */
void maker_usual_notes(struct maker *m)
{
    maker_string(m, XEN_ELFNOTE_LOADER, "generic");
    maker_string(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    maker_string(m, XEN_ELFNOTE_PAE_MODE, "yes");
}

/** Keep only the first `size` bytes, so that ASan sees any read beyond. */
void maker_cut(struct maker *m, uint32_t size)
{
    m->bytes = realloc(m->bytes, size);
    point_at(m, size);
}

/** Somebody's real image. */
void maker_from_file(struct maker *m, const char *path)
{
    FILE *file = fopen(path, "rb");
    long size;

    ck_assert_msg(file != NULL, "cannot open %s", path);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    m->bytes = malloc((size_t)size);
    ck_assert_uint_eq(fread(m->bytes, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    point_at(m, (uint32_t)size);
}

void maker_free(struct maker *m)
{
    free(m->bytes);
}

/** Add the section table with one section of content. */
Elf32_Shdr *maker_section(struct maker *m, const char *name, uint32_t type,
                          const void *content, uint32_t bytes)
{
    Elf32_Shdr *section = (Elf32_Shdr *)(void *)(m->bytes + 0x2000);

    m->elf->e_shoff = 0x2000;
    m->elf->e_shentsize = sizeof(*section);
    m->elf->e_shnum = 3;
    m->elf->e_shstrndx = 1;
    section[1] = (Elf32_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = 0x2400,
                               .sh_size = 0x100 };
    section[2] = (Elf32_Shdr){ .sh_name = 1, .sh_type = type,
                               .sh_offset = 0x2800, .sh_size = bytes };
    strcpy((char *)m->bytes + 0x2401, name);
    memcpy(m->bytes + 0x2800, content, bytes);
    return section;
}

/** Add a symbol table: `start` at 0x100000, `handler` at 0x100020. */
void maker_symbols(struct maker *m)
{
    static const char strings[] = "\0start\0handler";
    Elf32_Sym symbol[3] = {
        [1] = { .st_name = 1, .st_value = 0x100000, .st_shndx = 1,
                .st_info = ELF32_ST_INFO(STB_GLOBAL, STT_FUNC) },
        [2] = { .st_name = 7, .st_value = 0x100020, .st_shndx = 1,
                .st_info = ELF32_ST_INFO(STB_LOCAL, STT_NOTYPE) },
    };
    Elf32_Shdr *section = maker_section(m, ".symtab", SHT_SYMTAB, symbol,
                                        sizeof(symbol));

    m->elf->e_shnum = 4;
    section[2].sh_link = 3;
    section[2].sh_entsize = sizeof(symbol[0]);
    section[3] = (Elf32_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = 0x2C00,
                               .sh_size = sizeof(strings) };
    memcpy(m->bytes + 0x2C00, strings, sizeof(strings));
}
