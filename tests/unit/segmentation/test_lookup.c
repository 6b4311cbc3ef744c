/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_lookup Unit test: the descriptor behind a selector
 *
 * Property: found where the processor finds it, and nowhere else.
 */
#include "fake_guest.h"
#include "unit.h"

static void set_up(void)
{
    fake_guest_reset();
    for (unsigned i = 0; i < 16; i++)
        fake_guest.gdt[i] = (descriptor_t){ 0x100 + i, 0x200 + i };
}

START_TEST(test_gdt)
{
    descriptor_t d;

    ck_assert_int_eq(descriptor_read(0x0008, &d), -EFAULT);
    fake_guest.gdt_mapped = true;
    for (uint16_t index = 1; index < 16; index++)
        for (uint16_t rpl = 0; rpl <= 3; rpl++) {
            ck_assert_int_eq(descriptor_read(index << 3 | rpl, &d), 0);
            ck_assert_uint_eq(d.lo, 0x100 + index);
            ck_assert_uint_eq(d.hi, 0x200 + index);
        }
    for (uint16_t rpl = 0; rpl <= 3; rpl++)
        ck_assert_int_eq(descriptor_read(rpl, &d), -EINVAL);
    ck_assert_int_eq(descriptor_read(SEL_RING3_DS, &d), 0);
    ck_assert_uint_eq(d.hi, 0x00CFF300);
    /* The last entry, and one that the table does not have. */
    ck_assert_int_eq(descriptor_read(0xEFF8, &d), 0);
    ck_assert_int_eq(descriptor_read(0xF000, &d), -EINVAL);
    ck_assert_int_eq(descriptor_read(0xFFFB, &d), -EINVAL);
}
END_TEST

START_TEST(test_no_ldt)
{
    descriptor_t d;

    ck_assert_int_eq(descriptor_read(0x0004, &d), -EINVAL);
    ck_assert_int_eq(descriptor_read(0x000F, &d), -EINVAL);
}
END_TEST

START_TEST(test_write)
{
    const descriptor_t new = { 0xABCD, 0xEF01 };
    descriptor_t d;

    ck_assert_int_eq(descriptor_write(0x0013, new), -EFAULT);
    fake_guest.gdt_mapped = true;
    ck_assert_int_eq(descriptor_write(0x0013, new), 0);
    ck_assert_int_eq(descriptor_read(0x0010, &d), 0);
    ck_assert(d.lo == new.lo && d.hi == new.hi);
    ck_assert_int_eq(descriptor_write(0x0003, new), -EINVAL);
    for (unsigned selector = 0xE000; selector < 0x10000; selector += 8)
        ck_assert_int_eq(descriptor_write((uint16_t)selector, new), -EINVAL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: lookup");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_gdt);
    tcase_add_test(t, test_no_ldt);
    tcase_add_test(t, test_write);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
