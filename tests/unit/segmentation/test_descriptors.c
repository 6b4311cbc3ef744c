/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_descriptors Unit test: descriptors and selectors
 *
 * Property (SEG-I5): whatever descriptor_check() accepts, the guest can load
 * without reaching the hypervisor, and with a privilege of 1 or more. What is
 * harmless as it is stays as it is.
 *
 * Method: the addresses that a descriptor reaches are computed here a second
 * time, in 64 bits, from the manual's words; hand-made cases at the edges, and
 * fifty thousand random descriptors.
 */
#include "segmentation.h"
#include "unit.h"

/** A descriptor from its parts. `access` is the high word's bits 8 to 23. */
static descriptor_t make(uint32_t base, uint32_t raw_limit, uint32_t access)
{
    return (descriptor_t){
        .lo = base << 16 | (raw_limit & 0xFFFF),
        .hi = (base & 0xFF000000u) | (raw_limit & 0x000F0000u) |
              ((base >> 16) & 0xFF) | access,
    };
}

#define DPL(n) ((uint32_t)(n) << DESC_DPL_SHIFT)
#define DATA (DESC_P | DESC_S | DESC_WRITABLE | DESC_D)
#define CODE (DATA | DESC_CODE)
#define DOWN (DATA | DESC_EXPAND_DOWN)

/** Does any byte at or above the hypervisor's start belong to a segment? */
static bool reaches_hypervisor(descriptor_t d)
{
    uint64_t base = descriptor_base(d);
    uint64_t limit = descriptor_limit(d);
    uint64_t first = 0, last = limit;

    if (!(d.hi & DESC_CODE) && (d.hi & DESC_EXPAND_DOWN)) {
        first = limit + 1;
        last = d.hi & DESC_D ? 0xFFFFFFFFull : 0xFFFFull;
        if (first > last)
            return false;
    }
    /* [base + first, base + last], modulo 4 GB: in one or two pieces. */
    first += base;
    last += base;
    if (first >= 1ull << 32)
        return last - (1ull << 32) >= HYPERVISOR_START;
    return last >= HYPERVISOR_START;
}

static void expect(descriptor_t d, int result, descriptor_t after)
{
    descriptor_t now = d;

    ck_assert_int_eq(descriptor_check(&now), result);
    ck_assert_uint_eq(now.lo, after.lo);
    ck_assert_uint_eq(now.hi, after.hi);
}

static void expect_kept(descriptor_t d)
{
    expect(d, 0, d);
}

static void expect_refused(descriptor_t d)
{
    expect(d, -EINVAL, d);
}

START_TEST(test_not_present)
{
    expect_kept(make(0, 0, 0));
    expect_kept(make(0xFFFFFFFF, 0xFFFFF, 0x00FF7F00u & ~DESC_P));
    expect_kept(make(HYPERVISOR_START, 0xFFFFF, DESC_S | DESC_G));
}
END_TEST

START_TEST(test_privilege)
{
    for (unsigned dpl = 1; dpl <= 3; dpl++) {
        expect_kept(make(0, 0x1000, DATA | DPL(dpl)));
        expect_kept(make(0, 0x1000, CODE | DPL(dpl)));
    }
    expect(make(0, 0x1000, DATA), 0, make(0, 0x1000, DATA | DPL(1)));
    expect(make(0, 0x1000, CODE | DESC_EXPAND_DOWN), 0,
           make(0, 0x1000, CODE | DESC_EXPAND_DOWN | DPL(1)));
}
END_TEST

START_TEST(test_system)
{
    for (uint32_t type = 0; type < 16; type++)
        for (unsigned dpl = 0; dpl <= 3; dpl++)
            expect_refused(make(0x1000, 0x67, DESC_P | type << 8 | DPL(dpl)));
}
END_TEST

START_TEST(test_expand_up)
{
    const uint32_t g = DATA | DESC_G | DPL(1), bytes = DATA | DPL(1);
    const uint32_t last_page = HYPERVISOR_START - 2 * PAGE_SIZE;

    /* Flat, 4 GB: cut. To the very last page: as it is. One more: cut. */
    expect(make(0, 0xFFFFF, g), 0, make(0, GUEST_LIMIT_PAGES, g));
    expect_kept(make(0, GUEST_LIMIT_PAGES, g));
    expect(make(0, GUEST_LIMIT_PAGES + 1, g), 0,
           make(0, GUEST_LIMIT_PAGES, g));
    /* A base that is not on a page: the last whole page is given up. */
    expect(make(0x123, 0xFFFFF, g), 0, make(0x123, 0xF67FE, g));
    /* Base and limit that wrap. */
    expect(make(0xF0000000u, 0xFFFFF, g), 0, make(0xF0000000u, 0x67FF, g));
    /* The last base that is accepted, and the first that is not. */
    expect_kept(make(last_page, 0, g));
    expect_refused(make(HYPERVISOR_START - PAGE_SIZE, 0, g));
    expect_refused(make(HYPERVISOR_START, 0, g));
    expect_refused(make(0xFFFFF000u, 0xFFFFF, g));
    /* Limits in bytes cannot be cut. */
    expect_kept(make(last_page, 0x1FFF, bytes));
    expect_refused(make(last_page, 0x2000, bytes));
    expect_kept(make(0, 0xFFFFF, bytes));
}
END_TEST

