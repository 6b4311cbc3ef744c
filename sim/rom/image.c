/* SPDX-License-Identifier: MIT */
/**
 * @file image.c
 * See image.h.
 *
 * - IMAGE-I1: no byte outside [bytes, bytes + length) is read: headers are
 *   copied out by copy_at(), which checks first.
 * - IMAGE-I2: sums of two numbers of the file are made in 64 bits, where
 *   they cannot wrap.
 */
#include "sim/rom/image.h"

#include <elf.h>
#include <string.h>

#define MULTIBOOT_SEARCH 8192u
#define MULTIBOOT_MAGIC 0x1BADB002u
/* Page-aligned modules, memory information: what the ROM can do. The bits
   2 to 15 ask for more, and a loader that cannot do it must refuse. */
#define MULTIBOOT_CAN 0x3u
#define MULTIBOOT_DEMANDS 0xFFFFu
#define MULTIBOOT_ADDRESSES 0x10000u

/** Copy a header out of the file; false when it is not all there. */
static bool copy_at(const uint8_t *bytes, size_t length, uint64_t offset,
                    void *to, size_t size)
{
    if (offset > length || size > length - offset)
        return false;
    memcpy(to, bytes + offset, size);
    return true;
}

/** Find the Multiboot header and check what it demands of the loader. */
static int check_multiboot(const uint8_t *bytes, size_t length,
                           uint32_t *flags, struct sim_error *error)
{
    uint32_t header[3];
    uint64_t at;

    for (at = 0; at + sizeof(header) <= MULTIBOOT_SEARCH; at += 4) {
        if (!copy_at(bytes, length, at, header, sizeof(header)))
            break;
        if (header[0] != MULTIBOOT_MAGIC)
            continue;
        if (header[0] + header[1] + header[2] != 0)
            return sim_fail(error, "the Multiboot header's checksum 0x%08x "
                            "is wrong", header[2]);
        if (header[1] & MULTIBOOT_DEMANDS & ~MULTIBOOT_CAN)
            return sim_fail(error, "the Multiboot header's flags 0x%08x ask "
                            "for what the boot ROM cannot give", header[1]);
        if (header[1] & MULTIBOOT_ADDRESSES)
            return sim_fail(error, "the Multiboot header's flags 0x%08x "
                            "give load addresses, which an ELF image does "
                            "not need and the boot ROM does not read",
                            header[1]);
        *flags = header[1];
        return 0;
    }
    return sim_fail(error, "no Multiboot 1 header in the first %u bytes",
                    MULTIBOOT_SEARCH);
}

/** Check the file's own header. */
static int check_header(const Elf32_Ehdr *header, struct sim_error *error)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return sim_fail(error, "e_ident: not an ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS32)
        return sim_fail(error, "e_ident[EI_CLASS] is %u: not a 32-bit ELF",
                        header->e_ident[EI_CLASS]);
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return sim_fail(error, "e_ident[EI_DATA] is %u: not little-endian",
                        header->e_ident[EI_DATA]);
    if (header->e_machine != EM_386)
        return sim_fail(error, "e_machine is %u: not i386",
                        header->e_machine);
    if (header->e_type != ET_EXEC)
        return sim_fail(error, "e_type is %u: not an executable",
                        header->e_type);
    if (header->e_phentsize != sizeof(Elf32_Phdr))
        return sim_fail(error, "e_phentsize is %u instead of %zu",
                        header->e_phentsize, sizeof(Elf32_Phdr));
    return 0;
}

/** Check one loadable segment against the file and those before it. */
static int check_segment(const Elf32_Phdr *phdr, unsigned index,
                         size_t length, const struct rom_image *image,
                         struct sim_error *error)
{
    uint64_t end = (uint64_t)phdr->p_paddr + phdr->p_memsz;
    unsigned i;

    if ((uint64_t)phdr->p_offset + phdr->p_filesz > length)
        return sim_fail(error, "program header %u: p_offset 0x%x with "
                        "p_filesz 0x%x ends beyond the file's 0x%zx bytes",
                        index, phdr->p_offset, phdr->p_filesz, length);
    if (phdr->p_filesz > phdr->p_memsz)
        return sim_fail(error, "program header %u: p_filesz 0x%x is more "
                        "than p_memsz 0x%x", index, phdr->p_filesz,
                        phdr->p_memsz);
    if (end > UINT32_MAX)
        return sim_fail(error, "program header %u: p_paddr 0x%08x with "
                        "p_memsz 0x%x ends beyond 4 GB", index,
                        phdr->p_paddr, phdr->p_memsz);
    for (i = 0; i < image->nr_segments; i++) {
        const struct rom_segment *other = &image->segment[i];

        if (phdr->p_paddr < (uint64_t)other->target + other->memory_bytes &&
            other->target < end)
            return sim_fail(error, "program header %u: p_paddr 0x%08x "
                            "overlaps the segment at 0x%08x", index,
                            phdr->p_paddr, other->target);
    }
    return 0;
}

/** Read the table of program headers. */
static int read_segments(const uint8_t *bytes, size_t length,
                         const Elf32_Ehdr *header, struct rom_image *image,
                         struct sim_error *error)
{
    unsigned i;

    for (i = 0; i < header->e_phnum; i++) {
        uint64_t at = header->e_phoff + (uint64_t)i * sizeof(Elf32_Phdr);
        Elf32_Phdr phdr;

        if (!copy_at(bytes, length, at, &phdr, sizeof(phdr)))
            return sim_fail(error, "e_phoff 0x%x with e_phnum %u: program "
                            "header %u lies beyond the file's 0x%zx bytes",
                            header->e_phoff, header->e_phnum, i, length);
        if (phdr.p_type != PT_LOAD || phdr.p_memsz == 0)
            continue;
        if (check_segment(&phdr, i, length, image, error))
            return -1;
        if (image->nr_segments == ROM_MAX_SEGMENTS)
            return sim_fail(error, "e_phnum %u: more than %u loadable "
                            "segments", header->e_phnum, ROM_MAX_SEGMENTS);
        image->segment[image->nr_segments++] = (struct rom_segment){
            .target = phdr.p_paddr,
            .offset = phdr.p_offset,
            .file_bytes = phdr.p_filesz,
            .memory_bytes = phdr.p_memsz,
            .virtual_address = phdr.p_vaddr,
            .executable = phdr.p_flags & PF_X,
        };
    }
    return 0;
}

int rom_image_read(const uint8_t *bytes, size_t length,
                   struct rom_image *image, struct sim_error *error)
{
    Elf32_Ehdr header;
    unsigned i;

    memset(image, 0, sizeof(*image));
    if (!copy_at(bytes, length, 0, &header, sizeof(header)))
        return sim_fail(error, "%zu bytes are too few for an ELF header",
                        length);
    if (check_header(&header, error) ||
        check_multiboot(bytes, length, &image->flags, error) ||
        read_segments(bytes, length, &header, image, error))
        return -1;
    for (i = 0; i < image->nr_segments; i++) {
        const struct rom_segment *segment = &image->segment[i];

        if (header.e_entry >= segment->target &&
            header.e_entry - segment->target < segment->file_bytes) {
            image->entry = header.e_entry;
            return 0;
        }
    }
    return sim_fail(error, "e_entry 0x%08x is in no loaded segment",
                    header.e_entry);
}
