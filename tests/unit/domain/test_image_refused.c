/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_image_refused Unit test: images that must be refused
 *
 * Property: an image that does not follow the interface is refused with a
 * sentence that names the wrong field, or that it was cut.
 *
 * Method: images made in host memory, each wrong in one place, and a right one
 * cut everywhere.
 */
#include "unit.h"

#include <string.h>

#include "image_reading.h"
#include "layout.h"
#include "xen_abi.h"

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

/* --- One wrong field at a time --------------------------------------- */

static void wrong_magic(void) { m.elf->e_ident[1] = 'F'; }
static void wrong_gzip(void) { memcpy(m.elf->e_ident, "\x1F\x8B", 2); }
static void wrong_bzimage(void)
{
    memcpy(m.elf->e_ident, "MZ\352\007", 4);
    memcpy(m.bytes + 0x202, "HdrS", 4);
}
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
static void wrong_pvh_only(void)
{
    maker_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, 0x100000);
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
    { wrong_bzimage, "bzImage" },
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
    { wrong_pvh_only, "PVH only" },
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
    { make_number_high, "32 bits" },
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

static Suite *image_suite(void)
{
    Suite *suite = suite_create("domain/image_refused");
    TCase *refused = tcase_create("refused");

    tcase_add_test(refused, test_legacy_refused);
    tcase_add_loop_test(refused, test_wrong_field, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(refused, test_every_truncation);
    tcase_add_loop_test(refused, test_cut_in_the_header, 1,
                        sizeof(Elf32_Ehdr));
    suite_add_tcase(suite, refused);
    return suite;
}

UNIT_MAIN(image_suite())
