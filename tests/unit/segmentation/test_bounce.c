/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_bounce Unit test: bouncing
 *
 * Property: the frame on the guest's stack is the interface's, word by word;
 * if it cannot be written, no register of the guest changes and the domain is
 * crashed (SEG-I9, SEG-I10).
 *
 * Method: a made-up guest whose memory and segments can be taken away.
 */
#include <string.h>

#include "fake_guest.h"
#include "unit.h"

#define HANDLER 0x00ABCDEFu

static trap_frame_t *frame;
static struct vcpu *v;

static void set_up(void)
{
    fake_guest_reset();
    frame = guest_frame();
    v = &fake_guest.vcpu;
    for (unsigned vector = 0; vector < 256; vector++)
        v->traps.table[vector] = (struct guest_trap){
            .address = HANDLER + vector, .cs = SEL_RING1_CS,
        };
    v->info->evtchn_upcall_mask = 1;
}

/** The frame's words from the guest's stack pointer up. */
static void expect_words(const uint32_t *word, unsigned n, uint32_t top)
{
    ck_assert_uint_eq(frame->esp, top - 4 * n);
    for (unsigned i = 0; i < n; i++)
        ck_assert_uint_eq(fake_word(frame->esp + 4 * i), word[i]);
    /* Nothing below. */
    ck_assert_uint_eq(fake_word(frame->esp - 4), 0);
}
#define EXPECT(top, ...)                                                     \
    expect_words((const uint32_t[]){ __VA_ARGS__ },                          \
                 sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, top)

START_TEST(test_ring1)
{
    uint32_t top = frame->esp;

    bounce_exception(v, frame, VECTOR_DIVIDE, 0x1234);
    EXPECT(top, 0x00123456, 0x0001E019, FLAG_ALWAYS);
    ck_assert_uint_eq(frame->eip, HANDLER);
    ck_assert_uint_eq(frame->cs, SEL_RING1_CS);
    ck_assert_uint_eq(frame->ss, SEL_RING1_DS);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 1);
    ck_assert_str_eq(fake_guest.crash, "");
}
END_TEST

START_TEST(test_ring3)
{
    frame->cs = SEL_RING3_CS;
    frame->ss = SEL_RING3_DS;
    frame->esp = 0xBADBAD00;
    v->info->evtchn_upcall_mask = 0;
    bounce_exception(v, frame, VECTOR_PROTECTION, 0x482);
    EXPECT(v->traps.kernel_esp, 0x482, 0x00123456, 0x0000E02B,
           FLAG_ALWAYS | FLAG_IF, 0xBADBAD00, SEL_RING3_DS);
    ck_assert_uint_eq(frame->ss, SEL_RING1_DS);
    ck_assert_uint_eq(frame->eflags, FLAG_ALWAYS | FLAG_IF);
}
END_TEST

/** The kernel stack is taken from ring 2 as well. */
START_TEST(test_ring2)
{
    frame->cs = 0x000A;
    frame->ss = 0x0012;
    bounce_exception(v, frame, VECTOR_DIVIDE, 0);
    EXPECT(v->traps.kernel_esp, 0x00123456, 0x0001000A, FLAG_ALWAYS,
           FAKE_GUEST_BASE + PAGE_SIZE, 0x0012);
}
END_TEST

START_TEST(test_error_codes)
{
    static const bool has[32] = { [8] = true, [10] = true, [11] = true,
                                  [12] = true, [13] = true, [14] = true,
                                  [17] = true };

    for (unsigned vector = 0; vector < 32; vector++) {
        uint32_t esp = frame->esp;

        bounce_exception(v, frame, vector, 0x77);
        ck_assert_uint_eq(esp - frame->esp, has[vector] ? 16 : 12);
        if (has[vector])
            ck_assert_uint_eq(fake_word(frame->esp), 0x77);
        frame->esp = esp;
        /* By INT n, no vector has one. */
        bounce_interrupt(v, frame, vector);
        ck_assert_uint_eq(esp - frame->esp, 12);
        frame->esp = esp;
    }
}
END_TEST

START_TEST(test_mask)
{
    v->traps.table[5].mask_events = true;
    v->info->evtchn_upcall_mask = 0;
    bounce_exception(v, frame, 5, 0);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 1);
    ck_assert_uint_eq(fake_word(frame->esp + 4), SEL_RING1_CS);
    ck_assert_uint_eq(fake_word(frame->esp + 8), FLAG_ALWAYS | FLAG_IF);

    /* Any value but 0 masks; the frame has it as it was. */
    v->info->evtchn_upcall_mask = 0xFE;
    bounce_exception(v, frame, 6, 0);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0xFE);
    ck_assert_uint_eq(fake_word(frame->esp + 4), 0x00FE0000 | SEL_RING1_CS);
    ck_assert_uint_eq(fake_word(frame->esp + 8), FLAG_ALWAYS);
}
END_TEST

