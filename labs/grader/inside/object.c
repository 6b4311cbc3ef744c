/* SPDX-License-Identifier: MIT */
/**
 * @file object.c
 * Is an object file that a submission was compiled to nothing but the
 * exercise's functions? Inline assembler can put anything into an object, so
 * what it may hold is listed, and everything else is refused with its name.
 *
 * - OBJECT-I1: the global names that it defines are those of the exercise,
 *   strong, functions, in code sections. So no driver, hook, reference
 *   function or linker symbol can be replaced, aliased or overridden.
 * - OBJECT-I2: the names that it needs are the hypervisor's own. Drivers and
 *   their inputs have names that are not in that list.
 * - OBJECT-I3: its sections are those of plain C, with plain C's rights, no
 *   constructors, groups, or anything that tells the linker what to do; all
 *   together they are small and not over-aligned.
 */
#include "labs/grader/inside/inside.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/grader/util.h"

/** What is allowed, from the command line. */
struct rules {
    char *known; /**< "\nname\n...": what the hypervisor defines */
    char **functions;
    int nr_functions;
    char **sections;
    int nr_sections;
};

struct object {
    Elf *elf;
    const struct rules *rules;
    size_t names; /**< section of section names */
    uint64_t bytes;
};

static bool refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** Print the sentence. @return false */
static bool refuse(const char *fmt, ...)
{
    struct text text = { 0 };
    va_list list;

    va_start(list, fmt);
    text_add_list(&text, fmt, list);
    va_end(list);
    text_clean(text.data);
    puts(text.data);
    text_free(&text);
    return false;
}

static bool listed(char **list, int nr, const char *name)
{
    for (int i = 0; i < nr; i++)
        if (!strcmp(list[i], name))
            return true;
    return false;
}

/** "base" itself or "base.something". */
static bool is_of(const char *name, const char *base)
{
    size_t size = strlen(base);

    return !strncmp(name, base, size) && (!name[size] || name[size] == '.');
}

static bool plain_name(const char *name)
{
    static const char may[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$";

    return strspn(name, may) == strlen(name);
}

/** Rights that a loaded section of this name has in plain C, or -1. */
static int64_t plain_rights(const struct rules *rules, const char *name)
{
    if (is_of(name, ".text") ||
        listed(rules->sections, rules->nr_sections, name))
        return SHF_ALLOC | SHF_EXECINSTR;
    if (is_of(name, ".rodata"))
        return SHF_ALLOC;
    if (is_of(name, ".data") || is_of(name, ".bss"))
        return SHF_ALLOC | SHF_WRITE;
    return -1;
}

static bool check_loaded(struct object *object, const char *name,
                         const GElf_Shdr *header)
{
    uint64_t rights = header->sh_flags & ~(uint64_t)(SHF_MERGE | SHF_STRINGS);
    int64_t plain = plain_rights(object->rules, name);

    /* They are in the linker's map, which the grader reads. */
    if (!plain_name(name))
        return refuse("it has a section that is no name of C: %.80s", name);
    if (plain < 0)
        return refuse("it puts something into the section %.80s; an exercise "
                      "has code, constants and data only", name);
    if (rights != (uint64_t)plain)
        return refuse("its section %.80s has rights or flags (0x%llx) that "
                      "plain C does not give it", name,
                      (unsigned long long)header->sh_flags);
    if (header->sh_type != SHT_PROGBITS && header->sh_type != SHT_NOBITS)
        return refuse("its section %.80s has the type %u, which plain C does "
                      "not make", name, header->sh_type);
    if (header->sh_addralign > OBJECT_MAX_ALIGN)
        return refuse("its section %.80s wants to be aligned to %llu bytes; "
                      "%u is the most", name,
                      (unsigned long long)header->sh_addralign,
                      OBJECT_MAX_ALIGN);
    object->bytes += header->sh_size;
    if (header->sh_size > OBJECT_MAX_BYTES ||
        object->bytes > OBJECT_MAX_BYTES)
        return refuse("its code and data take more than %u KB of the image",
                      OBJECT_MAX_BYTES >> 10);
    return true;
}

/** Sections that are not loaded: only what a compiler writes. */
static bool check_other(const char *name, const GElf_Shdr *header)
{
    switch (header->sh_type) {
    case SHT_NULL:
    case SHT_SYMTAB:
    case SHT_STRTAB:
    case SHT_REL:
        return true;
    case SHT_PROGBITS:
        if (!strncmp(name, ".debug_", 7) || !strcmp(name, ".comment") ||
            !strcmp(name, ".note.GNU-stack"))
            return true;
        break;
    }
    return refuse("it has the section %.80s (type %u), which plain C does not "
                  "make", name, header->sh_type);
}

static bool check_sections(struct object *object)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(object->elf, section))) {
        GElf_Shdr header;
        const char *name;

        if (!gelf_getshdr(section, &header))
            return refuse("its section headers cannot be read");
        name = elf_strptr(object->elf, object->names, header.sh_name);
        if (!name)
            return refuse("a section has no name");
        if (header.sh_flags & SHF_ALLOC ? !check_loaded(object, name, &header)
                                        : !check_other(name, &header))
            return false;
    }
    return true;
}

static bool is_known(const struct rules *rules, const char *name)
{
    char *line = must_format("\n%s\n", name);
    bool known = strstr(rules->known, line) != NULL;

    free(line);
    return known;
}

/** Is the symbol in a section of code? */
static bool in_code(struct object *object, const GElf_Sym *symbol)
{
    Elf_Scn *section = elf_getscn(object->elf, symbol->st_shndx);
    GElf_Shdr header;

    return symbol->st_shndx < SHN_LORESERVE && section &&
           gelf_getshdr(section, &header) &&
           (header.sh_flags & SHF_EXECINSTR) &&
           symbol->st_value < header.sh_size;
}

