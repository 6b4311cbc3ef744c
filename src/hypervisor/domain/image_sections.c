/* SPDX-License-Identifier: MIT */
/**
 * @file image_sections.c
 * The section headers of a guest's ELF image, which only three readers need:
 * notes kept in sections, the legacy section, and symbols.
 *
 * Invariant IMAGE-I2: a section header handed out describes bytes inside the
 * file, unless the section has none (SHT_NOBITS, SHT_NULL).
 *
 * Source: [ELF] "Section Header".
 */
#include "builder.h"

#include "lib.h"
#include "xen_abi.h"

/**
 * Read one section header and check where it points.
 *
 * @param reader   The image.
 * @param index    Below header.e_shnum, whose table image_read() has checked.
 * @param section  Filled in.
 * @context{any}
 * @retval 0        `section` lies in the file.
 * @retval -EINVAL  sh_offset or sh_size lies; the sentence says which one.
 * @par Source
 * [ELF] "Section Header".
 */
int image_section(struct image_reader *reader, unsigned index,
                  Elf32_Shdr *section)
{
    uint32_t file_bytes = reader->source->bytes;

    image_get(reader->source,
              reader->header.e_shoff + index * sizeof(*section), section,
              sizeof(*section));
    if (section->sh_type == SHT_NULL || section->sh_type == SHT_NOBITS)
        return 0;
    if (section->sh_offset > file_bytes ||
        section->sh_size > file_bytes - section->sh_offset)
        return build_refuse(reader->error,
                            "section %u: sh_offset 0x%x with sh_size 0x%x is "
                            "outside the file of 0x%x bytes",
                            index, section->sh_offset, section->sh_size,
                            file_bytes);
    return 0;
}

/**
 * The first section of a type.
 *
 * @param reader        The image.
 * @param type          SHT_*.
 * @param[out] section  Its header; sh_type is SHT_NULL if there is none.
 * @context{any}
 * @retval 0, -EINVAL  as image_section().
 */
int image_section_by_type(struct image_reader *reader, uint32_t type,
                          Elf32_Shdr *section)
{
    for (unsigned i = 0; i < reader->header.e_shnum; i++) {
        int error = image_section(reader, i, section);

        if (error || section->sh_type == type)
            return error;
    }
    memset(section, 0, sizeof(*section));
    return 0;
}

/** True if the string at `offset` of the section `names` is `name`. */
static bool name_is(struct image_reader *reader, const Elf32_Shdr *names,
                    uint32_t offset, const char *name)
{
    char text[32];
    uint32_t bytes = (uint32_t)strlen(name) + 1;

    return bytes <= sizeof(text) && offset < names->sh_size &&
           bytes <= names->sh_size - offset &&
           image_get(reader->source, names->sh_offset + offset, text,
                     bytes) &&
           memcmp(text, name, bytes) == 0;
}

/**
 * The first section of a name of at most 31 characters.
 *
 * @param reader  The image.
 * @param name  As the string table has it.
 * @param[out] section  Its header; sh_type is SHT_NULL if there is none.
 * @context{boot}
 * @retval 0, -EINVAL  as image_section().
 */
int image_section_by_name(struct image_reader *reader, const char *name,
                          Elf32_Shdr *section)
{
    Elf32_Shdr names;
    int error;

    memset(section, 0, sizeof(*section));
    if (reader->header.e_shstrndx >= reader->header.e_shnum)
        return 0; /* SHN_UNDEF of an image without sections, or a lie that
                     nobody needs */
    error = image_section(reader, reader->header.e_shstrndx, &names);
    if (error || names.sh_type != SHT_STRTAB)
        return error;
    for (unsigned i = 0; i < reader->header.e_shnum; i++) {
        error = image_section(reader, i, section);
        if (error || (section->sh_type != SHT_NOBITS &&
                      name_is(reader, &names, section->sh_name, name)))
            return error;
    }
    memset(section, 0, sizeof(*section));
    return 0;
}
