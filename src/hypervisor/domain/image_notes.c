/* SPDX-License-Identifier: MIT */
/**
 * @file image_notes.c
 * What a guest's image says about itself: Xen's ELF notes.
 *
 * They are looked for in three places, and the first that holds one of Xen's
 * decides: segments of type PT_NOTE, sections of type SHT_NOTE, and the
 * section `__xen_guest`, an older form that is one string of `KEY=value`
 * pairs. All three fill the same struct image_notes; what a missing note
 * means is decided in image.c.
 *
 *     +--------+--------+--------+----------------+---------------------+
 *     | namesz | descsz |  type  | name, to 4 B   | descriptor, to 4 B  |
 *     +--------+--------+--------+----------------+---------------------+
 *
 * Invariants:
 *  - NOTE-I1: no byte outside the file is read (image_get() checks each).
 *  - NOTE-I2: every string kept is ended by a NUL that the file holds.
 *  - NOTE-I3: at most IMAGE_MAX_NOTES notes are looked at.
 *
 * Debian's GRUB for Xen ends with a note whose descriptor is longer than
 * what is left of the file, with its string complete. Real loaders take it,
 * so a *string* may run past the end of the file if its NUL does not.
 *
 * Sources: [XenABI] xen/elfnote.h; [ELF] "Note Section".
 */
#include "builder.h"

#include "lib.h"
#include "xen_abi.h"

/** One note while it is read; offsets are in the file. */
struct note {
    bool xen;           /**< one of Xen's */
    uint32_t type;
    uint32_t at;        /**< of its header, for messages */
    uint32_t descriptor;
    uint32_t bytes;     /**< of the descriptor that the file really holds */
    uint32_t claimed;   /**< of the descriptor by its header */
};

static const struct {
    uint8_t type;
    const char *name;
    const char *legacy; /* NULL: the older form does not have it */
} known_notes[] = {
    { XEN_ELFNOTE_ENTRY, "ENTRY", "VIRT_ENTRY" },
    { XEN_ELFNOTE_HYPERCALL_PAGE, "HYPERCALL_PAGE", "HYPERCALL_PAGE" },
    { XEN_ELFNOTE_VIRT_BASE, "VIRT_BASE", "VIRT_BASE" },
    { XEN_ELFNOTE_PADDR_OFFSET, "PADDR_OFFSET", "ELF_PADDR_OFFSET" },
    { XEN_ELFNOTE_XEN_VERSION, "XEN_VERSION", "XEN_VER" },
    { XEN_ELFNOTE_GUEST_OS, "GUEST_OS", "GUEST_OS" },
    { XEN_ELFNOTE_LOADER, "LOADER", "LOADER" },
    { XEN_ELFNOTE_PAE_MODE, "PAE_MODE", "PAE" },
    { XEN_ELFNOTE_FEATURES, "FEATURES", "FEATURES" },
    { XEN_ELFNOTE_BSD_SYMTAB, "BSD_SYMTAB", "BSD_SYMTAB" },
    { XEN_ELFNOTE_HV_START_LOW, "HV_START_LOW", NULL },
    { XEN_ELFNOTE_MOD_START_PFN, "MOD_START_PFN", NULL },
    { XEN_ELFNOTE_SUPPORTED_FEATURES, "SUPPORTED_FEATURES", NULL },
    { XEN_ELFNOTE_PHYS32_ENTRY, "PHYS32_ENTRY", NULL },
};

#define NR_KNOWN_NOTES (sizeof(known_notes) / sizeof(known_notes[0]))

/** Where a note's string is kept, or NULL if its value is a number. */
static char *string_slot(struct image_notes *notes, uint32_t type,
                         uint32_t *bytes)
{
    *bytes = IMAGE_STRING_BYTES;
    switch (type) {
    case XEN_ELFNOTE_XEN_VERSION:
        return notes->xen_version;
    case XEN_ELFNOTE_GUEST_OS:
        return notes->guest_os;
    case XEN_ELFNOTE_LOADER:
        return notes->loader;
    case XEN_ELFNOTE_PAE_MODE:
        return notes->pae_mode;
    case XEN_ELFNOTE_BSD_SYMTAB:
        return notes->bsd_symtab;
    case XEN_ELFNOTE_FEATURES:
        *bytes = IMAGE_FEATURES_BYTES;
        return notes->features;
    default:
        return NULL;
    }
}

/** Take a note's string; it must end inside the file and the slot. The NUL may
 *  be in the padding: Linux's FEATURES do not count one of their own. */