/** Is the symbol past the end of its section, where other files' code is
 *  linked? */
static bool is_beyond(struct object *object, const GElf_Sym *symbol)
{
    Elf_Scn *section = elf_getscn(object->elf, symbol->st_shndx);
    GElf_Shdr header;

    return symbol->st_shndx != SHN_UNDEF &&
           symbol->st_shndx < SHN_LORESERVE && section &&
           gelf_getshdr(section, &header) && symbol->st_value > header.sh_size;
}

/** One that is static elsewhere, or the exercise's own with a slip of the
 *  finger: so say which those are. */
static bool refuse_shared(const struct rules *rules, const char *name)
{
    struct text names = { 0 };
    bool refused;

    for (int i = 0; i < rules->nr_functions; i++)
        text_add(&names, "%s%s", i ? ", " : "", rules->functions[i]);
    refused = refuse("it defines the symbol %.80s for everybody; make it "
                     "static: only the exercise's functions are shared (%s)",
                     name, names.data ? names.data : "none");
    text_free(&names);
    return refused;
}

static bool check_global(struct object *object, const char *name,
                         const GElf_Sym *symbol)
{
    const struct rules *rules = object->rules;

    if (symbol->st_shndx == SHN_UNDEF) {
        if (!is_known(rules, name))
            return refuse("it uses \"%.80s\", which is not declared for it: "
                          "the hypervisor has no such name", name);
        return true;
    }
    if (!listed(rules->functions, rules->nr_functions, name))
        return refuse_shared(rules, name);
    if (GELF_ST_BIND(symbol->st_info) != STB_GLOBAL ||
        GELF_ST_TYPE(symbol->st_info) != STT_FUNC ||
        !in_code(object, symbol))
        return refuse("it does not define %.80s as a plain function", name);
    return true;
}

static bool check_symbol(struct object *object, const char *name,
                         const GElf_Sym *symbol, bool *defined)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);

    /* The first entry of every table is empty; a file's name may be any. */
    if (type == STT_FILE || type == STT_SECTION || !*name)
        return true;
    if (!plain_name(name))
        return refuse("it has a symbol that is no name of C: %.80s", name);
    if (type != STT_NOTYPE && type != STT_OBJECT && type != STT_FUNC)
        return refuse("its symbol %.80s has a type that plain C does not "
                      "make", name);
    if (is_beyond(object, symbol))
        return refuse("its symbol %.80s lies behind the end of its section",
                      name);
    if (GELF_ST_BIND(symbol->st_info) == STB_LOCAL)
        return true;
    for (int i = 0; i < object->rules->nr_functions; i++)
        if (symbol->st_shndx != SHN_UNDEF &&
            !strcmp(object->rules->functions[i], name))
            defined[i] = true;
    return check_global(object, name, symbol);
}

static bool check_table(struct object *object, Elf_Scn *section,
                        const GElf_Shdr *header, bool *defined)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t nr = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

    for (size_t i = 0; i < nr; i++) {
        GElf_Sym symbol;
        const char *name;

        if (!gelf_getsym(data, (int)i, &symbol))
            return refuse("its symbols cannot be read");
        name = elf_strptr(object->elf, header->sh_link, symbol.st_name);
        if (!name)
            return refuse("a symbol has no name");
        if (!check_symbol(object, name, &symbol, defined))
            return false;
    }
    return true;
}

static bool check_symbols(struct object *object)
{
    bool *defined = must_alloc((size_t)object->rules->nr_functions,
                               sizeof *defined);
    Elf_Scn *section = NULL;
    bool good = true;

    while (good && (section = elf_nextscn(object->elf, section))) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
            good = check_table(object, section, &header, defined);
    }
    for (int i = 0; good && i < object->rules->nr_functions; i++)
        if (!defined[i])
            good = refuse("it does not define %s",
                          object->rules->functions[i]);
    free(defined);
    return good;
}

static bool check_object(struct object *object)
{
    GElf_Ehdr header;

    if (elf_kind(object->elf) != ELF_K_ELF ||
        gelf_getclass(object->elf) != ELFCLASS32 ||
        !gelf_getehdr(object->elf, &header) || header.e_type != ET_REL ||
        header.e_machine != EM_386 ||
        elf_getshdrstrndx(object->elf, &object->names))
        return refuse("the compiler's output is no object file for i386");
    return check_sections(object) && check_symbols(object);
}

int inside_object(int argc, char **argv)
{
    struct rules rules = { .functions = argv + 2 };
    struct object object = { .rules = &rules };
    struct bytes known, file;
    bool good;

    if (argc < 3 || !file_read(argv[1], OBJECT_MAX_FILE, &known))
        return 2;
    rules.known = known.data;
    while (2 + rules.nr_functions < argc &&
           strcmp(argv[2 + rules.nr_functions], "--"))
        rules.nr_functions++;
    rules.sections = argv + 3 + rules.nr_functions;
    rules.nr_sections = argc - 3 - rules.nr_functions;
    if (!file_read(argv[0], OBJECT_MAX_FILE, &file)) {
        refuse("its object file is larger than %u MB",
               OBJECT_MAX_FILE >> 20);
        return 1;
    }
    elf_version(EV_CURRENT);
    object.elf = elf_memory(file.data, file.size);
    good = check_object(&object);
    elf_end(object.elf);
    bytes_free(&file);
    bytes_free(&known);
    return good ? 0 : 1;
}
