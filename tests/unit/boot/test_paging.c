/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_paging Unit test: turning paging on (exercise 1.3)
 *
 * Property: when CR0.PG becomes 1, everything that it depends on is in place
 * (PAE, the base, NXE), WP comes with it at the latest, no other bit changes,
 * and the jump is last; a processor without NX is spared EFER; and the
 * identity mappings are dropped in memory and in the processor.
 *
 * Method: the made-up processor's diary is read like a film.
 */
#include <string.h>

#include "boot.h"
#include "fake_cpu.h"
#include "unit.h"

#define OLD_CR0 0x60000011u
#define OLD_CR4 0x00000600u

static l3e_t l3[L3_ENTRIES] __attribute__((aligned(32)));
static struct boot_info info;

static void go_on(const struct boot_info *i)
{
    (void)i;
}

static void set_up(void)
{
    fake_cpu_reset();
    fake_cpu.cr0 = OLD_CR0;
    fake_cpu.cr4 = OLD_CR4;
    fake_cpu.efer = 1;
    fake_cpu.cpuid_extended.edx = CPUID_EXT1_EDX_NX;
}

START_TEST(test_order)
{
    bool pae = false, base = false, nxe = false, paging = false;

    paging_turn_on(0x123000, go_on, &info);
    for (unsigned i = 0; i < fake_cpu.nr_events; i++) {
        const struct fake_event *e = &fake_cpu.event[i];

        if (e->kind == FAKE_WRITE_CR4)
            pae = e->value & CR4_PAE;
        else if (e->kind == FAKE_WRITE_CR3)
            base = e->value == 0x123000;
        else if (e->kind == FAKE_WRITE_MSR && e->a == MSR_EFER)
            nxe = e->value & EFER_NXE;
        else if (e->kind == FAKE_WRITE_CR0 && e->value & CR0_PG) {
            ck_assert(pae && base && nxe);
            ck_assert(e->value & CR0_WP);
            paging = true;
        } else if (e->kind == FAKE_JUMP_HIGH) {
            ck_assert(paging);
            ck_assert_uint_eq(i, fake_cpu.nr_events - 1);
        }
    }
    ck_assert(paging);
}
END_TEST

START_TEST(test_jump)
{
    const struct fake_event *last;

    paging_turn_on(0x123000, go_on, &info);
    ck_assert_uint_gt(fake_cpu.nr_events, 0);
    last = &fake_cpu.event[fake_cpu.nr_events - 1];
    ck_assert_int_eq(last->kind, FAKE_JUMP_HIGH);
    ck_assert_uint_eq(last->a, (uintptr_t)go_on);
    ck_assert_uint_eq(last->value, (uintptr_t)&info);
}
END_TEST

START_TEST(test_other_bits_stay)
{
    paging_turn_on(0x123000, go_on, &info);
    ck_assert_uint_eq(fake_cpu.cr0, OLD_CR0 | CR0_WP | CR0_PG);
    ck_assert_uint_eq(fake_cpu.cr4, OLD_CR4 | CR4_PAE);
    ck_assert_uint_eq(fake_cpu.efer, 1 | EFER_NXE);
}
END_TEST

START_TEST(test_without_nx)
{
    fake_cpu.cpuid_extended.edx = 0;
    paging_turn_on(0x123000, go_on, &info);
    ck_assert_uint_eq(fake_count(FAKE_WRITE_MSR), 0);
    ck_assert_uint_eq(fake_cpu.cr0, OLD_CR0 | CR0_WP | CR0_PG);
    ck_assert_uint_eq(fake_cpu.cr3, 0x123000);
    ck_assert_uint_eq(fake_cpu.cr4, OLD_CR4 | CR4_PAE);
    ck_assert_uint_eq(fake_count(FAKE_JUMP_HIGH), 1);
}
END_TEST

START_TEST(test_drop_identity)
{
    for (unsigned i = 0; i < L3_ENTRIES; i++)
        l3[i].e = 0x1000 * (i + 1) | PTE_P;
    fake_cpu.cr3 = 0x5000;
    paging_drop_identity(l3);
    for (unsigned i = 0; i < L3_ENTRIES - 1; i++)
        ck_assert_uint_eq(l3[i].e, 0);
    ck_assert_uint_eq(l3[L3_ENTRIES - 1].e, 0x4000 | PTE_P);
    /* The processor has its own copy of the L3: CR3 is loaded again. */
    ck_assert_uint_gt(fake_cpu.nr_events, 0);
    ck_assert_int_eq(fake_cpu.event[fake_cpu.nr_events - 1].kind,
                     FAKE_WRITE_CR3);
    ck_assert_uint_eq(fake_cpu.cr3, 0x5000);
}
END_TEST

static Suite *paging_suite(void)
{
    Suite *suite = suite_create("boot/paging");
    TCase *paging = tcase_create("paging");

    tcase_add_checked_fixture(paging, set_up, NULL);
    tcase_add_test(paging, test_order);
    tcase_add_test(paging, test_jump);
    tcase_add_test(paging, test_other_bits_stay);
    tcase_add_test(paging, test_without_nx);
    tcase_add_test(paging, test_drop_identity);
    suite_add_tcase(suite, paging);
    return suite;
}

UNIT_MAIN(paging_suite())
