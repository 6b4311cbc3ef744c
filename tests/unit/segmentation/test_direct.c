/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_direct Unit test: the direct trap
 *
 * Property: there is a gate exactly when the hardware can do all that the
 * guest asked for, and it never leads into the hypervisor (SEG-I7, SEG-I8).
 */
#include "fake_guest.h"
#include "unit.h"

static struct guest_trap trap;

static void set_up(void)
{
    fake_guest_reset();
    trap = (struct guest_trap){ .address = 0xC1234567, .cs = SEL_RING1_CS,
                                .dpl = 3 };
}

static void expect_no_gate(void)
{
    descriptor_t gate = direct_trap_gate(&trap);

    ck_assert_uint_eq(gate.lo | gate.hi, 0);
}

START_TEST(test_gate)
{
    for (unsigned dpl = 0; dpl <= 3; dpl++) {
        descriptor_t gate;

        trap.dpl = (uint8_t)dpl;
        gate = direct_trap_gate(&trap);
        ck_assert_uint_eq(gate.lo, 0xE0194567);
        ck_assert_uint_eq(gate.hi, 0xC1238F00 | dpl << 13);
    }
}
END_TEST

START_TEST(test_no_gate)
{
    trap.mask_events = true;
    expect_no_gate();
    set_up();
    trap.address = 0;
    expect_no_gate();
    set_up();
    trap.cs = 0x0003;
    expect_no_gate();
    trap.cs = SEL_HYPERVISOR_CS | 1;
    expect_no_gate();
    trap.cs = SEL_RING3_CS;
    expect_no_gate();
    trap.cs = 0x000D; /* an LDT entry is the guest's own */
    ck_assert_uint_ne(direct_trap_gate(&trap).hi, 0);
}
END_TEST

START_TEST(test_stack)
{
    fake_guest.vcpu.traps.kernel_ss = 0x0011;
    fake_guest.vcpu.traps.kernel_esp = 0x12345678;
    direct_stack_load(&fake_guest.vcpu);
    ck_assert_uint_eq(processor.tss.ss1, 0x0011);
    ck_assert_uint_eq(processor.tss.esp1, 0x12345678);
    ck_assert_uint_eq(processor.tss.ss0 | processor.tss.ss2, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: direct");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_gate);
    tcase_add_test(t, test_no_gate);
    tcase_add_test(t, test_stack);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
