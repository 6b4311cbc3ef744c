/* SPDX-License-Identifier: MIT */
/**
 * @file image_symbols.c
 * The symbol table that a guest may ask to find behind its own image.
 *
 * The note BSD_SYMTAB=yes asks for this, from roundup(end, 4) on:
 *
 *     +-------+------------------+---------------------+---------+---------+
 *     | bytes | ELF header, zero | section headers:    | symbols | strings |
 *     |  u32  | padded to 64     | none, symbols, str. |         |         |
 *     +-------+------------------+---------------------+---------+---------+
 *             ^ offsets of the little ELF file count from here
 *
 * The two tables become segments of the image, so that whoever loads the
 * image loads them too. Every byte of the header is ours or zero: the
 * original loader once handed the guest stale memory there ([XSA-194]).
 *
 * Source: [XenABI] xen/elfnote.h, XEN_ELFNOTE_BSD_SYMTAB.
 */
#include "builder.h"

#include "layout.h"
#include "lib.h"
#include "xen_abi.h"

enum { SECTION_SYMBOLS = 1, SECTION_STRINGS = 2 };

/** Where offsets of the little ELF file count from. */
#define ELF_START offsetof(struct image_symbols_header, elf)

/** Add one table of the file as a segment at `*va`, and step over it. */
static int add_table(struct image_reader *reader, struct guest_image *image,
                     unsigned slot, const Elf32_Shdr *table, uint64_t *va)
{
    struct image_symbols *symbols = &image->bsd_symbols;
    uint64_t memory_bytes = image_round_up_4(table->sh_size);

    if (*va + memory_bytes > M2P_START ||
        image->nr_segments == IMAGE_MAX_SEGMENTS)
        return build_refuse(reader->error,
                            "the symbols that BSD_SYMTAB asks for (sh_size "
                            "0x%x) have no place behind the image",
                            table->sh_size);
    symbols->header.section[slot] = *table;
    symbols->header.section[slot].sh_name = 0;
    symbols->header.section[slot].sh_offset =
        (uint32_t)(*va - symbols->va - ELF_START);
    if (memory_bytes != 0)
        image->segment[image->nr_segments++] = (struct image_segment){
            .offset = table->sh_offset,
            .file_bytes = table->sh_size,
            .va = (uint32_t)*va,
            .memory_bytes = (uint32_t)memory_bytes,
        };
    *va += memory_bytes;
    return 0;
}

/** The ELF header of the little file: the image's own, without segments. */
static void fill_elf_header(const struct image_reader *reader,
                            Elf32_Ehdr *header)
{
    *header = reader->header;
    header->e_phoff = 0;
    header->e_phentsize = 0;
    header->e_phnum = 0;
    header->e_shoff =
        offsetof(struct image_symbols_header, section) - ELF_START;
    header->e_shnum = 3;
    header->e_shstrndx = SHN_UNDEF;
}

static bool wanted(const struct image_notes *notes)
{
    if (!(notes->given & (1u << XEN_ELFNOTE_BSD_SYMTAB)))
        return false;
    return notes->legacy || strcmp(notes->bsd_symtab, "yes") == 0;
}

/**
 * Plan the symbols behind the image, if it asks for them and has any.
 *
 * @param reader  The image.
 * @param[in,out] image  Segments and end are known; both grow.
 * @context{boot}
 * @retval 0        planned, or nothing to do.
 * @retval -EINVAL  a section header lies, or there is no room.
 * @par Source
 * [XenABI] xen/elfnote.h, XEN_ELFNOTE_BSD_SYMTAB.
 */
int image_plan_symbols(struct image_reader *reader, struct guest_image *image)
{
    struct image_symbols *symbols = &image->bsd_symbols;
    Elf32_Shdr table, strings;
    uint64_t va;
    int error;

    if (!wanted(&reader->notes))
        return 0;
    error = image_section_by_type(reader, SHT_SYMTAB, &table);
    if (error || table.sh_type == SHT_NULL)
        return error;
    if (table.sh_link >= reader->header.e_shnum)
        return build_refuse(reader->error,
                            "the symbol table's sh_link %u is no section",
                            table.sh_link);
    error = image_section(reader, table.sh_link, &strings);
    if (error)
        return error;
    if (strings.sh_type != SHT_STRTAB)
        return build_refuse(reader->error,
                            "the symbol table's sh_link %u is of type %u, "
                            "not a string table",
                            table.sh_link, strings.sh_type);
    symbols->va = (uint32_t)image_round_up_4(image->end);
    va = (uint64_t)symbols->va + sizeof(symbols->header);
    error = add_table(reader, image, SECTION_SYMBOLS, &table, &va);
    if (!error)
        error = add_table(reader, image, SECTION_STRINGS, &strings, &va);
    if (error)
        return error;
    symbols->header.section[SECTION_SYMBOLS].sh_link = SECTION_STRINGS;
    fill_elf_header(reader, &symbols->header.elf);
    symbols->header.bytes = (uint32_t)(va - symbols->va - ELF_START);
    symbols->present = true;
    image->end = (uint32_t)va;
    return 0;
}