static int take_string(struct image_reader *reader, const struct note *note,
                       const char *name, char *slot, uint32_t bytes)
{
    uint64_t held = image_round_up_4(note->claimed);
    uint32_t length = reader->source->bytes - note->descriptor;

    if (length > held)
        length = (uint32_t)held;
    if (length > bytes)
        length = bytes;
    image_get(reader->source, note->descriptor, slot, length);
    for (uint32_t i = 0; i < length; i++) {
        if (slot[i] == '\0')
            return 0;
    }
    slot[0] = '\0';
    return build_refuse(reader->error,
                        "the note %s at 0x%x (n_descsz 0x%x) has no string "
                        "that ends within %u bytes and the file",
                        name, note->at, note->claimed, bytes);
}

/** Take a note's number: 4 bytes, or 8 of which the upper 4 are zero. */
static int take_number(struct image_reader *reader, const struct note *note,
                       const char *name, uint32_t *number)
{
    uint32_t word[2] = { 0, 0 };

    if ((note->claimed != 4 && note->claimed != 8) ||
        note->bytes != note->claimed)
        return build_refuse(reader->error,
                            "the note %s at 0x%x should be a number of 4 or "
                            "8 bytes; its n_descsz is 0x%x, the file holds "
                            "0x%x of them",
                            name, note->at, note->claimed, note->bytes);
    image_get(reader->source, note->descriptor, word, note->bytes);
    if (word[1] != 0)
        return build_refuse(reader->error,
                            "the note %s is 0x%x%08x, more than 32 bits",
                            name, word[1], word[0]);
    *number = word[0];
    return 0;
}

/** Take one of Xen's notes; types that do not concern us are passed over. */
static int take_note(struct image_reader *reader, const struct note *note)
{
    struct image_notes *notes = &reader->notes;

    notes->found = true;
    for (unsigned i = 0; i < NR_KNOWN_NOTES; i++) {
        uint32_t bytes;
        char *slot;

        if (known_notes[i].type != note->type)
            continue;
        notes->given |= 1u << note->type;
        slot = string_slot(notes, note->type, &bytes);
        if (slot)
            return take_string(reader, note, known_notes[i].name, slot,
                               bytes);
        return take_number(reader, note, known_notes[i].name,
                           &notes->number[note->type]);
    }
    return 0;
}

/**
 * Read the header of the note at `at`. `next` is where the following one
 * starts, possibly beyond the file.
 */
static int read_note(struct image_reader *reader, uint32_t at,
                     struct note *note, uint64_t *next)
{
    uint64_t file_bytes = reader->source->bytes;
    uint64_t descriptor;
    Elf32_Nhdr header;
    char name[4];

    image_get(reader->source, at, &header, sizeof(header));
    descriptor = at + sizeof(header) + image_round_up_4(header.n_namesz);
    if (descriptor > file_bytes)
        return build_refuse(reader->error,
                            "n_namesz 0x%x of the note at 0x%x runs past the "
                            "end of the file",
                            header.n_namesz, at);
    note->xen = header.n_namesz == sizeof(name) &&
                image_get(reader->source, at + sizeof(header), name,
                          sizeof(name)) &&
                memcmp(name, "Xen", sizeof(name)) == 0;
    note->type = header.n_type;
    note->at = at;
    note->descriptor = (uint32_t)descriptor;
    note->claimed = header.n_descsz;
    note->bytes = header.n_descsz;
    if (note->bytes > file_bytes - descriptor)
        note->bytes = (uint32_t)(file_bytes - descriptor);
    if (note->bytes < note->claimed && !note->xen)
        return build_refuse(reader->error,
                            "n_descsz 0x%x of the note at 0x%x runs past the "
                            "end of the file",
                            header.n_descsz, at);
    *next = descriptor + image_round_up_4(header.n_descsz);
    return 0;
}

/** Read every note that starts in [offset, offset + bytes) of the file. */
static int read_note_range(struct image_reader *reader, uint32_t offset,
                           uint32_t bytes)
{
    uint64_t at = offset, end = (uint64_t)offset + bytes;

    while (at + sizeof(Elf32_Nhdr) <= end) {
        struct note note = { 0 };
        int error;

        if (++reader->notes.nr_read > IMAGE_MAX_NOTES)
            return build_refuse(reader->error,
                                "the image has more than %u notes",
                                IMAGE_MAX_NOTES);
        error = read_note(reader, (uint32_t)at, &note, &at);
        if (!error && note.xen)
            error = take_note(reader, &note);
        if (error)
            return error;
    }
    return 0;
}

