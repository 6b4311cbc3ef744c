/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_image_random Unit test: images with random bytes
 *
 * Property: whatever the bytes, none outside the file is read, and what is
 * accepted keeps the invariants of an accepted image.
 *
 * Method: thousands of random mutations of made images and of Debian's GRUB (if
 * it is installed), under AddressSanitizer.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "image_reading.h"
#include "layout.h"
#include "xen_abi.h"

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

    srandom(3);
    if (!start_grub())
        return;
    fuzz(2000, 0x180, m.size - 0x84, m.size, &accepted);
    ck_assert_uint_gt(accepted, 50);
    maker_free(&m);
}
END_TEST

static Suite *image_suite(void)
{
    Suite *suite = suite_create("domain/image_random");
    TCase *fuzzed = tcase_create("fuzzed");

    tcase_set_timeout(fuzzed, 120);
    tcase_add_test(fuzzed, test_fuzz_made);
    tcase_add_test(fuzzed, test_fuzz_legacy);
    tcase_add_test(fuzzed, test_fuzz_grub);
    suite_add_tcase(suite, fuzzed);
    return suite;
}

UNIT_MAIN(image_suite())
