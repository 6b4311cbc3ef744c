/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_big_segments Unit test: segments of 4 GB
 *
 * Property (SEG-I13): after a turn the access is inside the segment and no
 * byte of the hypervisor is; a descriptor that was never of 4 GB is left as it
 * is; nothing is turned for ever.
 */
#include <string.h>

#include "fake_guest.h"
#include "unit.h"

#define BASE 0xB7000000u
#define CODE (FAKE_GUEST_BASE + 0x100u)
#define SELECTOR 0x33u
#define DATA (DESC_P | DESC_S | DESC_WRITABLE | DESC_D | DESC_G | DESC_DPL)

static trap_frame_t *frame;
static struct vcpu *v;

/** What a guest gets that asks for a flat 4 GB segment with a base. */
static descriptor_t checked(uint32_t base, uint32_t access)
{
    descriptor_t d = {
        .lo = base << 16 | 0xFFFF,
        .hi = (base & 0xFF000000u) | 0x000F0000u | (base >> 16 & 0xFF) |
              access,
    };

    ck_assert_int_eq(descriptor_check(&d), 0);
    return d;
}

static void set_up(void)
{
    fake_guest_reset();
    frame = guest_frame();
    v = &fake_guest.vcpu;
    v->domain->assists = 1u << VMASST_TYPE_4gb_segments;
    v->traps.table[15] = (struct guest_trap){ .address = 0x1500,
                                              .cs = SEL_RING1_CS };
    fake_guest.gdt_mapped = true;
    fake_guest.gdt[SELECTOR >> 3] = checked(BASE, DATA);
    frame->cs = SEL_RING3_CS;
    frame->ss = SEL_RING3_DS;
    frame->gs = SELECTOR;
    frame->eip = CODE;
    /* mov eax, gs:[0xfffffff8] */
    memcpy(fake_at(CODE), (uint8_t[]){ 0x65, 0xA1, 0xF8, 0xFF, 0xFF, 0xFF },
           6);
}

START_TEST(test_turn_and_back)
{
    descriptor_t d = checked(BASE, DATA), first = d;

    ck_assert(!big_segment_turn(&d, 0));
    ck_assert(!big_segment_turn(&d, HYPERVISOR_START - BASE - 1));
    ck_assert(big_segment_turn(&d, 0xFFFFFFF8));
    ck_assert_uint_eq(d.hi & DESC_EXPAND_DOWN, DESC_EXPAND_DOWN);
    ck_assert_uint_eq(descriptor_limit(d) + 1, -BASE);
    ck_assert_uint_eq(descriptor_base(d), BASE);
    ck_assert(!big_segment_turn(&d, 0xFFFFFFF8));
    ck_assert(!big_segment_turn(&d, -BASE));
    ck_assert(big_segment_turn(&d, 0x14));
    ck_assert(d.lo == first.lo && d.hi == first.hi);
}
END_TEST

START_TEST(test_never_into_the_hypervisor)
{
    for (uint32_t base = 0; base < HYPERVISOR_START - PAGE_SIZE;
         base += 0x1234567) {
        descriptor_t up = checked(base, DATA), d = up;

        /* Between the hypervisor and the end of the address space. */
        ck_assert(!big_segment_turn(&d, HYPERVISOR_START - base));
        ck_assert(!big_segment_turn(&d, -base - 1));
        if (big_segment_turn(&d, 0xFFFFFFFF)) {
            ck_assert(!big_segment_turn(&d, HYPERVISOR_START - base));
            ck_assert(!big_segment_turn(&d, -base - 1));
        }
    }
}
END_TEST

START_TEST(test_not_big)
{
    static const uint32_t other[] = {
        (DATA & ~DESC_DPL) | 1u << DESC_DPL_SHIFT, /* a kernel's */
        DATA & ~DESC_D, DATA | DESC_CODE,
    };
    descriptor_t d, before;

    for (unsigned i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        d = checked(BASE, other[i]);
        ck_assert(!big_segment_turn(&d, 0xFFFFFFF8));
    }
    d = checked(BASE, DATA);
    d.hi &= ~DESC_P;
    ck_assert(!big_segment_turn(&d, 0xFFFFFFF8));
    /* One page shorter than it could be: the guest wanted that. */
    d = before = checked(BASE, DATA);
    d.lo -= 1;
    ck_assert(!big_segment_turn(&d, 0xFFFFFFF8));
    /* Base 0 has nothing below it. */
    d = checked(0, DATA);
    ck_assert(!big_segment_turn(&d, 0xFFFFFFF8));
}
END_TEST

START_TEST(test_assist)
{
    trap_frame_t before = *frame;

    ck_assert(big_segment_assist(v, frame));
    ck_assert_mem_eq(frame, &before, sizeof(before));
    ck_assert(fake_guest.gdt[SELECTOR >> 3].hi & DESC_EXPAND_DOWN);
    ck_assert(!big_segment_assist(v, frame)); /* now it is another fault */
}
END_TEST

START_TEST(test_notify)
{
    v->domain->assists |= 1u << VMASST_TYPE_4gb_segments_notify;
    ck_assert(big_segment_assist(v, frame));
    ck_assert_uint_eq(frame->eip, 0x1500);
    ck_assert_uint_eq(fake_word(frame->esp), 6);
    ck_assert_uint_eq(fake_word(frame->esp + 4), CODE);
}
END_TEST

START_TEST(test_no_assist)
{
    v->domain->assists = 0;
    ck_assert(!big_segment_assist(v, frame));
    set_up();
    frame->cs = SEL_RING1_CS;
    ck_assert(!big_segment_assist(v, frame));
    set_up();
    *(uint8_t *)fake_at(CODE) = 0x64; /* fs */
    ck_assert(!big_segment_assist(v, frame));
    *(uint8_t *)fake_at(CODE) = 0x90; /* nop, then a load by DS */
    ck_assert(!big_segment_assist(v, frame));
    set_up();
    frame->gs = SEL_RING3_DS; /* ours is not turned for anybody */
    ck_assert(!big_segment_assist(v, frame));
    set_up();
    frame->gs = 0;
    ck_assert(!big_segment_assist(v, frame));
    ck_assert(!(fake_guest.gdt[SELECTOR >> 3].hi & DESC_EXPAND_DOWN));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: big segments");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_turn_and_back);
    tcase_add_test(t, test_never_into_the_hypervisor);
    tcase_add_test(t, test_not_big);
    tcase_add_test(t, test_assist);
    tcase_add_test(t, test_notify);
    tcase_add_test(t, test_no_assist);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
