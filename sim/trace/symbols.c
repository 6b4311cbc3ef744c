/* SPDX-License-Identifier: MIT */
/**
 * @file symbols.c
 * See symbols.h. Both tables are copied out, sorted by address and searched
 * by halving; the file is closed before symbols_open() returns, except for
 * the debugging data that file names point into.
 */
#include "sim/trace/symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** One symbol with a place in a section. */
struct symbol {
    uint32_t address;
    uint32_t size;    /**< 0: unknown, it reaches to the next symbol */
    uint32_t section_end;
    bool function;
    bool global;
    const char *name; /**< elfutils' */
};

/** A compilation unit, for what is looked up only when asked. */
struct unit {
    Dwarf_Die die;
    const char *name;   /**< of its source file */
    const char *folder; /**< that the compiler ran in */
};

/** One row of the line table: from this address to the next row's. */
struct row {
    uint32_t address;
    unsigned line;    /**< 0: a gap, nothing is known */
    const char *file; /**< elfutils' */
    size_t unit;      /**< index of its unit */
};

/** An open file's tables. */
struct symbols {
    int fd;
    Elf *elf;
    Dwarf *dwarf;
    struct symbol *symbol;
    size_t nr_symbols;
    struct unit *unit;
    size_t nr_units;
    struct row *row;
    size_t nr_rows;
};

/** Make room for one more at powers of two. */
static void *grow(void *array, size_t nr, size_t size)
{
    void *grown = array;

    if ((nr & (nr - 1)) == 0)
        grown = realloc(array, (nr ? 2 * nr : 1) * size);
    if (!grown)
        abort();
    return grown;
}

/* --- Symbols -------------------------------------------------------------- */

/** By address; of those at one address, the best name last. */
static int compare_symbols(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->function != b->function)
        return a->function - b->function;
    if (a->global != b->global)
        return a->global - b->global;
    return strcmp(b->name, a->name);
}

static void take_symbol(struct symbols *symbols, const GElf_Sym *sym,
                        size_t strings)
{
    unsigned type = GELF_ST_TYPE(sym->st_info);
    Elf_Scn *section = elf_getscn(symbols->elf, sym->st_shndx);
    const char *name = elf_strptr(symbols->elf, strings, sym->st_name);
    GElf_Shdr header;

    if (!name || !*name || sym->st_shndx == SHN_UNDEF ||
        sym->st_shndx >= SHN_LORESERVE || !gelf_getshdr(section, &header) ||
        (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE))
        return;
    symbols->symbol = grow(symbols->symbol, symbols->nr_symbols,
                           sizeof(*symbols->symbol));
    symbols->symbol[symbols->nr_symbols++] = (struct symbol){
        .address = (uint32_t)sym->st_value,
        .size = (uint32_t)sym->st_size,
        .section_end = (uint32_t)(header.sh_addr + header.sh_size),
        .function = type == STT_FUNC,
        .global = GELF_ST_BIND(sym->st_info) == STB_GLOBAL,
        .name = name,
    };
}

static void read_symbols(struct symbols *symbols)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(symbols->elf, section))) {
        GElf_Shdr header;
        Elf_Data *data;
        GElf_Sym sym;
        int i;

        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB)
            continue;
        data = elf_getdata(section, NULL);
        for (i = 0; data && gelf_getsym(data, i, &sym); i++)
            take_symbol(symbols, &sym, header.sh_link);
    }
    if (symbols->nr_symbols)
        qsort(symbols->symbol, symbols->nr_symbols, sizeof(*symbols->symbol),
              compare_symbols);
}

/* --- Lines ---------------------------------------------------------------- */

/** By address; a gap's start goes before a known row at the same address. */
static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->line != 0) - (b->line != 0);
}

/**
 * A file's name as the project says it: without the folder that the compiler
 * ran in, which differs between machines. NASM puts that folder in front of
 * the unit's own name, so the name is tried first.
 */
static const char *short_name(const char *file, const struct unit *unit)
{
    size_t length = strlen(file);
    size_t unit_length = unit->name ? strlen(unit->name) : 0;
    size_t folder_length = unit->folder ? strlen(unit->folder) : 0;

    if (unit_length && unit_length < length &&
        strcmp(file + length - unit_length, unit->name) == 0)
        return unit->name;
    if (folder_length && strncmp(file, unit->folder, folder_length) == 0 &&
        file[folder_length] == '/')
        file += folder_length + 1;
    while (strncmp(file, "./", 2) == 0)
        file += 2;
    return file;
}

/** A string attribute of a unit, or NULL. */
static const char *unit_string(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;

    return dwarf_formstring(dwarf_attr(die, name, &attribute));
}

static void take_line(struct symbols *symbols, Dwarf_Line *line)
{
    Dwarf_Addr address;
    bool end = false;
    int number = 0;
    const char *file = dwarf_linesrc(line, NULL, NULL);
    size_t unit = symbols->nr_units - 1;

    if (dwarf_lineaddr(line, &address) ||
        dwarf_lineendsequence(line, &end) || dwarf_lineno(line, &number))
        return;
    symbols->row = grow(symbols->row, symbols->nr_rows,
                        sizeof(*symbols->row));
    symbols->row[symbols->nr_rows++] = (struct row){
        .address = (uint32_t)address,
        .line = end || number < 0 ? 0 : (unsigned)number,
        .file = file ? short_name(file, &symbols->unit[unit]) : NULL,
        .unit = unit,
    };
}

