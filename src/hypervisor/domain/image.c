/* SPDX-License-Identifier: MIT */
/**
 * @file image.c
 * Reads a guest's ELF image: everything that a builder must know, or one
 * sentence that says which field is wrong.
 *
 * The image is the first thing that a stranger hands to the hypervisor, and
 * every number in it may be a lie. The reader believes none: it copies each
 * header once, checks the copy, and adds in 64 bits, so that nothing wraps.
 * It reads through an accessor (struct image_source), so the same code runs
 * on machine memory and, in its tests, on a host buffer of exactly the
 * file's size.
 *
 * Invariants of an accepted struct guest_image:
 *  - IMAGE-I1: every segment's file bytes lie inside the file and are at
 *    most its memory bytes.
 *  - IMAGE-I2: see image_sections.c.
 *  - IMAGE-I3: segments do not overlap, lie in [start, end), and
 *    virt_base <= start < end <= M2P_START.
 *  - IMAGE-I4: entry is in [start, end], and the whole hypercall page in
 *    [start, end) or in the rest of its last page.
 *
 * Sources: [ELF] "ELF Header", "Program Header"; [XenABI] xen/elfnote.h.
 */
#include "builder.h"

#include "layout.h"
#include "lib.h"
#include "xen_abi.h"

/** Where a bzImage has its magic word. */
#define BZIMAGE_MAGIC 0x202u

/**
 * Write the sentence and give the error, so that a check is one statement.
 *
 * @param[out] error  Takes the sentence, cut to its room.
 * @param fmt         As of printk(), without a newline.
 * @context{any}
 * @return -EINVAL, always.
 */
int build_refuse(struct build_error *error, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    format_list(error->sentence, sizeof(error->sentence), fmt, args);
    va_end(args);
    return -EINVAL;
}

/**
 * Copy bytes of the image.
 *
 * @param source   The file.
 * @param offset   In bytes, any number.
 * @param[out] to  Room for them.
 * @param bytes    How many; 0 is allowed up to the end of the file.
 * @context{any}
 * @return false, with `to` untouched, if any of them is outside the file.
 */
bool image_get(const struct image_source *source, uint32_t offset, void *to,
               uint32_t bytes)
{
    if (offset > source->bytes || bytes > source->bytes - offset)
        return false;
    source->read(source, offset, to, bytes);
    return true;
}

/** A PC's boot sector and loader before a packed kernel: Linux as distributions
 *  ship it has this word there, and no ELF header anywhere. */
static bool is_bzimage(const struct image_source *source)
{
    char word[4];

    return image_get(source, BZIMAGE_MAGIC, word, sizeof(word)) &&
           memcmp(word, "HdrS", sizeof(word)) == 0;
}

/** Magic, class, byte order: what the first bytes of any ELF file say. */
static int check_ident(struct image_reader *reader)
{
    const Elf32_Ehdr *header = &reader->header;
    struct build_error *error = reader->error;

    if (header->e_ident[0] == 0x1F && header->e_ident[1] == 0x8B)
        return build_refuse(error, "the image is compressed (gzip): unpack it "
                                   "first");
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 &&
        is_bzimage(reader->source))
        return build_refuse(error, "the image is a bzImage: unpack the ELF "
                                   "image in it first");
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return build_refuse(error, "e_ident does not start with 7F 'E' 'L' "
                                   "'F': this is no ELF image");
    if (header->e_ident[EI_CLASS] != ELFCLASS32)
        return build_refuse(error, "e_ident[EI_CLASS] is %u: %s",
                            header->e_ident[EI_CLASS],
                            header->e_ident[EI_CLASS] == ELFCLASS64
                                ? "a 64-bit image, only 32-bit ones run here"
                                : "no ELF class");
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return build_refuse(error, "e_ident[EI_DATA] is %u, not 1 (little "
                                   "endian)", header->e_ident[EI_DATA]);
    return 0;
}

/** The same, type and machine: is it for an i386 at all? */
static int check_kind(struct image_reader *reader)
{
    const Elf32_Ehdr *header = &reader->header;
    struct build_error *error = reader->error;

    if (check_ident(reader) != 0)
        return -EINVAL;
    if (header->e_machine != EM_386)
        return build_refuse(error, "e_machine is %u, not %u (80386)",
                            header->e_machine, EM_386);
    if (header->e_type != ET_EXEC)
        return build_refuse(error, "e_type is %u, not %u (executable)",
                            header->e_type, ET_EXEC);
    if (header->e_version != EV_CURRENT)
        return build_refuse(error, "e_version is %u, not %u",
                            header->e_version, EV_CURRENT);
    return 0;
}

