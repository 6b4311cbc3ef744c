/* SPDX-License-Identifier: MIT */
/**
 * @file guest_move.c
 * Moving a linked guest; contract in guest_move.h.
 *
 * An address stands in five places: headers of the file, of its segments and
 * of its sections; symbols; and the words that relocations of kind R_386_32
 * name. Distances, R_386_PC32, stay as they are. Symbols that are no place in
 * the image (absolute ones) are numbers, and stay, too.
 */
#include "labs/grader/guest_move.h"

#include <elf.h>
#include <string.h>

/** A file that is looked at: nothing beyond its end. */
struct view {
    char *bytes;
    size_t size;
    uint32_t delta;
};

static void *at(const struct view *v, size_t offset, size_t size)
{
    return offset <= v->size && size <= v->size - offset ? v->bytes + offset
                                                         : NULL;
}

static Elf32_Shdr *section(const struct view *v, unsigned index)
{
    const Elf32_Ehdr *head = (const Elf32_Ehdr *)v->bytes;

    return index < head->e_shnum
               ? at(v, head->e_shoff + index * sizeof(Elf32_Shdr),
                    sizeof(Elf32_Shdr))
               : NULL;
}

/** Does a symbol say a place in the image? */
static bool is_place(const struct view *v, const Elf32_Sym *symbol)
{
    const Elf32_Shdr *of = symbol->st_shndx != SHN_UNDEF &&
                                   symbol->st_shndx < SHN_LORESERVE
                               ? section(v, symbol->st_shndx) : NULL;

    return of && (of->sh_flags & SHF_ALLOC);
}

static const Elf32_Sym *symbol_of(const struct view *v,
                                  const Elf32_Shdr *relocations,
                                  const Elf32_Rel *rel)
{
    const Elf32_Shdr *symbols = section(v, relocations->sh_link);

    return symbols ? at(v, symbols->sh_offset +
                               ELF32_R_SYM(rel->r_info) * sizeof(Elf32_Sym),
                        sizeof(Elf32_Sym))
                   : NULL;
}

/** The words that one section's relocations name. Of a linked file r_offset
 *  is an address, as the target's sh_addr is; both are as linked still. */
static bool move_words(const struct view *v, const Elf32_Shdr *relocations)
{
    const Elf32_Shdr *target = section(v, relocations->sh_info);

    for (size_t i = 0; i < relocations->sh_size / sizeof(Elf32_Rel); i++) {
        const Elf32_Rel *rel = at(v, relocations->sh_offset +
                                         i * sizeof(Elf32_Rel),
                                  sizeof(Elf32_Rel));
        const Elf32_Sym *symbol = rel ? symbol_of(v, relocations, rel) : NULL;
        uint32_t word;
        char *place;

        if (!symbol || !target)
            return false;
        if (ELF32_R_TYPE(rel->r_info) == R_386_PC32 || !is_place(v, symbol))
            continue;
        place = at(v, target->sh_offset + (rel->r_offset - target->sh_addr),
                   sizeof word);
        if (ELF32_R_TYPE(rel->r_info) != R_386_32 || !place)
            return false;
        memcpy(&word, place, sizeof word);
        word += v->delta;
        memcpy(place, &word, sizeof word);
    }
    return true;
}

static bool move_symbols(const struct view *v, const Elf32_Shdr *table)
{
    for (size_t i = 0; i < table->sh_size / sizeof(Elf32_Sym); i++) {
        Elf32_Sym *symbol = at(v, table->sh_offset + i * sizeof(Elf32_Sym),
                               sizeof(Elf32_Sym));

        if (!symbol)
            return false;
        if (is_place(v, symbol))
            symbol->st_value += v->delta;
    }
    return true;
}

static bool move_headers(const struct view *v)
{
    Elf32_Ehdr *head = (Elf32_Ehdr *)v->bytes;

    for (unsigned i = 0; i < head->e_phnum; i++) {
        Elf32_Phdr *part = at(v, head->e_phoff + i * sizeof *part,
                              sizeof *part);

        if (!part)
            return false;
        part->p_vaddr += v->delta;
        part->p_paddr += v->delta;
    }
    for (unsigned i = 0; i < head->e_shnum; i++)
        if (section(v, i)->sh_flags & SHF_ALLOC)
            section(v, i)->sh_addr += v->delta;
    head->e_entry += v->delta;
    return true;
}

bool guest_move(struct bytes *file, uint32_t delta)
{
    const struct view v = { file->data, file->size, delta };
    const Elf32_Ehdr *head = at(&v, 0, sizeof *head);
    unsigned nr_relocations = 0;

    if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_ident[EI_CLASS] != ELFCLASS32)
        return false;
    for (unsigned i = 0; i < head->e_shnum; i++) {
        const Elf32_Shdr *s = section(&v, i);

        if (!s || (s->sh_type == SHT_REL && !move_words(&v, s)))
            return false;
        nr_relocations += s->sh_type == SHT_REL;
    }
    for (unsigned i = 0; i < head->e_shnum; i++)
        if (section(&v, i)->sh_type == SHT_SYMTAB &&
            !move_symbols(&v, section(&v, i)))
            return false;
    return nr_relocations > 0 && move_headers(&v);
}
