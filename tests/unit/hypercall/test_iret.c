/* SPDX-License-Identifier: MIT */
/**
 * @page unit_hypercall_iret Unit test: the iret hypercall
 *
 * Property: the frame on the guest's stack, read once, becomes its registers;
 * nothing in it gives a guest ring 0, interrupts off, or an IOPL.
 */
#include <string.h>

#include "fake_guest.h"
#include "unit.h"

#define ESP (FAKE_GUEST_BASE + 0x400u)

static trap_frame_t *frame;
static struct vcpu *v;

static void set_up(void)
{
    fake_guest_reset();
    frame = guest_frame();
    v = &fake_guest.vcpu;
    frame->esp = ESP;
    frame->eax = __HYPERVISOR_iret;
    for (unsigned i = 0; i < 32; i++)
        v->traps.table[i] = (struct guest_trap){ .address = 0xAB00 + i,
                                                 .cs = SEL_RING1_CS };
}

/** Make the call with a frame of eax, eip, cs, eflags, esp, ss. */
static int32_t iret(uint32_t cs, uint32_t eflags)
{
    const uint32_t words[] = { 0x600D, 0x00700000, cs, eflags, 0x00800000,
                               SEL_RING3_DS };

    memcpy(fake_at(ESP), words, sizeof(words));
    return do_iret((const uint32_t *)frame);
}

START_TEST(test_to_ring1)
{
    v->info->evtchn_upcall_mask = 1;
    ck_assert_int_eq(iret(SEL_RING1_CS, FLAG_IF), 0x600D);
    ck_assert_uint_eq(frame->eip, 0x00700000);
    ck_assert_uint_eq(frame->cs, SEL_RING1_CS);
    ck_assert_uint_eq(frame->ss, SEL_RING1_DS);
    ck_assert_uint_eq(frame->esp, ESP + 16);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
    ck_assert_uint_eq(fake_reads(ESP, 16), 1);
    ck_assert_uint_eq(fake_reads(ESP + 16, 8), 0);
}
END_TEST

START_TEST(test_to_ring3)
{
    ck_assert_int_eq(iret(SEL_RING3_CS, 0), 0x600D);
    ck_assert_uint_eq(frame->cs, SEL_RING3_CS);
    ck_assert_uint_eq(frame->ss, SEL_RING3_DS);
    ck_assert_uint_eq(frame->esp, 0x00800000);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 1);
    ck_assert_uint_eq(fake_reads(ESP, 24), 1);
}
END_TEST

/** Bits 16 to 31 of the CS word are the guest's notes. */
START_TEST(test_cs_upper_half)
{
    iret(0xFFFF0000u | SEL_RING1_CS, FLAG_IF);
    ck_assert_uint_eq(frame->cs, SEL_RING1_CS);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
}
END_TEST

START_TEST(test_flags)
{
    const uint32_t hers = FLAG_TF | FLAG_DF | FLAG_NT | FLAG_RF | FLAG_AC |
                          FLAG_ID;

    iret(SEL_RING1_CS, hers | FLAG_IOPL | FLAG_VIF | FLAG_VIP);
    ck_assert_uint_eq(frame->eflags, hers | FLAG_ALWAYS | FLAG_IF);
    ck_assert_uint_eq(v->io_privilege, 0);

    set_up();
    v->domain->assists = 1u << VMASST_TYPE_architectural_iopl;
    iret(SEL_RING1_CS, 2u << 12);
    ck_assert_uint_eq(frame->eflags & FLAG_IOPL, 0);
    ck_assert_uint_eq(v->io_privilege, 2);
}
END_TEST

START_TEST(test_nmi_mask)
{
    v->traps.nmi_masked = true;
    iret(SEL_RING1_CS, 0);
    ck_assert(!v->traps.nmi_masked);
}
END_TEST

START_TEST(test_ring0)
{
    static const uint32_t cs[] = { 0, SEL_HYPERVISOR_CS, 0xE018, 0x10004 };

    for (unsigned i = 0; i < sizeof(cs) / sizeof(cs[0]); i++) {
        trap_frame_t before;

        set_up();
        before = *frame;
        iret(cs[i], FLAG_IF);
        ck_assert_uint_eq(fake_guest.nr_crashes, 1);
        ck_assert_mem_eq(frame, &before, sizeof(before));
    }
}
END_TEST

START_TEST(test_bad_stacks)
{
    static const uint32_t esp[] = {
        FAKE_GUEST_BASE + PAGE_SIZE - 12, /* the frame's end is missing */
        FAKE_GUEST_BASE - 4, 0, M2P_START, HYPERVISOR_START, 0xFFFFFFF8,
    };

    for (unsigned i = 0; i < sizeof(esp) / sizeof(esp[0]); i++) {
        set_up();
        frame->esp = esp[i];
        do_iret((const uint32_t *)frame);
        ck_assert_uint_eq(fake_guest.nr_crashes, 1);
        ck_assert_uint_eq(frame->eip, 0x00123456);
    }
    /* To ring 3, and ss:esp are on the page that is missing. */
    set_up();
    frame->esp = FAKE_GUEST_BASE + PAGE_SIZE - 16;
    *(uint32_t *)fake_at(frame->esp + 8) = SEL_RING3_CS;
    do_iret((const uint32_t *)frame);
    ck_assert_uint_eq(fake_guest.nr_crashes, 1);
}
END_TEST

START_TEST(test_vm86)
{
    iret(SEL_RING1_CS, FLAG_VM | FLAG_IF);
    ck_assert_uint_eq(fake_guest.nr_crashes, 0);
    ck_assert_uint_eq(frame->eip, 0xAB00 + VECTOR_PROTECTION);
    ck_assert_uint_eq(frame->eflags & FLAG_VM, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hypercall: iret");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_to_ring1);
    tcase_add_test(t, test_to_ring3);
    tcase_add_test(t, test_cs_upper_half);
    tcase_add_test(t, test_flags);
    tcase_add_test(t, test_nmi_mask);
    tcase_add_test(t, test_ring0);
    tcase_add_test(t, test_bad_stacks);
    tcase_add_test(t, test_vm86);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