static int read_note_segments(struct image_reader *reader)
{
    for (unsigned i = 0; i < reader->header.e_phnum; i++) {
        Elf32_Phdr segment;
        int error;

        image_get(reader->source,
                  reader->header.e_phoff + i * sizeof(segment), &segment,
                  sizeof(segment));
        if (segment.p_type != PT_NOTE || segment.p_offset == 0)
            continue;
        if (segment.p_offset > reader->source->bytes ||
            segment.p_filesz > reader->source->bytes - segment.p_offset)
            return build_refuse(reader->error,
                                "program header %u (notes): p_offset 0x%x "
                                "with p_filesz 0x%x is outside the file of "
                                "0x%x bytes",
                                i, segment.p_offset, segment.p_filesz,
                                reader->source->bytes);
        error = read_note_range(reader, segment.p_offset, segment.p_filesz);
        if (error)
            return error;
    }
    return 0;
}

static int read_note_sections(struct image_reader *reader)
{
    for (unsigned i = 0; i < reader->header.e_shnum; i++) {
        Elf32_Shdr section;
        int error = image_section(reader, i, &section);

        if (!error && section.sh_type == SHT_NOTE)
            error = read_note_range(reader, section.sh_offset,
                                    section.sh_size);
        if (error)
            return error;
    }
    return 0;
}

/** Take one `KEY=value` pair of the legacy section. */
static int take_pair(struct image_reader *reader, const char *key,
                     const char *value)
{
    struct image_notes *notes = &reader->notes;

    for (unsigned i = 0; i < NR_KNOWN_NOTES; i++) {
        uint32_t type = known_notes[i].type, bytes;
        char *slot;

        if (!known_notes[i].legacy || strcmp(known_notes[i].legacy, key) != 0)
            continue;
        notes->given |= 1u << type;
        slot = string_slot(notes, type, &bytes);
        if (slot ? strlcpy(slot, value, bytes) < bytes
                 : parse_unsigned(value, &notes->number[type]))
            return 0;
        return build_refuse(reader->error,
                            "section __xen_guest: %s=%s is %s", key, value,
                            slot ? "too long" : "not a 32-bit number");
    }
    return 0; /* a key for somebody else */
}

/** The section's bytes up to its NUL, pair by pair; `text` is cut up. */
static int take_pairs(struct image_reader *reader, char *text)
{
    while (*text != '\0') {
        const char *key = text, *value = "";
        int error;

        for (; *text != '\0' && *text != ','; text++) {
            if (*text == '=' && *value == '\0') {
                *text = '\0';
                value = text + 1;
            }
        }
        if (*text == ',')
            *text++ = '\0';
        error = take_pair(reader, key, value);
        if (error)
            return error;
    }
    return 0;
}

static int read_legacy_section(struct image_reader *reader)
{
    char text[1024];
    Elf32_Shdr section;
    int error = image_section_by_name(reader, "__xen_guest", &section);

    if (error)
        return error;
    if (section.sh_type == SHT_NULL)
        return 0;
    if (section.sh_size >= sizeof(text))
        return build_refuse(reader->error,
                            "section __xen_guest: sh_size 0x%x is too large",
                            section.sh_size);
    memset(text, 0, sizeof(text));
    image_get(reader->source, section.sh_offset, text, section.sh_size);
    reader->notes.found = true;
    reader->notes.legacy = true;
    return take_pairs(reader, text);
}

/**
 * Fill reader->notes from the first of the three places that says anything.
 *
 * @param reader  Image with a checked ELF header and program header table.
 * @context{boot}
 * @retval 0        reader->notes is filled.
 * @retval -EINVAL  a note lies about its size, has no usable value, or there
 *                  are none at all; the sentence says which.
 * @par Source
 * [XenABI] xen/elfnote.h.
 */
int image_read_notes(struct image_reader *reader)
{
    int error;

    memset(&reader->notes, 0, sizeof(reader->notes));
    error = read_note_segments(reader);
    if (!error && !reader->notes.found)
        error = read_note_sections(reader);
    if (!error && !reader->notes.found)
        error = read_legacy_section(reader);
    if (!error && !reader->notes.found)
        error = build_refuse(reader->error,
                             "the image has no Xen notes: neither a PT_NOTE "
                             "segment, an SHT_NOTE section nor a section "
                             "__xen_guest with any");
    return error;
}
