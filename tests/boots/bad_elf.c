/* SPDX-License-Identifier: MIT */
/**
 * @file
 * See bad_elf.h. The file given is one of our own guests, so its headers are
 * where they say; each function makes one of them lie.
 */
#include "bad_elf.h"

#include <elf.h>
#include <string.h>
#include <xen/elfnote.h>

static Elf32_Ehdr *header(struct elf_file *file)
{
    return (Elf32_Ehdr *)file->bytes;
}

/** The first program header of a type, or NULL. */
static Elf32_Phdr *find_phdr(struct elf_file *file, uint32_t type)
{
    Elf32_Phdr *phdr = (Elf32_Phdr *)(file->bytes + header(file)->e_phoff);
    unsigned i;

    for (i = 0; i < header(file)->e_phnum; i++)
        if (phdr[i].p_type == type)
            return &phdr[i];
    return NULL;
}

static void no_magic(struct elf_file *file)
{
    file->bytes[0] = 'x';
}

static void class_64(struct elf_file *file)
{
    header(file)->e_ident[EI_CLASS] = ELFCLASS64;
}

static void big_endian(struct elf_file *file)
{
    header(file)->e_ident[EI_DATA] = ELFDATA2MSB;
}

static void other_machine(struct elf_file *file)
{
    header(file)->e_machine = EM_ARM;
}

static void cut_in_header(struct elf_file *file)
{
    file->length = sizeof(Elf32_Ehdr) / 2;
}

static void cut_in_segment(struct elf_file *file)
{
    Elf32_Phdr *load = find_phdr(file, PT_LOAD);

    file->length = load->p_offset + load->p_filesz / 2;
}

static void phoff_outside(struct elf_file *file)
{
    header(file)->e_phoff = 0xFFFFFFF0;
}

static void phnum_too_large(struct elf_file *file)
{
    header(file)->e_phnum = 0xFFFF;
}

static void offset_outside(struct elf_file *file)
{
    find_phdr(file, PT_LOAD)->p_offset = 0x7FFFF000;
}

static void offset_wraps(struct elf_file *file)
{
    Elf32_Phdr *load = find_phdr(file, PT_LOAD);

    load->p_offset = 0xFFFFFFFF - load->p_filesz / 2;
}

static void filesz_above_memsz(struct elf_file *file)
{
    Elf32_Phdr *load = find_phdr(file, PT_LOAD);

    load->p_memsz = load->p_filesz - 1;
}

static void address_wraps(struct elf_file *file)
{
    find_phdr(file, PT_LOAD)->p_paddr = 0xFFFFF000;
}

/* The machine has 64 MB. */
static void larger_than_memory(struct elf_file *file)
{
    find_phdr(file, PT_LOAD)->p_memsz = 80u << 20;
}

/** The note ENTRY, which counts more than e_entry. */
static void entry_outside(struct elf_file *file)
{
    Elf32_Phdr *phdr = find_phdr(file, PT_NOTE);
    uint32_t at = phdr->p_offset, end = at + phdr->p_filesz;

    while (at + sizeof(Elf32_Nhdr) <= end) {
        Elf32_Nhdr *note = (Elf32_Nhdr *)(file->bytes + at);
        uint32_t value = at + (uint32_t)sizeof(*note) +
                         ((note->n_namesz + 3) & ~3u);

        if (note->n_type == XEN_ELFNOTE_ENTRY)
            memset(file->bytes + value, 0x11, note->n_descsz);
        at = value + ((note->n_descsz + 3) & ~3u);
    }
}

/** Notes are looked for in segments, then in sections. */
static void no_notes(struct elf_file *file)
{
    Elf32_Phdr *note;

    while ((note = find_phdr(file, PT_NOTE)))
        note->p_type = PT_NULL;
    header(file)->e_shoff = 0;
    header(file)->e_shnum = 0;
    header(file)->e_shstrndx = 0;
}

/** A note whose name is longer than all that follows. */
static void lying_note(struct elf_file *file)
{
    Elf32_Phdr *note = find_phdr(file, PT_NOTE);

    if (note)
        memset(file->bytes + note->p_offset, 0xFF, 4);
    header(file)->e_shoff = 0;
    header(file)->e_shnum = 0;
    header(file)->e_shstrndx = 0;
}

static void nothing(struct elf_file *file)
{
    file->length = 0;
}

const struct bad_elf bad_elfs[] = {
    { "no-magic", no_magic },
    { "64-bit", class_64 },
    { "big-endian", big_endian },
    { "other-machine", other_machine },
    { "cut-in-header", cut_in_header },
    { "cut-in-segment", cut_in_segment },
    { "phoff-outside", phoff_outside },
    { "phnum-too-large", phnum_too_large },
    { "offset-outside", offset_outside },
    { "offset-wraps", offset_wraps },
    { "filesz-above-memsz", filesz_above_memsz },
    { "address-wraps", address_wraps },
    { "larger-than-memory", larger_than_memory },
    { "entry-outside", entry_outside },
    { "no-notes", no_notes },
    { "lying-note", lying_note },
    { "empty-file", nothing },
};

const size_t nr_bad_elfs = sizeof(bad_elfs) / sizeof(bad_elfs[0]);
