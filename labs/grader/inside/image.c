/* SPDX-License-Identifier: MIT */
/**
 * @file image.c
 * What the grader needs to know of a linked image, as lines in a file (there
 * are more of them than a sandbox may print):
 *
 *     part VIRTUAL MACHINE FILE_OFFSET FILE_BYTES BYTES RIGHTS
 *     name ADDRESS BYTES BINDING NAME
 *
 * Numbers are hexadecimal without 0x. RIGHTS is some of "rwx", in this
 * order. BINDING is `g` for global and weak names, `l` for local ones; only
 * functions, objects and labels, never files or sections.
 */
#include "labs/grader/inside/inside.h"

#include <gelf.h>
#include <stdio.h>
#include <string.h>

#include "labs/grader/util.h"

#define IMAGE_MAX_FILE 0x8000000u

static bool print_parts(Elf *elf, FILE *out)
{
    size_t nr;

    if (elf_getphdrnum(elf, &nr))
        return false;
    for (size_t i = 0; i < nr; i++) {
        GElf_Phdr part;

        if (!gelf_getphdr(elf, (int)i, &part))
            return false;
        if (part.p_type != PT_LOAD)
            continue;
        fprintf(out, "part %llx %llx %llx %llx %llx %s%s%s\n",
               (unsigned long long)part.p_vaddr,
               (unsigned long long)part.p_paddr,
               (unsigned long long)part.p_offset,
               (unsigned long long)part.p_filesz,
               (unsigned long long)part.p_memsz,
               part.p_flags & PF_R ? "r" : "", part.p_flags & PF_W ? "w" : "",
               part.p_flags & PF_X ? "x" : "");
    }
    return true;
}

static void print_symbol(const char *name, const GElf_Sym *symbol, FILE *out)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);

    if (type == STT_FILE || type == STT_SECTION || !*name ||
        symbol->st_shndx == SHN_UNDEF)
        return;
    fprintf(out, "name %llx %llx %c %s\n", (unsigned long long)symbol->st_value,
           (unsigned long long)symbol->st_size,
           GELF_ST_BIND(symbol->st_info) == STB_LOCAL ? 'l' : 'g', name);
}

static bool print_symbols(Elf *elf, FILE *out)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        Elf_Data *data;

        if (!gelf_getshdr(section, &header))
            return false;
        if (header.sh_type != SHT_SYMTAB || !header.sh_entsize)
            continue;
        data = elf_getdata(section, NULL);
        for (size_t i = 0; i < header.sh_size / header.sh_entsize; i++) {
            GElf_Sym symbol;
            const char *name;

            if (!gelf_getsym(data, (int)i, &symbol))
                return false;
            name = elf_strptr(elf, header.sh_link, symbol.st_name);
            if (name && !strpbrk(name, " \n"))
                print_symbol(name, &symbol, out);
        }
    }
    return true;
}

int inside_image(int argc, char **argv)
{
    struct bytes file;
    FILE *out;
    bool good;
    Elf *elf;

    if (argc != 2)
        return 2;
    if (!file_read(argv[0], IMAGE_MAX_FILE, &file))
        return 1;
    out = fopen(argv[1], "w");
    if (!out)
        return 2;
    elf_version(EV_CURRENT);
    elf = elf_memory(file.data, file.size);
    good = elf && print_parts(elf, out) && print_symbols(elf, out);
    elf_end(elf);
    bytes_free(&file);
    return fclose(out) == 0 && good ? 0 : 1;
}
