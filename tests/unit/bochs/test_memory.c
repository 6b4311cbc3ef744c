/* SPDX-License-Identifier: MIT */
/**
 * @page unit_bochs_memory Unit test: reading the machine's memory
 *
 * Property: a walk of the tables gives the address and the rights that the
 * processor's own walk would give, in each paging mode, and reads stop at
 * the first byte that is not there.
 *
 * Method: tables in a made-up memory, one bit changed at a time.
 *
 * Source: [SDM3A] "32-Bit Paging", "PAE Paging", "Access Rights".
 */
#include "unit.h"

#include <string.h>

#include "sim/bochs/memory.h"
#include "tests/unit/bochs/fake_machine.h"

#define L2 0x2000u
#define L1 0x4000u
#define PAGE 0x8000u
#define VADDR 0xC0201234u /* slots 3, 1, 1 */
#define NX (1ull << 63)
#define P_RW_US 7u

static struct translation found;

static void set_up(void)
{
    fake_machine_reset();
    fake_now.cr0 = FAKE_CR0_PG;
    fake_cr4 = FAKE_CR4_PAE;
    fake_pdpt[3] = L2 | 1;
    fake_set64(L2 + 8, L1 | P_RW_US);
    fake_set64(L1 + 8, PAGE | P_RW_US);
}

START_TEST(without_paging)
{
    fake_now.cr0 = 1;
    ck_assert(memory_translate(VADDR, &found));
    ck_assert(found.maddr == VADDR && found.user && found.writable &&
              found.execute);
}
END_TEST

START_TEST(pae_small_page)
{
    ck_assert(memory_translate(VADDR, &found));
    ck_assert(found.maddr == PAGE + 0x234);
    ck_assert(found.user && found.writable && found.execute);
}
END_TEST

START_TEST(pae_rights_of_either_level)
{
    static const struct {
        uint32_t entry;
        uint64_t value;
        bool user, writable, execute;
    } cases[] = {
        { L1 + 8, PAGE | 5, true, false, true },
        { L1 + 8, PAGE | 3, false, true, true },
        { L1 + 8, PAGE | 7 | NX, true, true, false },
        { L2 + 8, L1 | 5, true, false, true },
        { L2 + 8, L1 | 3, false, true, true },
        { L2 + 8, L1 | 7 | NX, true, true, false },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_up();
        fake_set64(cases[i].entry, cases[i].value);
        ck_assert(memory_translate(VADDR, &found));
        ck_assert(found.maddr == PAGE + 0x234);
        ck_assert_msg(found.user == cases[i].user &&
                          found.writable == cases[i].writable &&
                          found.execute == cases[i].execute,
                      "case %zu", i);
    }
}
END_TEST

START_TEST(pae_absent_at_each_level)
{
    fake_pdpt[3] = L2;
    ck_assert(!memory_translate(VADDR, &found));
    set_up();
    fake_set64(L2 + 8, L1 | 6);
    ck_assert(!memory_translate(VADDR, &found));
    set_up();
    fake_set64(L1 + 8, PAGE | 6);
    ck_assert(!memory_translate(VADDR, &found));
    ck_assert(!memory_translate(0, &found));
}
END_TEST

START_TEST(pae_large_page)
{
    fake_set64(L2 + 8, 0x80000000ull | 0x83);
    ck_assert(memory_translate(VADDR, &found));
    ck_assert(found.maddr == 0x80001234 && !found.user && found.writable);
}
END_TEST

START_TEST(the_processors_own_pdpt)
{
    /* CR3 points elsewhere by now; what counts was loaded before. */
    fake_now.cr3 = 0x9000;
    ck_assert(memory_translate(VADDR, &found));
}
END_TEST

START_TEST(two_levels_without_pae)
{
    fake_cr4 = 0;
    fake_now.cr3 = 0x6000;
    fake_set32(0x6000 + 4 * (VADDR >> 22), 0x7000 | P_RW_US);
    fake_set32(0x7000 + 4 * (VADDR >> 12 & 1023), PAGE | 1);
    ck_assert(memory_translate(VADDR, &found));
    ck_assert(found.maddr == PAGE + 0x234 && !found.user && !found.writable);
    fake_set32(0x6000 + 4 * (VADDR >> 22), 0x400000 | 0x87);
    ck_assert_msg(!memory_translate(VADDR, &found),
                  "PS counts only with CR4.PSE; there is no table at 4 MB");
    fake_cr4 = FAKE_CR4_PSE;
    ck_assert(memory_translate(VADDR, &found));
    ck_assert(found.maddr == 0x400000 + (VADDR & 0x3FFFFF));
}
END_TEST

START_TEST(reads_across_pages)
{
    char text[8] = "";

    fake_set64(L1 + 16, 0xB000 | P_RW_US);
    memcpy(fake_ram + PAGE + 0xFFC, "abcd", 4);
    memcpy(fake_ram + 0xB000, "efgh", 4);
    ck_assert_uint_eq(memory_read_virtual(VADDR + 0xDC8, text, 8), 8);
    ck_assert(!memcmp(text, "abcdefgh", 8));
    fake_set64(L1 + 16, 0);
    ck_assert_uint_eq(memory_read_virtual(VADDR + 0xDC8, text, 8), 4);
    fake_set64(L1 + 16, 0x40000000 | P_RW_US); /* mapped to nothing */
    ck_assert_uint_eq(memory_read_virtual(VADDR + 0xDC8, text, 8), 4);
}
END_TEST

START_TEST(reads_to_the_end_of_ram)
{
    char bytes[16];

    ck_assert_uint_eq(memory_read(FAKE_RAM_BYTES - 10, bytes, 16), 10);
    ck_assert_uint_eq(memory_read(FAKE_RAM_BYTES, bytes, 16), 0);
    ck_assert(memory_entry(FAKE_RAM_BYTES) == 0);
}
END_TEST

static Suite *memory_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, without_paging);
    tcase_add_test(tcase, pae_small_page);
    tcase_add_test(tcase, pae_rights_of_either_level);
    tcase_add_test(tcase, pae_absent_at_each_level);
    tcase_add_test(tcase, pae_large_page);
    tcase_add_test(tcase, the_processors_own_pdpt);
    tcase_add_test(tcase, two_levels_without_pae);
    tcase_add_test(tcase, reads_across_pages);
    tcase_add_test(tcase, reads_to_the_end_of_ram);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(memory_suite())
