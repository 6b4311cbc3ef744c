/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_call_gates Unit test: call gates
 *
 * Property (SEG-I14): a gate that descriptor_admit() accepts leads to a code
 * segment of the guest's own or to the flat one of ring 1, and is not for ring
 * 0; nothing else than a call gate is accepted that descriptor_check() refuses.
 *
 * Method: all targets, and all second words but for their upper half, which is
 * part of an address; the rule for targets is said here a second time.
 */
#include "segmentation.h"
#include "unit.h"

#define GATE (DESC_P | DESC_TYPE_CALL_GATE)

static bool may_be_target(uint32_t selector)
{
    uint32_t index = selector / 8;

    if (selector < 4)
        return false;
    return selector % 8 >= 4 || index < 7168 ||
           (index == 7171 && selector % 4 <= 1);
}

START_TEST(test_targets)
{
    for (uint32_t selector = 0; selector <= 0xFFFF; selector++) {
        bool good = may_be_target(selector);
        uint32_t stored = good && selector % 4 == 0 ? selector + 1 : selector;
        descriptor_t d = { selector << 16 | 0x1234, 0x5678E01F | GATE };

        ck_assert_int_eq(descriptor_admit(&d), good ? 0 : -EINVAL);
        ck_assert_uint_eq(d.lo, stored << 16 | 0x1234);
        ck_assert_uint_eq(d.hi, 0x5678E01F | GATE);
    }
}
END_TEST

/** Each value of the low half of a descriptor's second word. */
START_TEST(test_kinds)
{
    for (uint32_t low = 0; low <= 0xFFFF; low++) {
        descriptor_t d = { (uint32_t)SEL_RING1_CS << 16, low }, other = d;
        bool is_gate = (low & (DESC_P | DESC_S | DESC_TYPE)) == GATE;
        bool good = is_gate && !(low & 0xE0);
        int result = descriptor_admit(&d);

        if (is_gate)
            ck_assert_int_eq(result, good ? 0 : -EINVAL);
        else
            ck_assert_int_eq(result, descriptor_check(&other));
        if (good && (low & DESC_DPL) == 0)
            other.hi |= 1u << DESC_DPL_SHIFT;
        ck_assert_uint_eq(d.hi, other.hi);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: call gates");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_targets);
    tcase_add_test(t, test_kinds);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