START_TEST(test_flags)
{
    const uint32_t kept = FLAG_DF | FLAG_AC | FLAG_ID;

    frame->eflags |= kept | FLAG_TF | FLAG_NT | FLAG_RF | FLAG_IOPL;
    bounce_exception(v, frame, 0, 0);
    ck_assert_uint_eq(fake_word(frame->esp + 8),
                      FLAG_ALWAYS | kept | FLAG_TF | FLAG_NT | FLAG_RF);
    ck_assert_uint_eq(frame->eflags & (FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM),
                      0);
    ck_assert_uint_eq(frame->eflags & (kept | FLAG_IF), kept | FLAG_IF);
}
END_TEST

START_TEST(test_virtual_iopl)
{
    v->io_privilege = 2;
    bounce_exception(v, frame, 0, 0);
    ck_assert_uint_eq(fake_word(frame->esp + 8) & FLAG_IOPL, 0);
    v->domain->assists = 1u << VMASST_TYPE_architectural_iopl;
    bounce_exception(v, frame, 0, 0);
    ck_assert_uint_eq(fake_word(frame->esp + 8) & FLAG_IOPL, 2u << 12);
}
END_TEST

/** Crashed, with the registers as they were. */
static void expect_crash(const trap_frame_t *before, const char *why)
{
    ck_assert_uint_eq(fake_guest.nr_crashes, 1);
    ck_assert_ptr_nonnull(strstr(fake_guest.crash, why));
    ck_assert_mem_eq(frame, before, sizeof(*frame));
}

START_TEST(test_no_handler)
{
    trap_frame_t before = *frame;

    v->traps.table[0] = (struct guest_trap){ 0 };
    bounce_exception(v, frame, 0, 0);
    expect_crash(&before, "no handler for vector 0");
}
END_TEST

/** A null selector with any RPL is no handler. */
START_TEST(test_null_handler)
{
    trap_frame_t before = *frame;

    v->traps.table[0].cs = 3;
    bounce_exception(v, frame, 0, 0);
    expect_crash(&before, "no handler");
}
END_TEST

START_TEST(test_bad_stacks)
{
    static const struct {
        uint16_t ss;
        uint32_t esp;
    } bad[] = {
        { SEL_RING1_DS, FAKE_GUEST_BASE },              /* the page below */
        { SEL_RING1_DS, FAKE_GUEST_BASE + 8 },          /* partly */
        { SEL_RING1_DS, 0 },                            /* wraps */
        { SEL_RING1_DS, 4 },
        { SEL_RING1_DS, HYPERVISOR_START + PAGE_SIZE },
        { 0, FAKE_GUEST_BASE + PAGE_SIZE },             /* null */
        { SEL_HYPERVISOR_DS, FAKE_GUEST_BASE + PAGE_SIZE },
        { 0x0011, FAKE_GUEST_BASE + PAGE_SIZE },        /* does not exist */
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        trap_frame_t before;

        set_up();
        v->traps.table[0].mask_events = true;
        v->info->evtchn_upcall_mask = 0;
        frame->ss = bad[i].ss;
        frame->esp = bad[i].esp;
        before = *frame;
        bounce_exception(v, frame, 0, 0);
        expect_crash(&before, "stack cannot take");
        ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
    }
}
END_TEST

/** The stack is where the segment's base says. */
START_TEST(test_based_stack)
{
    fake_guest.segment[2] =
        (struct fake_segment){ 0x0011, FAKE_GUEST_BASE, 0x1FF };
    frame->ss = 0x0011;
    frame->esp = 0x200;
    bounce_exception(v, frame, 0, 0);
    ck_assert_uint_eq(frame->esp, 0x1F4);
    ck_assert_uint_eq(fake_word(FAKE_GUEST_BASE + 0x1F4), 0x00123456);
    ck_assert_uint_eq(frame->ss, 0x0011);
}
END_TEST

START_TEST(test_failsafe)
{
    uint32_t top = frame->esp;

    v->traps.failsafe = (struct guest_callback){
        .cs = SEL_RING1_CS, .eip = 0x5AFE, .mask_events = true,
    };
    v->info->evtchn_upcall_mask = 0;
    frame->gs = 0x0101;
    frame->fs = 0x0201;
    frame->es = 0x0301;
    frame->ds = 0x0401;
    bounce_failsafe(v, frame);
    EXPECT(top, 0x0401, 0x0301, 0x0201, 0x0101, 0x00123456, SEL_RING1_CS,
           FLAG_ALWAYS | FLAG_IF);
    ck_assert_uint_eq(frame->eip, 0x5AFE);
    ck_assert_uint_eq(frame->ds | frame->es | frame->fs | frame->gs, 0);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 1);
}
END_TEST

START_TEST(test_no_failsafe)
{
    trap_frame_t before = *frame;

    bounce_failsafe(v, frame);
    expect_crash(&before, "no handler for bad selectors");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: bounce");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_ring1);
    tcase_add_test(t, test_ring3);
    tcase_add_test(t, test_ring2);
    tcase_add_test(t, test_error_codes);
    tcase_add_test(t, test_mask);
    tcase_add_test(t, test_flags);
    tcase_add_test(t, test_virtual_iopl);
    tcase_add_test(t, test_no_handler);
    tcase_add_test(t, test_null_handler);
    tcase_add_test(t, test_bad_stacks);
    tcase_add_test(t, test_based_stack);
    tcase_add_test(t, test_failsafe);
    tcase_add_test(t, test_no_failsafe);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
