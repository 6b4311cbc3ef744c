/* SPDX-License-Identifier: MIT */
/**
 * @file symbols.c
 * Names for a guest's addresses, from the symbol table of the image that it
 * was built from. The image stays in the boot module, out of the guest's
 * reach; but whoever made it may have lied, so it is read as in image.c.
 *
 * Source: [ELF] "Symbol Table".
 */
#include "domain.h"

#include "builder.h"
#include "console.h"
#include "lib.h"

/** More symbols than any kernel has; a report must not take minutes. */
#define MAX_SYMBOLS 500000u
#define SYMBOLS_AT_ONCE 32u
/** So many at most without a rest, of 50 instructions each; a multiple. */
#define SYMBOLS_WITHOUT_REST 1024u

/** Could a report name an address after it? */
static bool names_code(const Elf32_Sym *symbol)
{
    unsigned type = ELF32_ST_TYPE(symbol->st_info);

    return symbol->st_shndx != SHN_UNDEF && symbol->st_name != 0 &&
           (type == STT_FUNC || type == STT_NOTYPE) &&
           symbol->st_shndx < SHN_LORESERVE;
}

/** The last symbol at or below an address; st_name 0 if there is none. */
static Elf32_Sym nearest_symbol(const struct image_source *source,
                                const Elf32_Shdr *table, uint32_t address)
{
    uint32_t nr = table->sh_size / sizeof(Elf32_Sym);
    Elf32_Sym best = { .st_name = 0 };

    if (nr > MAX_SYMBOLS)
        nr = MAX_SYMBOLS;
    for (uint32_t i = 0; i < nr; i += SYMBOLS_AT_ONCE) {
        Elf32_Sym symbol[SYMBOLS_AT_ONCE];
        uint32_t count = nr - i < SYMBOLS_AT_ONCE ? nr - i : SYMBOLS_AT_ONCE;

        if (i > 0 && i % SYMBOLS_WITHOUT_REST == 0)
            console_rest();
        if (!image_get(source, table->sh_offset + i * sizeof(Elf32_Sym),
                       symbol, count * sizeof(Elf32_Sym)))
            break;
        for (uint32_t j = 0; j < count; j++) {
            if (names_code(&symbol[j]) && symbol[j].st_value <= address &&
                (best.st_name == 0 || symbol[j].st_value > best.st_value))
                best = symbol[j];
        }
    }
    return best;
}

/** The string at `offset` of a string table, cut to fit; control characters
 *  are replaced, because it goes to somebody's terminal. */
static void read_name(const struct image_source *source,
                      const Elf32_Shdr *strings, uint32_t offset, char *name,
                      size_t bytes)
{
    size_t i = 0;

    for (; i + 1 < bytes && offset + i < strings->sh_size; i++) {
        if (!image_get(source, strings->sh_offset + offset + (uint32_t)i,
                       &name[i], 1) || name[i] == '\0')
            break;
        if (name[i] < ' ' || name[i] > '~')
            name[i] = '?';
    }
    name[i] = '\0';
}

/**
 * Name an address of a guest's kernel.
 *
 * @param d            Domain; without an image nothing has a name.
 * @param address      VA.
 * @param[out] name    The symbol at or below, always ended.
 * @param bytes        Room in `name`, at least 1.
 * @param[out] offset  address less the symbol's.
 * @context{exit}
 * @return false if the image has no symbol for it.
 */
bool domain_symbol(const struct domain *d, uint32_t address, char *name,
                   size_t bytes, uint32_t *offset)
{
    struct build_error error;
    struct image_source source;
    struct image_reader reader = { .source = &source, .error = &error };
    Elf32_Shdr table, strings;
    Elf32_Sym symbol;

    if (d->image_start == d->image_end)
        return false;
    machine_source(&source, d->image_start, d->image_end);
    if (image_open(&reader) != 0 ||
        image_section_by_type(&reader, SHT_SYMTAB, &table) != 0 ||
        table.sh_type == SHT_NULL ||
        table.sh_link >= reader.header.e_shnum ||
        image_section(&reader, table.sh_link, &strings) != 0 ||
        strings.sh_type != SHT_STRTAB)
        return false;
    symbol = nearest_symbol(&source, &table, address);
    if (symbol.st_name == 0)
        return false;
    read_name(&source, &strings, symbol.st_name, name, bytes);
    *offset = address - symbol.st_value;
    return name[0] != '\0';
}
