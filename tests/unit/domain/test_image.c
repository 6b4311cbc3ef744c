/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_image Unit test: reading a guest's image
 *
 * Property: an image that follows the interface is described rightly; one
 * that does not is refused with a sentence that names the wrong field; and
 * whatever the bytes, none outside the file is read.
 *
 * Method: images made in host memory, each wrong in one place; thousands of
 * random mutations of them and of Debian's GRUB (if it is installed), under
 * AddressSanitizer, with the invariants of an accepted image checked.
 */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "image_maker.h"
#include "layout.h"
#include "xen_abi.h"

#define GRUB "/usr/lib/grub-xen/grub-i386-xen.bin"

static struct maker m;
static struct guest_image image;
static struct build_error why;

static int read_image(void)
{
    memset(&why, 0, sizeof(why));
    return image_read(&m.source, &image, &why);
}

static void start_usual(void)
{
    maker_start(&m);
    maker_usual_notes(&m);
}

START_TEST(test_plain_image)
{
    start_usual();
    ck_assert_msg(read_image() == 0, "%s", why.sentence);
    ck_assert_uint_eq(image.virt_base, 0);
    ck_assert_uint_eq(image.start, 0x100000);
    ck_assert_uint_eq(image.end, 0x101800);
    ck_assert_uint_eq(image.entry, 0x100010);
    ck_assert(!image.has_hypercall_page);
    ck_assert(image.extended_cr3);
    ck_assert(!image.ramdisk_unmapped);
    ck_assert(!image.refuses_control);
    ck_assert(!image.bsd_symbols.present);
    ck_assert_uint_eq(image.nr_segments, 1);
    ck_assert_uint_eq(image.segment[0].offset, 0x1000);
    ck_assert_uint_eq(image.segment[0].va, 0x100000);
    maker_free(&m);
}
END_TEST

START_TEST(test_linux_notes)
{
    maker_start(&m);
    maker_string(&m, XEN_ELFNOTE_GUEST_OS, "linux");
    maker_string(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    maker_string(&m, XEN_ELFNOTE_PAE_MODE, "yes,bimodal");
    maker_string(&m, XEN_ELFNOTE_FEATURES,
                 "!writable_page_tables|pae_pgdir_above_4gb");
    maker_number(&m, XEN_ELFNOTE_VIRT_BASE, 0xC0000000);
    maker_number(&m, XEN_ELFNOTE_PADDR_OFFSET, 0);
    maker_number(&m, XEN_ELFNOTE_ENTRY, 0xC0100100);
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0xC0101000);
    maker_number(&m, XEN_ELFNOTE_HV_START_LOW, 0xF5800000);
    maker_number(&m, XEN_ELFNOTE_MOD_START_PFN, 1);
    maker_number(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8F1);
    ck_assert_msg(read_image() == 0, "%s", why.sentence);
    ck_assert_uint_eq(image.virt_base, 0xC0000000);
    ck_assert_uint_eq(image.start, 0xC0100000);
    ck_assert_uint_eq(image.end, 0xC0101800);
    ck_assert_uint_eq(image.entry, 0xC0100100);
    ck_assert_uint_eq(image.hypercall_page, 0xC0101000);
    ck_assert(image.ramdisk_unmapped);
    ck_assert(!image.refuses_control);
    ck_assert_str_eq(image.guest_os, "linux");
    maker_free(&m);
}
END_TEST

START_TEST(test_supported_features_without_dom0)
{
    start_usual();
    maker_number(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 0x0F1);
    ck_assert_int_eq(read_image(), 0);
    ck_assert(image.refuses_control);
    maker_string(&m, XEN_ELFNOTE_FEATURES, "dom0");
    ck_assert_int_eq(read_image(), 0);
    ck_assert(!image.refuses_control);
    maker_free(&m);
}
END_TEST

START_TEST(test_notes_in_a_section)
{
    static uint8_t content[0x100];

    start_usual();
    memcpy(content, m.bytes + 0x800, sizeof(content));
    maker_section(&m, ".note.Xen", SHT_NOTE, content, m.note->p_filesz);
    m.note->p_type = PT_NULL;
    ck_assert_msg(read_image() == 0, "%s", why.sentence);
    ck_assert_uint_eq(image.entry, 0x100010);
    maker_free(&m);
}
END_TEST