START_TEST(test_expand_down)
{
    const uint32_t g = DOWN | DESC_G | DPL(1), bytes = DOWN | DPL(1);

    /* Base 0: every offset is below 4 GB, so only "no access" is left. */
    expect(make(0, 0, g), 0, make(0, 0xFFFFF, g));
    expect_kept(make(0, 0xFFFFF, g));
    /* Negative offsets of a thread's base: all of [0, base) stays. */
    expect(make(0x8000000, 0, g), 0, make(0x8000000, 0xF7FFF, g));
    expect_kept(make(0x8000000, 0xF7FFF, g));
    expect(make(0x8000000, 0xF7FFE, g), 0, make(0x8000000, 0xF7FFF, g));
    expect(make(0x8000123, 0, g), 0, make(0x8000123, 0xF7FFF, g));
    expect_refused(make(0x8000000, 0, bytes));
}
END_TEST

START_TEST(test_random)
{
    uint32_t seed = 1;

    for (unsigned i = 0; i < 50000; i++) {
        descriptor_t d = { unit_random(&seed), unit_random(&seed) };
        descriptor_t before, again;

        if (i & 1) /* more of those that are nearly good */
            d.hi |= DESC_P | DESC_S | DESC_G;
        before = again = d;
        if (descriptor_check(&d) != 0) {
            ck_assert(before.lo == d.lo && before.hi == d.hi);
            continue;
        }
        if (!(d.hi & DESC_P)) {
            ck_assert(before.lo == d.lo && before.hi == d.hi);
            continue;
        }
        ck_assert(d.hi & DESC_S);
        ck_assert_uint_ge(descriptor_dpl(d), 1);
        ck_assert_msg(!reaches_hypervisor(d), "%08x:%08x from %08x:%08x",
                      d.hi, d.lo, before.hi, before.lo);
        /* Only the limit and the privilege are ever changed, and a limit
         * only where the guest's own was too far. (Expand-down segments of
         * 16 bits are treated as if they had 32: fewer cases.) */
        ck_assert_uint_eq(descriptor_base(d), descriptor_base(before));
        ck_assert_uint_eq((d.hi ^ before.hi) & ~(DESC_DPL | 0xF0000u), 0);
        if (!reaches_hypervisor(before) && (before.hi & DESC_D))
            ck_assert_uint_eq(descriptor_raw_limit(d),
                              descriptor_raw_limit(before));
        again = d;
        ck_assert_int_eq(descriptor_check(&again), 0);
        ck_assert(again.lo == d.lo && again.hi == d.hi);
    }
}
END_TEST

START_TEST(test_selectors)
{
    ck_assert_uint_eq(selector_fix(0x0008), 0x0009);
    ck_assert_uint_eq(selector_fix(0x000C), 0x000D);
    for (uint16_t rpl = 1; rpl <= 3; rpl++)
        ck_assert_uint_eq(selector_fix(0x0008 | rpl), 0x0008 | rpl);
    ck_assert_uint_eq(selector_fix(SEL_HYPERVISOR_CS), 0xE009);
}
END_TEST

START_TEST(test_gate_targets)
{
    ck_assert(selector_may_be_gate_target(SEL_RING1_CS));
    ck_assert(selector_may_be_gate_target(0x0009));
    ck_assert(selector_may_be_gate_target(0xDFF9)); /* entry 7167 */
    ck_assert(selector_may_be_gate_target(0xFFFF)); /* an LDT entry */
    for (uint16_t rpl = 0; rpl <= 3; rpl++) {
        ck_assert(!selector_may_be_gate_target(rpl));
        ck_assert(!selector_may_be_gate_target(SEL_HYPERVISOR_CS | rpl));
        ck_assert(!selector_may_be_gate_target(SEL_DOUBLE_FAULT_TSS | rpl));
        ck_assert(!selector_may_be_gate_target(SEL_TSS | rpl));
    }
    ck_assert(!selector_may_be_gate_target(SEL_RING3_CS));
    ck_assert(!selector_may_be_gate_target(0xFFF9));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: descriptors");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_not_present);
    tcase_add_test(t, test_privilege);
    tcase_add_test(t, test_system);
    tcase_add_test(t, test_expand_up);
    tcase_add_test(t, test_expand_down);
    tcase_add_test(t, test_random);
    tcase_add_test(t, test_selectors);
    tcase_add_test(t, test_gate_targets);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
