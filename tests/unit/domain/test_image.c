/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_image Unit test: reading a guest's image
 *
 * Property: an image that follows the interface is described rightly, each of
 * its fields up to its bounds.
 *
 * Method: images made in host memory, and Debian's GRUB, if it is installed.
 */
#include "unit.h"

#include <string.h>

#include "image_reading.h"
#include "layout.h"
#include "xen_abi.h"

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
    make_number_high();
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

/* Its last note is cut short by the file's end; see image_notes.c. */
START_TEST(test_grub)
{
    if (!start_grub())
        return;
    ck_assert_msg(read_image() == 0, "%s", why.sentence);
    ck_assert_uint_eq(image.virt_base, 0);
    ck_assert_uint_eq(image.entry, 0);
    ck_assert(!image.has_hypercall_page);
    ck_assert_uint_eq(image.nr_segments, 2);
    ck_assert_str_eq(image.guest_os, "GRUB");
    maker_free(&m);
}
END_TEST

static Suite *image_suite(void)
{
    Suite *suite = suite_create("domain/image");
    TCase *right = tcase_create("right");

    tcase_add_test(right, test_plain_image);
    tcase_add_test(right, test_linux_notes);
    tcase_add_test(right, test_supported_features_without_dom0);
    tcase_add_test(right, test_notes_in_a_section);
    tcase_add_test(right, test_legacy_section);
    tcase_add_test(right, test_bsd_symbols);
    tcase_add_test(right, test_grub);
    tcase_add_test(right, test_edge);
    tcase_add_test(right, test_image_get);
    suite_add_tcase(suite, right);
    return suite;
}

UNIT_MAIN(image_suite())