/** An image with nothing but the legacy section. */
static int read_legacy(const char *text)
{
    maker_start(&m);
    maker_section(&m, "__xen_guest", SHT_PROGBITS, text,
                  (uint32_t)strlen(text) + 1);
    return read_image();
}

START_TEST(test_legacy_section)
{
    ck_assert_msg(read_legacy("GUEST_OS=Mini-OS,XEN_VER=xen-3.0,"
                              "VIRT_BASE=0x0,ELF_PADDR_OFFSET=0x0,"
                              "HYPERCALL_PAGE=0x101,PAE=yes,"
                              "LOADER=generic") == 0, "%s", why.sentence);
    ck_assert_uint_eq(image.start, 0x100000);
    ck_assert_uint_eq(image.hypercall_page, 0x101000);
    ck_assert(!image.extended_cr3);
    maker_free(&m);
    /* Without ELF_PADDR_OFFSET, p_paddr is a virtual address. */
    ck_assert_int_eq(read_legacy("XEN_VER=xen-3.0,VIRT_BASE=0x100000,"
                                 "HYPERCALL_PAGE=1,LOADER=generic,"
                                 "PAE=yes[extended-cr3]"), 0);
    ck_assert_uint_eq(image.start, 0x100000);
    ck_assert_uint_eq(image.hypercall_page, 0x101000);
    ck_assert(image.extended_cr3);
    maker_free(&m);
}
END_TEST

START_TEST(test_legacy_refused)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        { "LOADER=generic,PAE=yes", "XEN_VERSION" },
        { "LOADER=generic,XEN_VER=xen-3.0", "PAE_MODE" },
        { "LOADER=generic,XEN_VER=xen-3.0,PAE=no", "PAE_MODE" },
        { "LOADER=generic,XEN_VER=xen-3.0,PAE=yes,VIRT_BASE=0xG",
          "VIRT_BASE" },
        { "LOADER=generic,XEN_VER=xen-3.0,PAE=yes,ELF_PADDR_OFFSET=0",
          "PADDR_OFFSET" },
        { "LOADER=generic,XEN_VER=xen-3.0,PAE=yes,HYPERCALL_PAGE=9",
          "HYPERCALL_PAGE" },
        { "XEN_VER=xen-3.0,PAE=yes", "LOADER" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(read_legacy(cases[i].text), -EINVAL);
        ck_assert_msg(strstr(why.sentence, cases[i].word) != NULL,
                      "case %u: \"%s\" does not name %s", i, why.sentence,
                      cases[i].word);
        maker_free(&m);
    }
}
END_TEST