static void read_lines(struct symbols *symbols)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;

    while (dwarf_get_units(symbols->dwarf, unit, &unit, NULL, NULL, &die,
                           NULL) == 0) {
        Dwarf_Lines *lines;
        size_t nr, i;

        if (dwarf_getsrclines(&die, &lines, &nr))
            continue;
        symbols->unit = grow(symbols->unit, symbols->nr_units,
                             sizeof(*symbols->unit));
        symbols->unit[symbols->nr_units++] = (struct unit){
            die,
            unit_string(&die, DW_AT_name),
            unit_string(&die, DW_AT_comp_dir),
        };
        for (i = 0; i < nr; i++)
            take_line(symbols, dwarf_onesrcline(lines, i));
    }
    if (symbols->nr_rows)
        qsort(symbols->row, symbols->nr_rows, sizeof(*symbols->row),
              compare_rows);
}

/* --- Opening -------------------------------------------------------------- */

int symbols_open(const char *path, struct symbols **result,
                 struct sim_error *error)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));
    GElf_Ehdr header;

    if (!symbols)
        return sim_fail(error, "the host is out of memory");
    elf_version(EV_CURRENT);
    symbols->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (symbols->fd < 0) {
        free(symbols);
        return sim_fail(error, "%s: %s", path, strerror(errno));
    }
    symbols->elf = elf_begin(symbols->fd, ELF_C_READ_MMAP, NULL);
    if (!symbols->elf || !gelf_getehdr(symbols->elf, &header) ||
        gelf_getclass(symbols->elf) != ELFCLASS32) {
        symbols_close(symbols);
        return sim_fail(error, "%s: not an ELF32 file", path);
    }
    symbols->dwarf = dwarf_begin_elf(symbols->elf, DWARF_C_READ, NULL);
    read_symbols(symbols);
    if (symbols->dwarf)
        read_lines(symbols);
    *result = symbols;
    return 0;
}

void symbols_close(struct symbols *symbols)
{
    if (!symbols)
        return;
    dwarf_end(symbols->dwarf);
    elf_end(symbols->elf);
    close(symbols->fd);
    free(symbols->symbol);
    free(symbols->row);
    free(symbols->unit);
    free(symbols);
}

/* --- Questions ------------------------------------------------------------ */

const char *symbols_name(const struct symbols *symbols, uint32_t address,
                         uint32_t *offset)
{
    size_t low = 0, high = symbols->nr_symbols;
    const struct symbol *found;

    while (low < high) { /* the first symbol above the address */
        size_t middle = low + (high - low) / 2;

        if (symbols->symbol[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    found = &symbols->symbol[low - 1];
    if (address >= found->section_end ||
        (found->size && address - found->address >= found->size))
        return NULL;
    if (offset)
        *offset = address - found->address;
    return found->name;
}

/** A number among a DIE's attributes; 0 when it is not there. */
static unsigned die_number(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;

    if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value))
        return 0;
    return (unsigned)value;
}

/** Where an inlined function was called: file and line. */
static void call_site(const struct unit *unit, Dwarf_Die *inlined,
                      struct source_line *line)
{
    Dwarf_Die die = unit->die;
    Dwarf_Files *files;
    size_t nr;
    unsigned file = die_number(inlined, DW_AT_call_file);
    unsigned number = die_number(inlined, DW_AT_call_line);
    const char *name;

    if (!number || dwarf_getsrcfiles(&die, &files, &nr) || file >= nr)
        return;
    name = dwarf_filesrc(files, file, NULL, NULL);
    if (name)
        *line = (struct source_line){ short_name(name, unit), number };
}

/**
 * An instruction of an inlined function stands for the line that calls it:
 * that is the line of the function that symbols_name() gives.
 */
static void leave_inlined(const struct unit *unit, uint32_t address,
                          struct source_line *line)
{
    Dwarf_Die die = unit->die, *scope = NULL;
    int nr = dwarf_getscopes(&die, address, &scope), i;

    for (i = 0; i < nr && dwarf_tag(&scope[i]) != DW_TAG_subprogram; i++)
        if (dwarf_tag(&scope[i]) == DW_TAG_inlined_subroutine)
            call_site(unit, &scope[i], line);
    if (nr > 0)
        free(scope);
}

bool symbols_line(const struct symbols *symbols, uint32_t address,
                  struct source_line *line)
{
    size_t low = 0, high = symbols->nr_rows;
    const struct row *found;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (symbols->row[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    found = &symbols->row[low - 1];
    if (found->line == 0 || !found->file)
        return false;
    *line = (struct source_line){ found->file, found->line };
    leave_inlined(&symbols->unit[found->unit], address, line);
    return true;
}

bool symbols_address(const struct symbols *symbols, const char *name,
                     uint32_t *address)
{
    const struct symbol *found = NULL;
    size_t i;

    for (i = 0; i < symbols->nr_symbols; i++) {
        const struct symbol *symbol = &symbols->symbol[i];

        if (strcmp(symbol->name, name) == 0 &&
            (!found || symbol->global > found->global))
            found = symbol;
    }
    if (found)
        *address = found->address;
    return found != NULL;
}

void symbols_describe(const struct symbols *symbols, uint32_t address,
                      char *text, size_t size)
{
    struct source_line line;
    uint32_t offset = 0;
    const char *name = symbols ? symbols_name(symbols, address, &offset)
                               : NULL;
    int used;

    if (!name) {
        snprintf(text, size, "0x%08x", address);
        return;
    }
    used = offset ? snprintf(text, size, "%s+0x%x", name, offset)
                  : snprintf(text, size, "%s", name);
    if (used > 0 && (size_t)used < size &&
        symbols_line(symbols, address, &line))
        snprintf(text + used, size - (size_t)used, " (%s:%u)", line.file,
                 line.line);
}