/** One header table: sizes, count, and all of it inside the file. */
static int check_table(struct image_reader *reader, const char *letters,
                       uint32_t offset, uint32_t count, uint32_t max,
                       uint32_t entry_bytes, uint32_t expected_bytes)
{
    struct build_error *error = reader->error;

    if (count > max)
        return build_refuse(error, "e_%snum is %u, more than %u", letters,
                            count, max);
    if (count != 0 && entry_bytes != expected_bytes)
        return build_refuse(error, "e_%sentsize is %u, not %u", letters,
                            entry_bytes, expected_bytes);
    if (count != 0 &&
        (offset > reader->source->bytes ||
         count * expected_bytes > reader->source->bytes - offset))
        return build_refuse(error, "e_%soff 0x%x with %u headers is outside "
                                   "the file of 0x%x bytes",
                            letters, offset, count, reader->source->bytes);
    return 0;
}

/**
 * Copy the ELF header and check it and both header tables' places.
 *
 * @param reader  Its source and error are set.
 * @context{any}
 * @retval 0        image_section() and its like may be used.
 * @retval -EINVAL  no ELF image for this machine, or its tables lie outside
 *                  the file; the sentence names the field.
 */
int image_open(struct image_reader *reader)
{
    Elf32_Ehdr *header = &reader->header;
    int error;

    memset(header, 0, sizeof(*header));
    if (!image_get(reader->source, 0, header, sizeof(*header))) {
        /* Tell a compressed or foreign file from a short one if we can. */
        return image_get(reader->source, 0, header->e_ident, EI_NIDENT) &&
                       check_ident(reader) != 0
                   ? -EINVAL
                   : build_refuse(reader->error,
                                  "the file of %u bytes is shorter than an "
                                  "ELF header",
                                  reader->source->bytes);
    }
    error = check_kind(reader);
    if (!error)
        error = check_table(reader, "ph", header->e_phoff, header->e_phnum,
                            IMAGE_MAX_HEADERS, header->e_phentsize,
                            sizeof(Elf32_Phdr));
    if (!error)
        error = check_table(reader, "sh", header->e_shoff, header->e_shnum,
                            IMAGE_MAX_SECTIONS, header->e_shentsize,
                            sizeof(Elf32_Shdr));
    if (!error && header->e_phnum == 0)
        error = build_refuse(reader->error,
                             "e_phnum is 0: there is nothing to load");
    return error;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool note_given(const struct image_notes *notes, unsigned type)
{
    return notes->given & (1u << type);
}

/** Is this a kernel for this interface, with the PAE that we offer? */
static int check_notes(struct image_reader *reader)
{
    const struct image_notes *notes = &reader->notes;
    struct build_error *error = reader->error;

    if (note_given(notes, XEN_ELFNOTE_PHYS32_ENTRY) &&
        !note_given(notes, XEN_ELFNOTE_ENTRY))
        return build_refuse(error, "the note PHYS32_ENTRY is given, but not "
                                   "ENTRY: the kernel is for PVH only, not "
                                   "paravirtual");
    if (!starts_with(notes->loader, "generic") &&
        !starts_with(notes->guest_os, "linux"))
        return build_refuse(error, "the note LOADER is \"%s\", not "
                                   "\"generic\", and GUEST_OS is \"%s\", not "
                                   "\"linux\"",
                            notes->loader, notes->guest_os);
    if (!note_given(notes, XEN_ELFNOTE_XEN_VERSION))
        return build_refuse(error, "the note XEN_VERSION is missing");
    if (!starts_with(notes->xen_version, "xen-3.0"))
        return build_refuse(error, "the note XEN_VERSION is \"%s\", not "
                                   "\"xen-3.0\"", notes->xen_version);
    if (note_given(notes, XEN_ELFNOTE_PADDR_OFFSET) &&
        !note_given(notes, XEN_ELFNOTE_VIRT_BASE))
        return build_refuse(error, "the note PADDR_OFFSET is given, but not "
                                   "VIRT_BASE");
    if (notes->number[XEN_ELFNOTE_HV_START_LOW] > M2P_START)
        return build_refuse(error, "the note HV_START_LOW is 0x%x, but the "
                                   "hypervisor starts at 0x%x",
                            notes->number[XEN_ELFNOTE_HV_START_LOW],
                            M2P_START);
    return 0;
}

static bool contains(const char *text, const char *part)
{
    for (; *text != '\0'; text++) {
        if (starts_with(text, part))
            return true;
    }
    return false;
}

/** What the PAE note says, and the refusal of kernels without PAE. */
static int read_pae(struct image_reader *reader, struct guest_image *image)
{
    const char *mode = reader->notes.pae_mode;
    bool accepted;

    if (reader->notes.legacy) {
        image->extended_cr3 = starts_with(mode, "yes[extended-cr3]");
        accepted = starts_with(mode, "yes");
    } else {
        image->extended_cr3 = true;
        accepted = strcmp(mode, "yes") == 0 || contains(mode, "bimodal");
    }
    if (!accepted)
        return build_refuse(reader->error,
                            "the note PAE_MODE is \"%s\": the kernel has no "
                            "PAE, and nothing else is offered here",
                            mode);
    return 0;
}

/** The names of `public/features.h`; a required unknown one is refused. */
static int check_features(struct image_reader *reader, bool *wants_control)
{
    static const char *const known[] = {
        "writable_page_tables", "writable_descriptor_tables",
        "auto_translated_physmap", "supervisor_mode_kernel",
        "pae_pgdir_above_4gb", "mmu_pt_update_preserve_ad",
        "highmem_assist", "gnttab_map_avail_bits", "hvm_callback_vector",
        "hvm_safe_pvclock", "hvm_pirqs", "dom0",
    };
    const char *at = reader->notes.features;

    while (*at != '\0') {
        bool required = *at == '!', found = false;
        const char *name = required ? at + 1 : at;
        size_t length = 0;

        while (name[length] != '\0' && name[length] != '|')
            length++;
        for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            found |= strlen(known[i]) == length &&
                     strncmp(known[i], name, length) == 0;
        if (required && !found)
            return build_refuse(reader->error,
                                "the note FEATURES requires \"%.*s\", which "
                                "is not known here",
                                (int)length, name);
        *wants_control |= length == 4 && strncmp(name, "dom0", 4) == 0;
        at = name + length + (name[length] == '|');
    }
    return 0;
}

/**
 * Where p_paddr 0 goes: `virt = p_paddr - paddr_offset + virt_base`. An old
 * image without ELF_PADDR_OFFSET has virtual addresses in p_paddr.
 */
static uint32_t paddr_to_virtual(const struct image_notes *notes)
{
    uint32_t base = notes->number[XEN_ELFNOTE_VIRT_BASE];

    if (note_given(notes, XEN_ELFNOTE_PADDR_OFFSET))
        return base - notes->number[XEN_ELFNOTE_PADDR_OFFSET];
    return notes->legacy ? 0 : base;
}

/** Check one PT_LOAD header and give it as a segment. */
static int read_segment(struct image_reader *reader, unsigned index,
                        const Elf32_Phdr *header,
                        struct image_segment *segment)
{
    uint32_t offset = paddr_to_virtual(&reader->notes);
    uint32_t file_bytes = reader->source->bytes;

    if (header->p_filesz > header->p_memsz)
        return build_refuse(reader->error,
                            "program header %u: p_filesz 0x%x is larger than "
                            "p_memsz 0x%x",
                            index, header->p_filesz, header->p_memsz);
    if (header->p_filesz != 0 &&
        (header->p_offset > file_bytes ||
         header->p_filesz > file_bytes - header->p_offset))
        return build_refuse(reader->error,
                            "program header %u: p_offset 0x%x with p_filesz "
                            "0x%x is outside the file of 0x%x bytes",
                            index, header->p_offset, header->p_filesz,
                            file_bytes);
    segment->offset = header->p_offset;
    segment->file_bytes = header->p_filesz;
    segment->va = header->p_paddr + offset;
    segment->memory_bytes = header->p_memsz;
    if ((uint64_t)segment->va + segment->memory_bytes > M2P_START)
        return build_refuse(reader->error,
                            "program header %u: p_paddr 0x%x with p_memsz "
                            "0x%x, at virtual address 0x%x, reaches the "
                            "hypervisor or wraps",
                            index, header->p_paddr, header->p_memsz,
                            segment->va);
    return 0;
}

static bool segments_overlap(const struct image_segment *a,
                             const struct image_segment *b)
{
    return a->va < b->va + b->memory_bytes && b->va < a->va + a->memory_bytes;
}

/** Read every PT_LOAD header with memory, and the range that they span. */
static int read_segments(struct image_reader *reader,
                         struct guest_image *image)
{
    image->start = UINT32_MAX;
    for (unsigned i = 0; i < reader->header.e_phnum; i++) {
        struct image_segment *segment = &image->segment[image->nr_segments];
        Elf32_Phdr header;
        int error;

        image_get(reader->source, reader->header.e_phoff + i * sizeof(header),
                  &header, sizeof(header));
        if (header.p_type != PT_LOAD ||
            (header.p_memsz == 0 && header.p_filesz == 0))
            continue;
        if (image->nr_segments == IMAGE_MAX_SEGMENTS)
            return build_refuse(reader->error,
                                "program header %u: more than %u segments to "
                                "load",
                                i, IMAGE_MAX_SEGMENTS);
        error = read_segment(reader, i, &header, segment);
        if (error)
            return error;
        for (unsigned other = 0; other < image->nr_segments; other++) {
            if (segments_overlap(segment, &image->segment[other]))
                return build_refuse(reader->error,
                                    "program header %u: p_paddr 0x%x with "
                                    "p_memsz 0x%x overlaps another segment",
                                    i, header.p_paddr, header.p_memsz);
        }
        image->nr_segments++;
        if (segment->va < image->start)
            image->start = segment->va;
        if (segment->va + segment->memory_bytes > image->end)
            image->end = segment->va + segment->memory_bytes;
    }
    if (image->nr_segments == 0)
        return build_refuse(reader->error,
                            "no program header of type PT_LOAD has anything "
                            "to load");
    return 0;
}

/** Entry, base and hypercall page, against the range that is loaded. */
static int check_addresses(struct image_reader *reader,
                           struct guest_image *image)
{
    const struct image_notes *notes = &reader->notes;
    uint64_t page_end = (image->end + (uint64_t)PAGE_SIZE - 1) & ~0xFFFull;

    if (image->virt_base % PAGE_SIZE != 0 || image->virt_base > image->start)
        return build_refuse(reader->error,
                            "the note VIRT_BASE 0x%x is not page aligned, or "
                            "above the first segment at 0x%x",
                            image->virt_base, image->start);
    image->entry = note_given(notes, XEN_ELFNOTE_ENTRY)
                       ? notes->number[XEN_ELFNOTE_ENTRY]
                       : reader->header.e_entry;
    if (image->entry < image->start || image->entry > image->end)
        return build_refuse(reader->error,
                            "the entry 0x%x (%s) is outside the image at "
                            "0x%x-0x%x",
                            image->entry,
                            note_given(notes, XEN_ELFNOTE_ENTRY)
                                ? "note ENTRY" : "e_entry",
                            image->start, image->end);
    if (!note_given(notes, XEN_ELFNOTE_HYPERCALL_PAGE))
        return 0;
    image->has_hypercall_page = true;
    image->hypercall_page = notes->number[XEN_ELFNOTE_HYPERCALL_PAGE];
    if (notes->legacy) /* there it is the number of a page */
        image->hypercall_page =
            image->hypercall_page * PAGE_SIZE + image->virt_base;
    if (image->hypercall_page % PAGE_SIZE != 0 ||
        image->hypercall_page < (image->start & PAGE_MASK) ||
        (uint64_t)image->hypercall_page + PAGE_SIZE > page_end)
        return build_refuse(reader->error,
                            "the note HYPERCALL_PAGE, address 0x%x, is not a "
                            "page of the image at 0x%x-0x%x",
                            image->hypercall_page, image->start, image->end);
    return 0;
}

/**
 * Read a guest's image.
 *
 * @param source      The file's bytes; any bytes at all.
 * @param[out] image  Filled on success, else undefined.
 * @param[out] error  One sentence on failure.
 * @context{boot}
 * @note  Reads at most IMAGE_MAX_HEADERS program headers, IMAGE_MAX_SECTIONS
 *        section headers and IMAGE_MAX_NOTES notes.
 * @retval 0        IMAGE-I1 to I4 hold.
 * @retval -EINVAL  `error` names the field that is wrong.
 * @par Source
 * [ELF] "ELF Header", "Program Header"; [XenABI] xen/elfnote.h.
 */
int image_read(const struct image_source *source, struct guest_image *image,
               struct build_error *error)
{
    struct image_reader reader = { .source = source, .error = error };
    bool wants_control = false;
    int failed;

    memset(image, 0, sizeof(*image));
    failed = image_open(&reader);
    if (!failed)
        failed = image_read_notes(&reader);
    if (!failed)
        failed = check_notes(&reader);
    if (!failed)
        failed = read_pae(&reader, image);
    if (!failed)
        failed = check_features(&reader, &wants_control);
    if (!failed)
        failed = read_segments(&reader, image);
    if (failed)
        return failed;
    image->virt_base = reader.notes.number[XEN_ELFNOTE_VIRT_BASE];
    image->ramdisk_unmapped =
        reader.notes.number[XEN_ELFNOTE_MOD_START_PFN] == 1;
    image->refuses_control =
        note_given(&reader.notes, XEN_ELFNOTE_SUPPORTED_FEATURES) &&
        !wants_control &&
        !(reader.notes.number[XEN_ELFNOTE_SUPPORTED_FEATURES] &
          (1u << XENFEAT_dom0));
    strlcpy(image->guest_os, reader.notes.guest_os, sizeof(image->guest_os));
    failed = image_plan_symbols(&reader, image);
    return failed ? failed : check_addresses(&reader, image);
}