START_TEST(test_bsd_symbols)
{
    struct image_symbols_header *header = &image.bsd_symbols.header;

    start_usual();
    maker_symbols(&m);
    maker_string(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    m.load->p_memsz = 0x1802; /* the symbols start at the next multiple */
    ck_assert_msg(read_image() == 0, "%s", why.sentence);
    ck_assert(image.bsd_symbols.present);
    ck_assert_uint_eq(image.bsd_symbols.va, 0x101804);
    ck_assert_uint_eq(header->elf.e_shoff, 64);
    ck_assert_uint_eq(header->elf.e_shnum, 3);
    ck_assert_uint_eq(header->elf.e_phnum, 0);
    for (unsigned i = 0; i < sizeof(header->zero); i++)
        ck_assert_uint_eq(header->zero[i], 0);
    ck_assert_uint_eq(image.nr_segments, 3);
    for (unsigned i = 1; i < 3; i++) {
        ck_assert_uint_eq(image.bsd_symbols.va + 4 +
                              header->section[i].sh_offset,
                          image.segment[i].va);
        ck_assert_uint_eq(image.segment[i].file_bytes,
                          header->section[i].sh_size);
    }
    ck_assert_uint_eq(image.bsd_symbols.va + 4 + header->bytes, image.end);
    ck_assert_uint_eq(image.end % 4, 0);
    maker_free(&m);
}
END_TEST

/* --- One wrong field at a time --------------------------------------- */

static void wrong_magic(void) { m.elf->e_ident[1] = 'F'; }
static void wrong_gzip(void) { memcpy(m.elf->e_ident, "\x1F\x8B", 2); }
static void wrong_class(void) { m.elf->e_ident[EI_CLASS] = ELFCLASS64; }
static void wrong_data(void) { m.elf->e_ident[EI_DATA] = ELFDATA2MSB; }
static void wrong_machine(void) { m.elf->e_machine = EM_ARM; }
static void wrong_type(void) { m.elf->e_type = ET_REL; }
static void wrong_version(void) { m.elf->e_version = 2; }
static void wrong_phoff(void) { m.elf->e_phoff = MAKER_BYTES - 63; }
static void wrong_phoff_wraps(void) { m.elf->e_phoff = 0xFFFFFFF0; }
static void wrong_phnum(void) { m.elf->e_phnum = 0xFFFF; }
static void wrong_phnum_0(void) { m.elf->e_phnum = 0; }
static void wrong_phentsize(void) { m.elf->e_phentsize = 31; }
static void wrong_shoff(void)
{
    maker_section(&m, "x", SHT_PROGBITS, "", 1);
    m.elf->e_shoff = MAKER_BYTES - 100;
}
static void wrong_offset(void) { m.load->p_offset = MAKER_BYTES - 0xFFF; }
static void wrong_offset_wraps(void) { m.load->p_offset = 0xFFFFF800; }
static void wrong_filesz(void)
{
    m.load->p_filesz = m.load->p_memsz = 0x2001;
}
static void wrong_filesz_over_memsz(void) { m.load->p_memsz = 0xFFF; }
static void wrong_memsz(void) { m.load->p_memsz = 0xF5700001; }
static void wrong_memsz_wraps(void) { m.load->p_memsz = 0xFFFFFFFF; }
static void wrong_paddr(void) { m.load->p_paddr = 0xFFFFF000; }
static void wrong_nothing_to_load(void) { m.load->p_type = PT_NULL; }
static void wrong_overlap(void)
{
    m.note[1] = *m.load;
    m.note[1].p_paddr += 0x17FF;
    m.elf->e_phnum = 3;
}
static void wrong_entry(void) { m.elf->e_entry = 0x101801; }
static void wrong_entry_below(void) { m.elf->e_entry = 0xFFFFF; }
static void wrong_entry_note(void)
{
    maker_number(&m, XEN_ELFNOTE_ENTRY, 0x102000);
}
static void wrong_virt_base(void)
{
    maker_number(&m, XEN_ELFNOTE_VIRT_BASE, 0x200000);
    maker_number(&m, XEN_ELFNOTE_PADDR_OFFSET, 0x200000);
}
static void wrong_virt_base_unaligned(void)
{
    maker_number(&m, XEN_ELFNOTE_VIRT_BASE, 0x800);
}
static void wrong_hypercall_page(void)
{
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0x102000);
}
static void wrong_hypercall_page_below(void)
{
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0xFF000);
}
static void wrong_hypercall_page_high(void)
{
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0xFFFFF000);
}
static void wrong_hypercall_page_unaligned(void)
{
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0x100004);
}
static void wrong_loader(void)
{
    maker_string(&m, XEN_ELFNOTE_LOADER, "special");
}
static void wrong_xen_version(void)
{
    maker_string(&m, XEN_ELFNOTE_XEN_VERSION, "xen-2.0");
}
static void wrong_pae(void) { maker_string(&m, XEN_ELFNOTE_PAE_MODE, "no"); }
static void wrong_pae_yes_more(void)
{
    maker_string(&m, XEN_ELFNOTE_PAE_MODE, "yes[extended-cr3]");
}
static void wrong_feature(void)
{
    maker_string(&m, XEN_ELFNOTE_FEATURES, "dom0|!warp_drive");
}
static void wrong_hv_start(void)
{
    maker_number(&m, XEN_ELFNOTE_HV_START_LOW, 0xF5800001);
}
static void wrong_paddr_offset(void)
{
    maker_number(&m, XEN_ELFNOTE_PADDR_OFFSET, 0);
}
static void wrong_note_offset(void) { m.note->p_offset = MAKER_BYTES + 1; }
static void wrong_note_size(void) { m.note->p_filesz = MAKER_BYTES; }
static void wrong_namesz(void)
{
    ((Elf32_Nhdr *)(void *)(m.bytes + 0x800))->n_namesz = 0xFFFFFFFF;
}
static void wrong_number_size(void)
{
    maker_string(&m, XEN_ELFNOTE_ENTRY, "0x100000");
}
static void wrong_number_high(void)
{
    uint32_t value[2] = { 0x100000, 1 };

    maker_number(&m, XEN_ELFNOTE_ENTRY, 0);
    ((Elf32_Nhdr *)(void *)(m.bytes + m.notes_at - 20))->n_descsz = 8;
    memcpy(m.bytes + m.notes_at - 4, value, sizeof(value));
    m.note->p_filesz += 4;
}
static void wrong_string_no_end(void)
{
    maker_string(&m, XEN_ELFNOTE_GUEST_OS, "abcdefg");
    m.bytes[m.notes_at - 1] = 'h';
}
static void wrong_string_long(void)
{
    char text[IMAGE_STRING_BYTES + 1];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    maker_string(&m, XEN_ELFNOTE_GUEST_OS, text);
}
static void wrong_no_notes(void) { m.note->p_type = PT_NULL; }
static void wrong_too_many_notes(void)
{
    maker_cut(&m, 0x3000);
    m.note->p_filesz = 0;
    for (unsigned i = 0; i <= IMAGE_MAX_NOTES; i++) {
        Elf32_Nhdr empty = { 0 };

        memcpy(m.bytes + 0x800 + i * 12, &empty, sizeof(empty));
        m.note->p_filesz += 12;
    }
}
static void wrong_section(void)
{
    wrong_no_notes();
    maker_section(&m, "x", SHT_NOTE, "", 1)[2].sh_offset = MAKER_BYTES;
}
static void wrong_symbols_link(void)
{
    maker_string(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    maker_symbols(&m);
    ((Elf32_Shdr *)(void *)(m.bytes + 0x2000))[2].sh_link = 4;
}
static void wrong_symbols_strings(void)
{
    maker_string(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    maker_symbols(&m);
    ((Elf32_Shdr *)(void *)(m.bytes + 0x2000))[2].sh_link = 2;
}
static void wrong_symbols_size(void)
{
    maker_string(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    maker_symbols(&m);
    ((Elf32_Shdr *)(void *)(m.bytes + 0x2000))[2].sh_size = 0xFFFFFFFF;
}

static const struct {
    void (*make_wrong)(void);
    const char *word; /* the field that the sentence must name */
} wrong[] = {
    { wrong_magic, "e_ident" },
    { wrong_gzip, "gzip" },
    { wrong_class, "64-bit" },
    { wrong_data, "EI_DATA" },
    { wrong_machine, "e_machine" },
    { wrong_type, "e_type" },
    { wrong_version, "e_version" },
    { wrong_phoff, "e_phoff" },
    { wrong_phoff_wraps, "e_phoff" },
    { wrong_phnum, "e_phnum" },
    { wrong_phnum_0, "e_phnum" },
    { wrong_phentsize, "e_phentsize" },
    { wrong_shoff, "e_shoff" },
    { wrong_offset, "p_offset" },
    { wrong_offset_wraps, "p_offset" },
    { wrong_filesz, "p_filesz" },
    { wrong_filesz_over_memsz, "p_memsz" },
    { wrong_memsz, "p_memsz" },
    { wrong_memsz_wraps, "p_memsz" },
    { wrong_paddr, "p_paddr" },
    { wrong_nothing_to_load, "PT_LOAD" },
    { wrong_overlap, "overlaps" },
    { wrong_entry, "e_entry" },
    { wrong_entry_below, "e_entry" },
    { wrong_entry_note, "note ENTRY" },
    { wrong_virt_base, "VIRT_BASE" },
    { wrong_virt_base_unaligned, "VIRT_BASE" },
    { wrong_hypercall_page, "HYPERCALL_PAGE" },
    { wrong_hypercall_page_below, "HYPERCALL_PAGE" },
    { wrong_hypercall_page_high, "HYPERCALL_PAGE" },
    { wrong_hypercall_page_unaligned, "HYPERCALL_PAGE" },
    { wrong_loader, "LOADER" },
    { wrong_xen_version, "XEN_VERSION" },
    { wrong_pae, "PAE_MODE" },
    { wrong_pae_yes_more, "PAE_MODE" },
    { wrong_feature, "warp_drive" },
    { wrong_hv_start, "HV_START_LOW" },
    { wrong_paddr_offset, "PADDR_OFFSET" },
    { wrong_note_offset, "p_offset" },
    { wrong_note_size, "p_filesz" },
    { wrong_namesz, "n_namesz" },
    { wrong_number_size, "n_descsz" },
    { wrong_number_high, "32 bits" },
    { wrong_string_no_end, "GUEST_OS" },
    { wrong_string_long, "GUEST_OS" },
    { wrong_no_notes, "no Xen notes" },
    { wrong_too_many_notes, "more than" },
    { wrong_section, "sh_offset" },
    { wrong_symbols_link, "sh_link" },
    { wrong_symbols_strings, "sh_link" },
    { wrong_symbols_size, "sh_size" },
};

START_TEST(test_wrong_field)
{
    start_usual();
    wrong[_i].make_wrong();
    ck_assert_int_eq(read_image(), -EINVAL);
    ck_assert_msg(strstr(why.sentence, wrong[_i].word) != NULL,
                  "\"%s\" does not name %s", why.sentence, wrong[_i].word);
    maker_free(&m);
}
END_TEST

/* --- Each bound, from its right side --------------------------------- */

static void edge_segment_ends_with_file(void)
{
    m.load->p_offset = 0x2000;
}
static void edge_memory_ends_below_m2p(void)
{
    m.load->p_memsz = M2P_START - 0x100000;
}
static void edge_no_file_bytes(void)
{
    m.load->p_offset = 0xFFFFFFFF; /* of no meaning without file bytes */
    m.load->p_filesz = 0;
}
static void edge_empty_segment(void)
{
    m.note[1] = (Elf32_Phdr){ .p_type = PT_LOAD, .p_offset = 0xFFFFFFFF };
    m.elf->e_phnum = 3;
}
static void edge_touching_segments(void)
{
    m.note[1] = *m.load;
    m.note[1].p_paddr += 0x1800;
    m.elf->e_phnum = 3;
}
static void edge_segments_descend(void)
{
    m.note[1] = *m.load;
    m.note[1].p_paddr -= 0x1800;
    m.elf->e_phnum = 3;
}
static void edge_entry_at_end(void) { m.elf->e_entry = 0x101800; }
static void edge_hypercall_page_in_last_page(void)
{
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0x101000);
}
static void edge_image_starts_inside_hypercall_page(void)
{
    m.load->p_paddr += 0x800;
    m.elf->e_entry = 0x100800;
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0x100000);
}
static void edge_most_headers(void)
{
    m.elf->e_phnum = IMAGE_MAX_HEADERS; /* the rest of them are PT_NULL */
}
static void edge_headers_end_with_file(void)
{
    memcpy(m.bytes + MAKER_BYTES - 64, m.load, 64);
    m.elf->e_phoff = MAKER_BYTES - 64;
}
static void edge_long_number(void)
{
    wrong_number_high();
    memset(m.bytes + m.notes_at, 0, 4);
}
static void edge_longest_string(void)
{
    char text[IMAGE_STRING_BYTES];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    maker_string(&m, XEN_ELFNOTE_GUEST_OS, text);
}
static void edge_string_ends_in_padding(void)
{
    maker_string(&m, XEN_ELFNOTE_GUEST_OS, "linux");
    ((Elf32_Nhdr *)(void *)(m.bytes + m.notes_at - 24))->n_descsz = 5;
}
static void edge_foreign_note_ends_with_file(void)
{
    Elf32_Nhdr *note = (Elf32_Nhdr *)(void *)(m.bytes + m.notes_at);

    *note = (Elf32_Nhdr){ .n_namesz = 4, .n_type = 1 };
    note->n_descsz = MAKER_BYTES - m.notes_at - 16;
    m.note->p_filesz += 12;
}

START_TEST(test_edge)
{
    static void (*const make_edge[])(void) = {
        edge_segment_ends_with_file, edge_memory_ends_below_m2p,
        edge_no_file_bytes, edge_empty_segment, edge_touching_segments,
        edge_segments_descend, edge_entry_at_end,
        edge_hypercall_page_in_last_page,
        edge_image_starts_inside_hypercall_page, edge_most_headers,
        edge_headers_end_with_file, edge_long_number, edge_longest_string,
        edge_string_ends_in_padding, edge_foreign_note_ends_with_file,
    };

    for (unsigned i = 0; i < sizeof(make_edge) / sizeof(make_edge[0]); i++) {
        start_usual();
        make_edge[i]();
        ck_assert_msg(read_image() == 0, "edge %u: %s", i, why.sentence);
        maker_free(&m);
    }
}
END_TEST

/* The accessor's own bounds, on which the reader of symbols relies. */
START_TEST(test_image_get)
{
    uint8_t byte[2];

    start_usual();
    ck_assert(image_get(&m.source, 0, byte, 2));
    ck_assert_uint_eq(byte[0], 0x7F);
    ck_assert(image_get(&m.source, MAKER_BYTES - 2, byte, 2));
    ck_assert(image_get(&m.source, MAKER_BYTES, byte, 0));
    ck_assert(!image_get(&m.source, MAKER_BYTES - 1, byte, 2));
    ck_assert(!image_get(&m.source, MAKER_BYTES + 1, byte, 0));
    ck_assert(!image_get(&m.source, 0xFFFFFFFF, byte, 2));
    ck_assert(!image_get(&m.source, 1, byte, 0xFFFFFFFF));
    maker_free(&m);
}
END_TEST

/** Every length of file from 0 to a whole image: refused or right. */
START_TEST(test_every_truncation)
{
    for (uint32_t size = 0; size < MAKER_BYTES; size += size < 0x900 ? 1 : 97) {
        start_usual();
        maker_cut(&m, size ? size : 1);
        if (size < 0x2000)
            ck_assert_int_eq(read_image(), -EINVAL);
        maker_free(&m);
    }
}
END_TEST

/** What is cut within its header is refused for that, not for a field that is
 *  not there; but what is no ELF file is refused for that. */
START_TEST(test_cut_in_the_header)
{
    start_usual();
    maker_cut(&m, (uint32_t)_i);
    ck_assert_int_eq(read_image(), -EINVAL);
    ck_assert_msg(strstr(why.sentence, "shorter than") != NULL, "%s",
                  why.sentence);
    if (_i >= EI_NIDENT) {
        m.bytes[EI_CLASS] = ELFCLASS64;
        ck_assert_int_eq(read_image(), -EINVAL);
        ck_assert_msg(strstr(why.sentence, "64-bit") != NULL, "%s",
                      why.sentence);
    }
    maker_free(&m);
}
END_TEST

/* --- Debian's GRUB, and random mutations ----------------------------- */

static bool grub_is_installed(void)
{
    return access(GRUB, R_OK) == 0;
}

/* Its last note is cut short by the file's end; see image_notes.c. */
START_TEST(test_grub)
{
    if (!grub_is_installed())
        return;
    maker_from_file(&m, GRUB);
    ck_assert_msg(read_image() == 0, "%s", why.sentence);
    ck_assert_uint_eq(image.virt_base, 0);
    ck_assert_uint_eq(image.entry, 0);
    ck_assert(!image.has_hypercall_page);
    ck_assert_uint_eq(image.nr_segments, 2);
    ck_assert_str_eq(image.guest_os, "GRUB");
    maker_free(&m);
}
END_TEST

/** What must be true of an accepted image, whatever its bytes: IMAGE-I1.. */
static void check_invariants(void)
{
    ck_assert_uint_le(image.virt_base, image.start);
    ck_assert_uint_lt(image.start, image.end);
    ck_assert_uint_le(image.end, M2P_START);
    ck_assert_uint_ge(image.entry, image.start);
    ck_assert_uint_le(image.entry, image.end);
    ck_assert_uint_le(image.nr_segments, IMAGE_MAX_SEGMENTS);
    for (unsigned i = 0; i < image.nr_segments; i++) {
        const struct image_segment *s = &image.segment[i];

        ck_assert_uint_le(s->file_bytes, s->memory_bytes);
        ck_assert(s->file_bytes == 0 ||
                  (uint64_t)s->offset + s->file_bytes <= m.size);
        ck_assert_uint_ge(s->va, image.start);
        ck_assert((uint64_t)s->va + s->memory_bytes <= image.end);
    }
}

/** One mutation: a random bit, byte or word near the headers or the notes. */
static void mutate(uint32_t headers, uint32_t notes, uint32_t notes_end)
{
    bool in_notes = random() % 3 == 0;
    uint32_t start = in_notes ? notes : 0;
    uint32_t length = in_notes ? notes_end - notes : headers;
    uint32_t at = start + (uint32_t)random() % length;
    static const uint32_t interesting[] = { 0, 1, 4, 0x7FFFFFFF, 0x80000000,
                                            0xFFFFFFFF, 0xFFFFFFF0, 0x1000 };

    switch (random() % 3) {
    case 0:
        m.bytes[at] ^= (uint8_t)(1u << (random() % 8));
        break;
    case 1:
        m.bytes[at] = (uint8_t)random();
        break;
    default:
        at &= ~3u;
        if (at + 4 <= m.size)
            memcpy(m.bytes + at, &interesting[random() % 8], 4);
    }
}

/** Mutate, read, restore; the bytes that matter are few. */
static void fuzz(unsigned rounds, uint32_t headers, uint32_t notes,
                 uint32_t notes_end, unsigned *accepted)
{
    uint8_t *good = malloc(m.size);

    memcpy(good, m.bytes, m.size);
    for (unsigned i = 0; i < rounds; i++) {
        unsigned nr = 1 + (unsigned)random() % 4;

        while (nr-- > 0)
            mutate(headers, notes, notes_end);
        if (read_image() == 0) {
            (*accepted)++;
            check_invariants();
        } else {
            ck_assert_msg(why.sentence[0] != '\0', "refused in silence");
        }
        memcpy(m.bytes, good, headers);
        memcpy(m.bytes + notes, good + notes, notes_end - notes);
    }
    free(good);
}

START_TEST(test_fuzz_made)
{
    unsigned accepted = 0;

    srandom(1);
    start_usual();
    maker_number(&m, XEN_ELFNOTE_VIRT_BASE, 0);
    maker_number(&m, XEN_ELFNOTE_ENTRY, 0x100000);
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0x100000);
    maker_string(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    maker_symbols(&m);
    fuzz(30000, 0x74, 0x800, m.notes_at, &accepted);
    fuzz(20000, 0x74, 0x2000, 0x20A0, &accepted);
    /* Both answers occur, or the mutations would prove little. */
    ck_assert_uint_gt(accepted, 1000);
    ck_assert_uint_lt(accepted, 45000);
    maker_free(&m);
}
END_TEST

START_TEST(test_fuzz_legacy)
{
    unsigned accepted = 0;

    srandom(2);
    ck_assert_int_eq(read_legacy("LOADER=generic,XEN_VER=xen-3.0,PAE=yes,"
                                 "VIRT_BASE=0,HYPERCALL_PAGE=0x100,"
                                 "VIRT_ENTRY=0x100000"), 0);
    fuzz(10000, 0x74, 0x2800, 0x2860, &accepted);
    fuzz(10000, 0x74, 0x2000, 0x2078, &accepted);
    ck_assert_uint_gt(accepted, 500);
    maker_free(&m);
}
END_TEST

START_TEST(test_fuzz_grub)
{
    unsigned accepted = 0;

    if (!grub_is_installed())
        return;
    srandom(3);
    maker_from_file(&m, GRUB);
    fuzz(2000, 0x180, m.size - 0x84, m.size, &accepted);
    ck_assert_uint_gt(accepted, 50);
    maker_free(&m);
}
END_TEST

static Suite *image_suite(void)
{
    Suite *suite = suite_create("domain/image");
    TCase *right = tcase_create("right"), *refused = tcase_create("refused");
    TCase *fuzzed = tcase_create("fuzzed");

    tcase_add_test(right, test_plain_image);
    tcase_add_test(right, test_linux_notes);
    tcase_add_test(right, test_supported_features_without_dom0);
    tcase_add_test(right, test_notes_in_a_section);
    tcase_add_test(right, test_legacy_section);
    tcase_add_test(right, test_bsd_symbols);
    tcase_add_test(right, test_grub);
    tcase_add_test(right, test_edge);
    tcase_add_test(right, test_image_get);
    tcase_add_test(refused, test_legacy_refused);
    tcase_add_loop_test(refused, test_wrong_field, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(refused, test_every_truncation);
    tcase_add_loop_test(refused, test_cut_in_the_header, 1,
                        sizeof(Elf32_Ehdr));
    tcase_set_timeout(fuzzed, 120);
    tcase_add_test(fuzzed, test_fuzz_made);
    tcase_add_test(fuzzed, test_fuzz_legacy);
    tcase_add_test(fuzzed, test_fuzz_grub);
    suite_add_tcase(suite, right);
    suite_add_tcase(suite, refused);
    suite_add_tcase(suite, fuzzed);
    return suite;
}

UNIT_MAIN(image_suite())
