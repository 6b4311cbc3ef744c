/* SPDX-License-Identifier: MIT */
/**
 * @page unit_events_upcall Unit test: the upcall
 *
 * Property: a vCPU is told exactly when its pending byte is set and its mask
 * byte clear, whatever the values; the callback is entered with the old mask
 * beside CS and events masked; a guest that cannot be told is crashed, and no
 * register of it changes (EV-I8).
 *
 * Method: a made-up guest, with every pair of bytes, on both stacks.
 */
#include <string.h>

#include "fake_guest.h"
#include "unit.h"

#define CALLBACK 0x00C0FFEEu

static trap_frame_t *frame;
static struct vcpu *v;

static void start(void)
{
    fake_guest_reset();
    frame = guest_frame();
    v = &fake_guest.vcpu;
    v->traps.event = (struct guest_callback){ SEL_RING1_CS, CALLBACK, false };
    v->info->evtchn_upcall_pending = 1;
}

START_TEST(test_deliverable)
{
    for (unsigned pending = 0; pending < 256; pending++) {
        for (unsigned mask = 0; mask < 256; mask++) {
            v->info->evtchn_upcall_pending = (uint8_t)pending;
            v->info->evtchn_upcall_mask = (uint8_t)mask;
            ck_assert_int_eq(event_deliverable(v), pending != 0 && mask == 0);
        }
    }
}
END_TEST

START_TEST(test_ring1)
{
    uint32_t esp = frame->esp;

    frame->eflags |= FLAG_TF | FLAG_NT;
    event_upcall(v, frame);
    ck_assert_uint_eq(frame->cs, SEL_RING1_CS);
    ck_assert_uint_eq(frame->eip, CALLBACK);
    ck_assert_uint_eq(frame->esp, esp - 12);
    ck_assert_uint_eq(frame->eflags, FLAG_ALWAYS | FLAG_IF);
    ck_assert_uint_eq(fake_word(frame->esp), 0x00123456);
    ck_assert_uint_eq(fake_word(frame->esp + 4), SEL_RING1_CS);
    ck_assert_uint_eq(fake_word(frame->esp + 8),
                      FLAG_ALWAYS | FLAG_IF | FLAG_TF | FLAG_NT);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 1);
    ck_assert_uint_eq(v->info->evtchn_upcall_pending, 1); /* the guest's */
    ck_assert(!event_deliverable(v));
    ck_assert_uint_eq(fake_guest.nr_crashes, 0);
}
END_TEST

START_TEST(test_ring3)
{
    frame->cs = SEL_RING3_CS;
    frame->ss = SEL_RING3_DS;
    frame->esp = 0x1234;
    event_upcall(v, frame);
    ck_assert_uint_eq(frame->ss, SEL_RING1_DS);
    ck_assert_uint_eq(frame->esp, v->traps.kernel_esp - 20);
    ck_assert_uint_eq(fake_word(frame->esp + 4), SEL_RING3_CS);
    ck_assert_uint_eq(fake_word(frame->esp + 12), 0x1234);
    ck_assert_uint_eq(fake_word(frame->esp + 16), SEL_RING3_DS);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 1);
}
END_TEST

/** One crash, and everything as it was. */
static void check_crash(const trap_frame_t *before, const char *why)
{
    event_upcall(v, frame);
    ck_assert_uint_eq(fake_guest.nr_crashes, 1);
    ck_assert_str_eq(fake_guest.crash, why);
    ck_assert_mem_eq(frame, before, sizeof(*before));
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
}

START_TEST(test_no_callback)
{
    const trap_frame_t before = *frame;

    v->traps.event = (struct guest_callback){ 3, CALLBACK, false };
    check_crash(&before, "it has no callback for events");
}
END_TEST

START_TEST(test_bad_stack)
{
    trap_frame_t before;

    frame->esp = FAKE_GUEST_BASE + 8; /* the third word is not mapped */
    before = *frame;
    check_crash(&before, "its stack cannot take the frame of an event");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("events/upcall");
    TCase *c = tcase_create("upcall");

    tcase_add_checked_fixture(c, start, NULL);
    tcase_add_test(c, test_deliverable);
    tcase_add_test(c, test_ring1);
    tcase_add_test(c, test_ring3);
    tcase_add_test(c, test_no_callback);
    tcase_add_test(c, test_bad_stack);
    suite_add_tcase(s, c);
    return s;
}

UNIT_MAIN(suite())
